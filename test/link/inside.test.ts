import { describe, expect, it } from '@jest/globals';
import type { Sysctls } from '../../src/link/configure.js';
import { writeSysctls } from '../../src/link/inside.js';
import { macOf } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { Kernel } from './kernel.js';

const PATH = '/run/netns/web-0';
const sysctl = (ifname: string, name: string): string => `/proc/sys/net/ipv4/conf/${ifname}/${name}`;

function pod(): { kernel: Kernel; inode: number; netns: { path: string; inode: number } } {
  const kernel = new Kernel();
  const inode = kernel.addNetns(PATH);
  kernel.addDevice({ name: 'eth0', mac: macOf(1) }, inode);
  return { kernel, inode, netns: { path: PATH, inode } };
}

describe('writeSysctls', () => {
  it('writes in the netns, in order', async () => {
    const { kernel, inode, netns } = pod();
    const sysctls: Sysctls[] = [
      { value: '0', paths: [sysctl('eth0', 'arp_notify'), sysctl('eth0', 'forwarding')] },
      { value: '1', paths: [sysctl('eth0', 'arp_notify')] },
    ];
    await writeSysctls(kernel, netns, sysctls, []);
    expect([...kernel.sysctls]).toEqual([
      [`${inode} ${sysctl('eth0', 'arp_notify')}`, '1'],
      [`${inode} ${sysctl('eth0', 'forwarding')}`, '0'],
    ]);
  });

  it('writes nothing where there is nothing to write', async () => {
    const { kernel, netns } = pod();
    await writeSysctls(kernel, netns, [], []);
    expect(kernel.sysctls.size).toBe(0);
  });

  it('hands the lock on to what writes', async () => {
    const { kernel, netns } = pod();
    const kept: unknown[] = [];
    const run: Kernel['run'] = (program, args, options) => {
      kept.push(options?.keepOpen);
      return kernel.run(program, args, options);
    };
    await writeSysctls(
      { ...kernel, run, converse: kernel.converse },
      netns,
      [{ value: '1', paths: [sysctl('eth0', 'arp_notify')] }],
      [42],
    );
    expect(kept).toEqual([[42]]);
  });

  it('fails naming what cannot be written, to what, and why', async () => {
    const { kernel, netns } = pod();
    const path = sysctl('eth9', 'arp_notify');
    const error = await enimErrorOf(() => writeSysctls(kernel, netns, [{ value: '1', paths: [path] }], []));
    expect([error.code, error.message]).toEqual([
      'LINK_FAILED',
      `The sysctls ${path} cannot be set to 1: tee: ${path}: No such file or directory.`,
    ]);
  });

  it('fails where the netns is gone', async () => {
    const { kernel, inode, netns } = pod();
    kernel.endNetns(inode);
    const error = await enimErrorOf(() =>
      writeSysctls(kernel, netns, [{ value: '1', paths: [sysctl('eth0', 'arp_notify')] }], []),
    );
    expect([error.code, error.message.includes(PATH)]).toEqual(['LINK_FAILED', true]);
  });
});
