/** The units as a node without a DaemonSet has them: run, confined, restarted and stopped by systemd. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EniAnswer } from '../fabric/answers.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd, EXECUTABLE } from '../fabric/requirements.js';
import { bootMachine, type Machine, machineFault } from './machine.js';

const UNITS = join(import.meta.dirname, '../../deploy/systemd');
const AGENT = 'enim-agent.service';
const ENIS = [1, 2, 3].map((number) => ({
  id: `eni-${number}`,
  mac: `02:5d:00:00:00:0${number}`,
  ipv4: { address: `10.99.1.${number}/16`, gateway: '10.99.0.1' },
}));
const SETTINGS = { provider: 'static', static: { enis: ENIS }, agent: { gcEvery: 500 } };

describeEndToEnd('the units, run by systemd', () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await bootMachine();
    machine.bring(EXECUTABLE, 'usr/local/bin/enim');
    for (const name of readdirSync(UNITS)) machine.bring(join(UNITS, name), `etc/systemd/system/${name}`);
    await machine.must(['systemctl', 'daemon-reload']);
    await machine.must(['mkdir', '-p', '/etc/enim']);
    await configure(SETTINGS);
    const links = ENIS.map(({ mac }, at) => `link add p${at} type veth peer name ens${at} netns 1 address ${mac}`);
    await machine.must(['ip', 'netns', 'add', 'cloud']);
    await machine.must(['ip', '-n', 'cloud', '-batch', '-'], links.join('\n'));
  });
  afterAll(() => machine?.stop());

  const configure = (settings: object) =>
    machine.must(['sh', '-c', 'cat > /etc/enim/config.json'], JSON.stringify(settings));

  const call = (verb: string, pod: string) => {
    const env = { CNI_COMMAND: verb, CNI_CONTAINERID: pod, CNI_NETNS: `/run/netns/${pod}`, CNI_IFNAME: 'eth0' };
    const variables = Object.entries({ ...env, CNI_PATH: '/usr/local/bin' }).map((pair) => pair.join('='));
    return machine.must(['env', ...variables, 'enim'], '{"cniVersion":"1.1.0","name":"pods","type":"enim"}');
  };

  const states = async (): Promise<string[]> => {
    const { enis } = JSON.parse(await machine.must(['enim', 'list', '--json'])) as { readonly enis: EniAnswer[] };
    return enis.map(({ id, state, link }) => `${id} ${state} ${link?.name}`);
  };
  const HOME = ENIS.map(({ id }, at) => `${id} free ens${at}`);

  /** A NIC that the kernel has sent home, as it does with a card whose pod is gone. */
  const loseWithPod = async (pod: string): Promise<void> => {
    await machine.must(['ip', '-n', pod, 'link', 'set', 'eth0', 'netns', '1', 'name', 'strange']);
    await machine.must(['ip', 'netns', 'del', pod]);
  };

  const property = async (name: string, unit = AGENT): Promise<string> =>
    (await machine.must(['systemctl', 'show', '--value', '--property', name, unit])).trim();
  const isActive = async () => (await property('ActiveState')) === 'active' && (await property('MainPID')) !== '0';

  /** What the service has said, line by line. */
  const journal = async (unit: string): Promise<string[]> =>
    (await machine.must(['journalctl', '--no-pager', '--output', 'cat', '--unit', unit])).trim().split('\n');

  describe('the agent', () => {
    it('does the calls, brings home what a pod has lost, and is back after it was killed', async () => {
      await machine.must(['systemctl', 'start', AGENT]);
      await eventually('the start', () =>
        machine.run(['test', '-S', '/run/enim/agent.sock']).then((o) => o.code === 0),
      );
      for (const pod of ['pod-1', 'pod-2']) await machine.must(['ip', 'netns', 'add', pod]);
      expect(JSON.parse(await call('ADD', 'pod-1'))).toMatchObject({ interfaces: [{ mac: ENIS[0]?.mac }] });
      await machine.must(['kill', '-KILL', await property('MainPID')]);
      // Nobody waits for it.
      await call('ADD', 'pod-2');
      expect(await states()).toEqual(['eni-1 used eth0', 'eni-2 used eth0', 'eni-3 free ens2']);
      await eventually('the restart', isActive);
      expect(await property('NRestarts')).toBe('1');
      await loseWithPod('pod-2');
      await eventually('the return', async () => (await states())[1] === HOME[1]);
      await call('DEL', 'pod-1');
      expect(await states()).toEqual(HOME);
    });

    it('reads its settings again, and ends well', async () => {
      await configure({ ...SETTINGS, agent: { ...SETTINGS.agent, logLevel: 'debug' } });
      await machine.must(['systemctl', 'reload', AGENT]);
      await eventually('the reload', async () => (await journal(AGENT)).some((line) => line.includes('settings')));
      await machine.must(['systemctl', 'stop', AGENT]);
      expect(await property('Result')).toBe('success');
      const lines = (await journal(AGENT)).filter((line) => line.startsWith('{'));
      const levels = lines.map((line) => (JSON.parse(line) as { readonly level: string }).level);
      expect(lines.filter((_, at) => ['warn', 'error'].includes(levels[at] ?? ''))).toEqual([]);
      expect(lines.at(-1)).toMatch(/"message":"stopped"/);
    });

    it('starts as soon as its settings are mended, however often it was in vain', async () => {
      await configure({ provider: 'none' });
      await machine.must(['systemctl', 'start', AGENT]);
      // More than systemd tries by itself in ten seconds.
      await eventually('the sixth start', async () => Number(await property('NRestarts')) > 5);
      await configure(SETTINGS);
      await eventually('the start', isActive);
      await machine.must(['systemctl', 'stop', AGENT]);
    });
  });

  it('the timer has gc bring home what nobody else does', async () => {
    await machine.must(['ip', 'netns', 'add', 'pod-3']);
    await call('ADD', 'pod-3');
    await loseWithPod('pod-3');
    expect(await states()).not.toEqual(HOME);
    await machine.must(['systemctl', 'start', 'enim-gc.timer']);
    expect(await property('Triggers', 'enim-gc.timer')).toBe('enim-gc.service');
    expect(await property('NextElapseUSecMonotonic', 'enim-gc.timer')).not.toBe('infinity');
    await machine.must(['systemctl', 'start', 'enim-gc.service']);
    expect(await states()).toEqual(HOME);
    expect(await journal('enim-gc.service')).toContainEqual(expect.stringMatching(/^eni-\d +reclaim/));
  });
}, [machineFault()]);
