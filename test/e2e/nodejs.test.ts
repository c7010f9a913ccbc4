import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { EnimResult } from '../fabric/executable.js';
import { addressesOf } from '../fabric/links.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

const PROGRAM = join(import.meta.dirname, '../../bin/run.js');

/** There the kernel is spoken to by `ip`, `nsenter` and `tee`. */
describeEndToEnd('on Node.js', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  const enim = (...args: string[]): Promise<EnimResult> =>
    node.start([process.execPath, PROGRAM, ...args], { timeout: 60_000 }).result;

  it('gives a pod an ENI and brings it home as it was', async () => {
    const before = await node.kernelState();
    const { ifname, ipv4, ipv6 } = node.eni(0);

    expect(await enim('add', 'default/web-0', '--netns', pod.netns)).toMatchObject({ code: 0, stderr: '' });
    const link = await pod.link('eth0');
    expect(link && addressesOf(link)).toEqual([ipv4.address, ipv6.address].sort());
    expect(await pod.run('ping', '-c', '1', '-W', '5', ipv4.gateway)).toMatchObject({ code: 0 });
    expect(await node.link(ifname)).toBeUndefined();

    expect(await enim('del', 'default/web-0')).toMatchObject({ code: 0, stderr: '' });
    expect(await node.kernelState()).toEqual(before);
  });

  it('restores what a pod has changed, and reclaims what a dead pod left', async () => {
    const before = await node.kernelState();
    await enim('add', 'default/web-0', '--netns', pod.netns);
    await pod.ip('link set eth0 mtu 1400');
    await node.simulateCardReturn(pod, 'eth0');

    const { code, json } = await enim('gc', '--grace', '0s', '--json');

    expect(code).toBe(0);
    expect(json).toMatchObject({
      verdicts: expect.arrayContaining([expect.objectContaining({ eni: node.eni(0).id })]),
    });
    expect((await node.kernelState()).home).toEqual(before.home);
  });

  it('says where it cannot make a directory, and changes nothing', async () => {
    const before = await node.kernelState();
    const args = ['add', 'default/web-0', '--netns', pod.path];
    const command = ['env', 'ENIM_STATE_DIR=/proc/nowhere/state', process.execPath, PROGRAM, ...args];
    const { code, stderr } = await node.start(command, { timeout: 20_000 }).result;
    expect([code, stderr]).toEqual([1, expect.stringContaining('/proc/nowhere/state')]);
    expect(await node.kernelState()).toEqual(before);
  });

  it('says which program is missing, and changes nothing', async () => {
    const before = [await node.kernelState(), node.filesState()];
    const args = [process.execPath, PROGRAM, 'add', 'default/web-0', '--netns', pod.path];

    const { code, stderr } = await node.start(['env', 'PATH=/nonexistent', ...args]).result;

    expect(code).toBe(1);
    expect(stderr).toMatch(/The program "(ip|nsenter|flock|setpriv)" is missing from PATH\./);
    expect(stderr).toContain('apt-get install ');
    expect([await node.kernelState(), node.filesState()]).toEqual(before);
  });

  it('is understood by the executable, and understands it', async () => {
    const before = await node.kernelState();

    expect(await enim('add', 'default/web-0', '--netns', pod.netns)).toMatchObject({ code: 0 });
    expect((await node.enim(['del', 'default/web-0'])).code).toBe(0);
    expect(await node.kernelState()).toEqual(before);

    expect((await node.enim(['add', 'default/web-0', '--netns', pod.netns])).code).toBe(0);
    expect(await enim('del', 'default/web-0')).toMatchObject({ code: 0 });
    expect(await node.kernelState()).toEqual(before);
  });
});
