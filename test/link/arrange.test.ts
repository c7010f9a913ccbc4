import { describe, expect, it } from '@jest/globals';
import { arrange, lookAtRouting } from '../../src/link/arrange.js';
import { commandFailed, type Kernel } from '../../src/link/kernel.js';
import { sampleRoute } from '../manager/sync/samples.js';
import { enimErrorOf } from '../model/thrown.js';

const UP = ['link', 'set', 'dev', 'eni1', 'up'];
const DOWN = ['link', 'set', 'dev', 'eni1', 'down'];
const NOWHERE = '/proc/sys/net/ipv4/conf/enimtest-none/rp_filter';

/** A kernel that writes down what it is told, and refuses one command. */
function listening(refused?: readonly string[]): { kernel: Kernel; told: string[] } {
  const told: string[] = [];
  const kernel: Kernel = {
    links: async () => [],
    names: async () => new Set(),
    isTaken: async () => false,
    rules: async () => [],
    async sysctls(paths) {
      told.push(`sysctls ${paths.join(' ')}`);
      return new Map(paths.map((path) => [path, '2']));
    },
    wayTo: async () => null,
    counters: async () => null,
    prepare: () => {},
    close: async () => {},
    async routes(_, filter) {
      told.push(`routes ${JSON.stringify(filter)}`);
      return ['eni1', 'eni9'].map((dev) => sampleRoute({ dev }));
    },
    async change(place, commands) {
      for (const command of commands) {
        if (command === refused) throw commandFailed(place, command, 'File exists');
        told.push(command.join(' '));
      }
    },
  };
  return { kernel, told };
}

describe('arrange', () => {
  it('stops at the first command that fails', async () => {
    const { kernel, told } = listening(DOWN);
    const error = await enimErrorOf(() => arrange(kernel, [{ ip: UP }, { ip: DOWN }, { ip: UP }]));
    expect(error.message).toBe('"ip link set dev eni1 down" at home: File exists.');
    expect(told).toEqual(['link set dev eni1 up']);
  });

  it('stops at a sysctl that cannot be written', async () => {
    const { kernel, told } = listening();
    const error = await enimErrorOf(() => arrange(kernel, [{ ip: UP }, { sysctl: NOWHERE, value: '0' }, { ip: DOWN }]));
    expect([error.code, error.message]).toEqual(['LINK_FAILED', `The sysctls ${NOWHERE} cannot be set to 0: ENOENT.`]);
    expect(told).toEqual(['link set dev eni1 up']);
  });
});

describe('lookAtRouting', () => {
  it('asks once for all routes, whoever has left meanwhile, and once for all sysctls', async () => {
    const { kernel, told } = listening();
    const loopback = '/proc/sys/net/ipv4/conf/lo/rp_filter';
    const seen = await lookAtRouting(kernel, ['eni1', 'eni2'], [NOWHERE, loopback]);
    expect(seen.routes.map(({ dev }) => dev)).toEqual(['eni1']);
    expect(told).toEqual(['routes {"to":"anywhere"}', `sysctls ${NOWHERE} ${loopback}`]);
    expect([...seen.sysctls]).toEqual([
      [NOWHERE, '2'],
      [loopback, '2'],
    ]);
  });
});
