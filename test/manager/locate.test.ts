import { describe, expect, it } from '@jest/globals';
import { locate, look } from '../../src/manager/locate.js';
import { macOf } from '../model/samples.js';
import type { Machine } from './machine.js';
import { nodeWith } from './node.js';

const IDENTITY = { id: 'eni-1', mac: macOf(1), busAddress: null, ifindex: null };

/** Moves the card of eni-1 by hand. */
function moveTo(machine: Machine, inode: number): void {
  const home = machine.kernel.in(1);
  machine.kernel.in(inode).push(
    ...home.splice(
      home.findIndex(({ name }) => name === 'ens1'),
      1,
    ),
  );
}

describe('locate', () => {
  it('finds a NIC at home, in the recorded netns, in any other, or nowhere', async () => {
    const machine = nodeWith(1);
    const pod = machine.addPod('web-0');
    const other = machine.addPod('other');
    const find = async () => locate(await look(machine.parts()), IDENTITY, pod);
    expect(await find()).toMatchObject({ at: 'home', link: { name: 'ens1' } });
    moveTo(machine, other.inode);
    expect(await find()).toMatchObject({ at: 'netns', netns: other, link: { name: 'ens1' } });
    const [card] = machine.kernel.in(other.inode).splice(1);
    expect(await find()).toEqual({ at: 'nowhere' });
    if (card !== undefined) machine.kernel.in(pod.inode).push(card);
    expect(await find()).toMatchObject({ at: 'netns', netns: pod });
  });

  it('does not look into other netns where home or the recorded one answers', async () => {
    const machine = nodeWith(1);
    const pod = machine.addPod('web-0');
    machine.addPod('other');
    await locate(await look(machine.parts()), IDENTITY, pod);
    expect(machine.calls).not.toContain('netns.findAll');
    expect(machine.calls.filter((call) => call === 'links.lookInto')).toHaveLength(1);
  });

  it('looks into each netns once, however often it is asked', async () => {
    const machine = nodeWith(0);
    const pod = machine.addPod('web-0');
    machine.addPod('other');
    const machineNow = await look(machine.parts());
    await Promise.all([1, 2, 3].map((number) => locate(machineNow, { ...IDENTITY, mac: macOf(number) }, pod)));
    expect(machine.calls.filter((call) => call === 'links.lookInto')).toHaveLength(2);
    expect(machine.calls.filter((call) => call === 'netns.findAll')).toHaveLength(1);
  });

  it('does not take the netns that is at the recorded path now for the one that was', async () => {
    const machine = nodeWith(1);
    const pod = machine.addPod('web-0');
    moveTo(machine, pod.inode);
    const machineNow = await look(machine.parts());
    expect(await machineNow.into({ path: pod.path, inode: pod.inode + 1 })).toBeUndefined();
    expect(await machineNow.into({ path: '/run/netns/none', inode: pod.inode })).toBeUndefined();
    expect(await machineNow.into(pod)).toHaveLength(2);
  });

  it('says which links it cannot choose between', async () => {
    const machine = nodeWith(1);
    machine.kernel.addDevice({ name: 'twin', mac: macOf(1) });
    expect(await locate(await look(machine.parts()), IDENTITY, null)).toEqual({
      at: 'unclear',
      message: `several links have the MAC ${macOf(1)} of ENI eni-1: ens1, twin`,
    });
  });
});
