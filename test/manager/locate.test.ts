import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { locate, look, recordedOf } from '../../src/manager/locate.js';
import { formatLabel } from '../../src/model/label.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
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

  it('goes by another way where that of a program is gone which had the netns open for a moment', async () => {
    const machine = nodeWith(1);
    const other = machine.addPod('other');
    moveTo(machine, other.inode);
    const parts = machine.parts();
    const ways = [{ ...other, path: '/proc/9/fd/3', pids: [] }];
    const netns = {
      ...parts.netns,
      findAll: async () => (ways.length > 0 ? ways.splice(0) : parts.netns.findAll()),
    };
    expect(await locate(look({ ...parts, netns }), IDENTITY, null)).toMatchObject({ at: 'netns', netns: other });
  });

  it('takes a netns that is gone for gone, and one that nobody may enter for empty', async () => {
    const machine = nodeWith(1);
    const other = machine.addPod('other');
    moveTo(machine, other.inode);
    const parts = machine.parts();
    let asked = 0;
    const closed = { ...parts.links, lookInto: async () => undefined };
    const counted = {
      ...parts.netns,
      findAll: () => {
        asked += 1;
        return parts.netns.findAll();
      },
    };
    expect(await locate(look({ links: closed, netns: counted }), IDENTITY, null)).toEqual({ at: 'nowhere' });
    expect(asked).toBe(4);
    asked = 0;
    const gone = {
      ...counted,
      findAll: async () => (asked++ === 0 ? [{ ...other, path: '/proc/9/fd/3', pids: [] }] : []),
    };
    expect(await locate(look({ ...parts, netns: gone }), IDENTITY, null)).toEqual({ at: 'nowhere' });
    expect(asked).toBe(2);
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
    expect(await locate(await look(machine.parts()), IDENTITY, null)).toMatchObject({
      at: 'unclear',
      message: `several links have the MAC ${macOf(1)} of ENI eni-1: ens1, twin`,
    });
  });

  it('never chooses between virtual devices in pods; a card always counts for more, and so does one at home', async () => {
    const places = fc.uniqueArray(fc.constantFrom('home', 'a', 'b', 'c'), { minLength: 1 });
    const card = fc.constantFrom('home', 'a', 'b', 'c', null);
    await fc.assert(
      fc.asyncProperty(places, card, async (virtual, real) => {
        const machine = nodeWith(0);
        const inodes = new Map(['a', 'b', 'c'].map((name) => [name, machine.addPod(name).inode]));
        for (const place of virtual)
          machine.kernel.addDevice({ name: `v${place}`, mac: macOf(1), kind: 'veth' }, inodes.get(place));
        if (real !== null) machine.kernel.addDevice({ name: 'card', mac: macOf(1) }, inodes.get(real));
        const where = await locate(look(machine.parts()), IDENTITY, null);
        const only = real ?? (virtual.includes('home') ? 'home' : virtual.length === 1 ? virtual[0] : undefined);
        if (only === undefined) expect(where).toMatchObject({ at: 'unclear', sightings: { length: virtual.length } });
        else
          expect(where).toMatchObject({
            at: only === 'home' ? 'home' : 'netns',
            link: { name: real === null ? `v${only}` : 'card' },
          });
      }),
    );
  });

  it('believes the record of a place before a twin anywhere else', async () => {
    const machine = nodeWith(0);
    const [pod, other] = [machine.addPod('web-0'), machine.addPod('other')];
    for (const inode of [pod.inode, other.inode])
      machine.kernel.addDevice({ name: 'eth0', mac: macOf(1), kind: 'veth' }, inode);
    expect(await locate(look(machine.parts()), IDENTITY, pod)).toMatchObject({ at: 'netns', netns: pod });
    expect(await locate(look(machine.parts()), IDENTITY, null)).toMatchObject({
      at: 'unclear',
      message: `several links have the MAC ${macOf(1)} of ENI eni-1: eth0 in ${pod.path}, eth0 in ${other.path}`,
    });
    machine.kernel.addDevice({ name: 'eni', mac: macOf(1), kind: 'veth' });
    expect(await locate(look(machine.parts()), IDENTITY, 'home')).toMatchObject({ at: 'home', link: { name: 'eni' } });
  });

  it('does not take the one at home where another was moved as this ENI', async () => {
    const machine = nodeWith(0);
    const pod = machine.addPod('web-0');
    machine.kernel.addDevice({ name: 'ens1', mac: macOf(1), kind: 'veth' });
    const alias = formatLabel('eni-1', 'ens1', sampleEndpoint());
    machine.kernel.addDevice({ name: 'eth0', mac: macOf(1), kind: 'veth', alias }, pod.inode);
    expect(await locate(look(machine.parts()), IDENTITY, null)).toMatchObject({ at: 'unclear' });
    expect(await locate(look(machine.parts()), { ...IDENTITY, id: 'eni-2' }, null)).toMatchObject({ at: 'home' });
  });

  it('does not take one that moves while it looks for two', async () => {
    const machine = nodeWith(0);
    const pod = machine.addPod('web-0');
    const alias = formatLabel('eni-1', 'ens1', sampleEndpoint());
    machine.kernel.addDevice({ name: 'ens1', mac: macOf(1), kind: 'veth', alias });
    machine.interference = {
      before: (call) => {
        if (call === 'netns.findAll' && machine.kernel.in(1).some(({ name }) => name === 'ens1'))
          moveTo(machine, pod.inode);
      },
    };
    expect(await locate(look(machine.parts()), IDENTITY, null)).toMatchObject({ at: 'netns', netns: pod });
  });
});

describe('recordedOf', () => {
  it('is home for an ENI that was given back, and nothing for one that nobody saw leave or that is held', () => {
    const holder = sampleEndpoint();
    expect(recordedOf({ holder: null, releasedAt: '2026-01-01T00:00:00Z' })).toBe('home');
    expect(recordedOf({ holder: null, releasedAt: null })).toBeNull();
    expect(recordedOf({ holder, releasedAt: '2026-01-01T00:00:00Z' })).toBeNull();
  });
});
