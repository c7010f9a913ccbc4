import { describe, expect, it } from '@jest/globals';
import { type DelRequest, del } from '../../src/manager/del.js';
import { formatLabel } from '../../src/model/label.js';
import type { Device } from '../link/kernel.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { countSteps, dieAtCall, dieAtCommand } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, delOf, nodeWith } from './node.js';

/** A node with two ENIs of which the pod has one; and what it looked like before. */
async function attached(): Promise<{ machine: Machine; before: string; inode: number }> {
  const machine = nodeWith(2);
  const { inode } = machine.addPod('web-0');
  const before = machine.show();
  await addTo(machine);
  return { machine, before, inode };
}

const device = (machine: Machine, inode: number) =>
  machine.kernel.in(inode).find(({ permanentMac }) => permanentMac === macOf(1));
const withoutPod = (text: string): string => text.replace(/^101.*\n/gm, '');

describe('del', () => {
  it('brings the NIC home as it was and frees the ENI', async () => {
    const { machine, before } = await attached();
    const [done, ...others] = await delOf(machine);
    expect(others).toEqual([]);
    expect(done).toMatchObject({ attachment: { eni: { id: 'eni-1' } }, link: { name: 'ens1' }, remaining: [] });
    expect(machine.show()).toBe(before);
    expect(machine.locks.names).toEqual([]);
  });

  it('reports what the pod had changed, and what cannot be put back (sriov-cni#316)', async () => {
    const { machine, inode } = await attached();
    Object.assign(device(machine, inode) ?? {}, { mac: macOf(99), txqlen: 5, name: 'pods' });
    machine.kernel.addDevice({ name: 'ens1', mac: macOf(8) });
    const [done] = await delOf(machine);
    expect(done?.restored.map(({ what, from, to }) => `${what} ${from} ${to}`)).toEqual([
      `MAC ${macOf(99)} ${macOf(1)}`,
      'MTU 1400 1501',
      'txqueuelen 5 1000',
    ]);
    expect(done?.remaining).toEqual([{ what: 'name', from: 'enim0', to: 'ens1' }]);
  });

  it('has nothing to do for what is not there, any number of times (containernetworking/plugins#995)', async () => {
    const { machine } = await attached();
    await delOf(machine);
    const after = machine.show();
    for (const request of [{}, { containerID: null }, { netns: 'none' }, { netns: '' }, { owner: 'default/unknown' }]) {
      expect(await delOf(machine, request)).toEqual([]);
    }
    expect(machine.show()).toBe(after);
  });

  it('takes the netns for a container that is not named', async () => {
    const { machine } = await attached();
    machine.addPod('web-1');
    await addTo(machine, { containerID: 'c1', netns: 'web-1' });
    expect((await enimErrorOf(() => delOf(machine, { containerID: null }))).code).toBe('INVALID_ARGUMENT');
    const [done, ...others] = await delOf(machine, { containerID: null, netns: 'web-1' });
    expect([done?.attachment.containerID, others]).toEqual(['c1', []]);
    expect(await delOf(machine, { containerID: null, netns: 'web-2' })).toEqual([]);
  });

  it.each([{ containerID: 'c9' }, { ifname: 'eth9' }, { network: 'other' }, { owner: 'default/db-0' }])(
    'touches nothing of another: %j (sriov-cni#219)',
    async (request) => {
      const { machine } = await attached();
      const before = machine.show();
      expect(await delOf(machine, request)).toEqual([]);
      expect(machine.show()).toBe(before);
    },
  );

  it('comes late and never touches the successor (sriov-cni#219, whereabouts#176)', async () => {
    const { machine } = await attached();
    machine.killPod({ inode: 101 });
    machine.addPod('web-0');
    await addTo(machine, { containerID: 'c1' });
    await delOf(machine);
    expect(machine.show()).toContain('record eni-2 attached default/web-0 c1');
    const before = machine.show();
    await delOf(machine);
    expect(machine.show()).toBe(before);
  });

  it('wants to know which container is meant where the owner has several', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    machine.addPod('new');
    await addTo(machine);
    await addTo(machine, { containerID: 'c1', netns: 'new' });
    const error = await enimErrorOf(() => delOf(machine, { containerID: null }));
    expect([error.code, error.details]).toEqual(['INVALID_ARGUMENT', ['c0', 'c1']]);
    expect(machine.attachments.size).toBe(2);
  });

  it('brings all interfaces of one container home', async () => {
    const { machine, before } = await attached();
    await addTo(machine, { ifname: 'eth1' });
    expect(await delOf(machine, { containerID: null })).toHaveLength(2);
    expect(machine.show()).toBe(before);
  });

  it('works on what the kernel brought home when the netns died', async () => {
    const { machine, before, inode } = await attached();
    machine.killPod({ inode });
    await delOf(machine);
    expect(machine.show()).toBe(withoutPod(before));
  });

  it('finds the NIC under any name and in any netns (containernetworking/plugins#773, sriov-cni#349)', async () => {
    const { machine, before, inode } = await attached();
    const other = machine.addPod('other');
    const card = device(machine, inode);
    machine.kernel.in(inode).splice(1);
    machine.kernel.in(other.inode).push(Object.assign(card ?? ({} as never), { name: 'hidden' }));
    await delOf(machine);
    machine.killPod(other);
    expect(machine.show()).toBe(before);
  });

  it('does not go into a netns that only has the path of the recorded one', async () => {
    const { machine, inode } = await attached();
    machine.killPod({ inode });
    const successor = machine.addPod('web-0');
    machine.kernel.addDevice({ name: 'eth0', mac: macOf(77), kind: 'veth' }, successor.inode);
    const before = machine.kernel.in(successor.inode).length;
    await delOf(machine);
    expect(machine.kernel.in(successor.inode)).toHaveLength(before);
  });

  it('waits for a card that the kernel has not brought home yet', async () => {
    const { machine, before, inode } = await attached();
    machine.kernel.addDevice({ name: 'x', mac: macOf(66) });
    const card = device(machine, inode);
    if (card !== undefined) card.bus = '0000:00:11.0';
    for (const attachment of machine.attachments.values())
      Object.assign(attachment.snapshot, { busAddress: '0000:00:11.0' });
    machine.killPod({ inode });
    const home = machine.kernel.in(1);
    home.splice(home.indexOf(card as never), 1);
    home.splice(
      home.findIndex(({ name }) => name === 'x'),
      1,
    );
    let sleeps = 0;
    machine.onSleep = () => {
      sleeps += 1;
      if (sleeps === 3) home.push(card as never);
    };
    const [done] = await delOf(machine);
    expect([sleeps, done?.link?.name]).toEqual([3, 'ens1']);
    expect(machine.show()).toBe(withoutPod(before));
  });

  it('keeps the record of a card that is plugged in but nowhere to be found, and says so', async () => {
    const { machine, inode } = await attached();
    machine.kernel.in(inode).splice(1);
    const error = await enimErrorOf(() => delOf(machine));
    expect([error.code, error.message]).toEqual([
      'LINK_LOST',
      'ENI eni-1 is plugged in at 0000:00:11.0, but in no netns that can be reached.',
    ]);
    expect(machine.show()).toContain('record eni-1 releasing');
    expect(machine.show()).toContain('held eni-1');
  });

  it('lets go of an ENI whose device was unplugged, and whose place on the bus a disk has got', async () => {
    const { machine, inode } = await attached();
    machine.kernel.in(inode).splice(1);
    machine.hardware.set('0000:00:11.0', { driver: 'virtio_blk', isNic: false, hasLink: false });
    const request = { owner: null, network: null, containerID: 'c0', ifname: null, netns: null };
    const [done] = await del(machine.parts(), request, { reason: 'del', forceRebind: true });
    expect([done?.link, machine.rebound]).toEqual([null, []]);
    expect(machine.show()).not.toMatch(/record|held/);
  });

  it('lets go of an ENI whose device was unplugged', async () => {
    const { machine, inode } = await attached();
    machine.kernel.in(inode).splice(1);
    machine.bus.delete('0000:00:11.0');
    const [done] = await delOf(machine);
    expect(done).toMatchObject({ link: null, restored: [], remaining: [] });
    expect(machine.show()).not.toMatch(/record|held/);
  });

  it('does not guess between two cards of one MAC (sriov-network-device-plugin#685)', async () => {
    const { machine, inode } = await attached();
    machine.kernel.addDevice({ name: 'twin', mac: macOf(1), bus: '0000:00:11.0' }, inode);
    const before = machine.show().replace('attached', 'releasing');
    expect((await enimErrorOf(() => delOf(machine))).code).toBe('AMBIGUOUS_LINK');
    expect(machine.show()).toBe(before);
  });

  it('works without a record where the provider knows the holder', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    await delOf(machine);
    expect(machine.show()).not.toMatch(/record|held/);
    expect(machine.kernel.in(1).find(({ name }) => name === 'ens1')).toMatchObject({ alias: undefined, addresses: [] });
  });

  it('works with nothing left but the label in the netns that the caller names', async () => {
    const { machine, inode } = await attached();
    machine.attachments.clear();
    machine.allocations = {};
    expect(await delOf(machine)).toEqual([]);
    expect(device(machine, inode)?.name).toBe('eth0');
    expect(await delOf(machine, { netns: 'web-0' })).toHaveLength(1);
    expect(machine.kernel.in(1).map(({ name }) => name)).toContain('ens1');
  });

  it('does not believe a label that the pod has forged for another’s ENI', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const evil = machine.addPod('evil');
    await addTo(machine);
    const before = machine.show();
    const forged = sampleEndpoint({ owner: 'default/evil', containerID: 'c9' });
    machine.kernel.addDevice(
      { name: 'fake', kind: 'veth', mac: macOf(50), alias: formatLabel('eni-1', 'ens1', forged) },
      evil.inode,
    );
    await delOf(machine, { owner: 'default/evil', containerID: 'c9', netns: 'evil' });
    machine.kernel.in(evil.inode).splice(1);
    expect(machine.show()).toBe(before);
  });

  it('of what another process gives back at the same time is done once', async () => {
    const { machine, before } = await attached();
    const done = await Promise.all([delOf(machine), delOf(machine), delOf(machine)]);
    expect(done.flat()).toHaveLength(1);
    expect(machine.show()).toBe(before);
  });

  it('of an add that has not been given anything yet comes after it, and brings the NIC home', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const before = machine.show();
    let returns: ReturnType<typeof delOf> | undefined;
    machine.interference.before = async (call) => {
      if (call !== 'provider.allocate' || returns !== undefined) return;
      returns = delOf(machine, { network: 'enim', ifname: 'eth0' });
      for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    };
    await addTo(machine);
    expect((await returns)?.map(({ link }) => link?.name)).toEqual(['ens1']);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('tells the provider only when the NIC is home and the record is gone', async () => {
    const { machine } = await attached();
    machine.calls.length = 0;
    await delOf(machine);
    const order = machine.calls.filter((call) =>
      ['store.put', 'links.moveHome', 'links.restore', 'store.forget', 'provider.release'].includes(call),
    );
    expect(order).toEqual(['store.put', 'links.moveHome', 'links.restore', 'store.forget', 'provider.release']);
  });
});

describe('a del that was killed at any step', () => {
  it('is finished by repeating it (containernetworking/plugins#357)', async () => {
    const make = async (): Promise<Machine> => (await attached()).machine;
    const { calls, commands } = await countSteps(make, delOf);
    const { before } = await attached();
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await make();
        await dieAtCall(machine, index, when, delOf);
        await delOf(machine);
        expect([when, call, machine.show()]).toEqual([when, call, before]);
      }
    }
    for (const [index, command] of commands.entries()) {
      const machine = await make();
      await dieAtCommand(machine, index, delOf);
      await delOf(machine);
      expect([command, machine.show()]).toEqual([command, before]);
    }
  });
});

describe('a del whose netns dies meanwhile', () => {
  it('brings the card home as it was, at whatever step that is (sriov-cni#126, kubernetes/kubernetes#89440)', async () => {
    const { calls } = await countSteps(async () => (await attached()).machine, delOf);
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const { machine, before, inode } = await attached();
        machine.calls.length = 0;
        machine.interference[when] = (_, at) => void (at === index && machine.killPod({ inode }));
        const waits: number[] = [];
        machine.onSleep = (milliseconds) => void waits.push(milliseconds);
        await delOf(machine);
        expect([when, call, machine.show()]).toEqual([when, call, withoutPod(before)]);
        expect(waits.length).toBeLessThan(2);
      }
    }
  });
});

it('a record of an ENI that left the settings is enough to bring its NIC home', async () => {
  const { machine, before } = await attached();
  machine.inventory.length = 0;
  machine.allocations = {};
  await delOf(machine);
  expect(machine.show()).toBe(before);
});

it('brings home a card that neither record nor provider knows any more, by its label, and no virtual device', async () => {
  const machine = nodeWith(1);
  machine.addPod('web-0');
  await addTo(machine);
  machine.attachments.clear();
  machine.allocations = {};
  machine.inventory.length = 0;
  const alias = machine.kernel.in(101).find(({ name }) => name === 'eth0')?.alias;
  machine.kernel.addDevice(
    { name: 'veth9', mac: macOf(77), kind: 'veth', alias: alias?.replace('eth0', 'veth9') },
    101,
  );
  expect(await delOf(machine, { netns: 'web-0', ifname: 'veth9' })).toEqual([]);
  expect(await delOf(machine, { netns: 'web-0', ifname: 'eth0' })).toMatchObject([{ link: { name: 'ens1' } }]);
  expect(machine.kernel.in(101).map(({ name }) => name)).toEqual(['lo', 'veth9']);
});

describe('a card that host-device has moved into the pod', () => {
  const endpoint = sampleEndpoint();
  const named = { device: { by: 'mac', mac: macOf(1) }, endpoint } as const;
  const { network, containerID, ifname } = endpoint;
  const request = { owner: null, network, containerID, ifname, netns: 'web-0', named };

  /** As that plugin leaves it. */
  function moved(change: Partial<Device> = {}): { machine: Machine; before: string; inode: number } {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    machine.inventory.length = 0;
    const home = machine.kernel.in(1);
    // It takes these away.
    Object.assign(home.find(({ name }) => name === 'ens1') ?? {}, { alias: undefined, up: false });
    const before = machine.show();
    const [card] = home.splice(
      home.findIndex(({ name }) => name === 'ens1'),
      1,
    );
    if (card === undefined) throw new Error('The node has no ens1.');
    machine.kernel.in(inode).push(Object.assign(card, { name: 'eth0', alias: 'ens1' }, change));
    return { machine, before, inode };
  }

  it('comes home under its name by the DEL that comes to us, once', async () => {
    const { machine, before } = moved();
    expect(await delOf(machine, request)).toMatchObject([
      { attachment: { owner: endpoint.owner }, link: { name: 'ens1' } },
    ]);
    expect(machine.show()).toBe(before);
    expect(await delOf(machine, request)).toEqual([]);
    expect(machine.locks.names).toEqual([]);
  });

  it.each<[string, Partial<Device>, Partial<DelRequest>]>([
    ['a virtual device', { kind: 'veth' }, {}],
    ['another device than is named', {}, { named: { ...named, device: { by: 'mac', mac: macOf(2) } } }],
    ['one that has another name there', { name: 'eth1' }, {}],
    [
      'one that carries a label of ours',
      { alias: formatLabel('eni-9', 'ens9', sampleEndpoint({ containerID: 'c9' })) },
      {},
    ],
    ['one in a netns that is not named', {}, { netns: null }],
    ['where no device is named', {}, { named: undefined }],
  ])('stays where it is: %s', async (_, change, other) => {
    const { machine } = moved(change);
    const there = machine.show();
    expect(await delOf(machine, { ...request, ...other })).toEqual([]);
    expect(machine.show()).toBe(there);
  });

  it('keeps the name that it has where its alias is none', async () => {
    const { machine } = moved({ alias: 'rack 7' });
    expect(await delOf(machine, request)).toMatchObject([{ link: { name: 'eth0', alias: 'rack 7' } }]);
  });

  it('is brought home by the next DEL where one was killed at any step', async () => {
    const { calls } = await countSteps(
      async () => moved().machine,
      (machine) => delOf(machine, request),
    );
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const { machine, before } = moved();
        await dieAtCall(machine, index, when, (dying) => delOf(dying, request));
        await delOf(machine, request);
        expect([when, call, machine.show()]).toEqual([when, call, before]);
      }
    }
  });
});

describe('a card in a netns that cannot be reached', () => {
  const lost = async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const before = machine.kernel
      .show()
      .split('\n')
      .filter((line) => line.includes('ens1'));
    await addTo(machine);
    // Its name is gone, and nobody that we see has it open.
    machine.kernel.paths.delete('/run/netns/web-0');
    return { machine, before };
  };
  const force = { reason: 'del', forceRebind: true };
  const request = { owner: null, network: null, containerID: 'c0', ifname: null, netns: null };

  it('stays there, with a word on what would bring it home', async () => {
    const { machine } = await lost();
    const error = await enimErrorOf(() => delOf(machine));
    expect([error.code, error.details.join(' ')]).toEqual(['LINK_LOST', expect.stringContaining('--force-rebind')]);
    expect([machine.rebound, machine.show()]).toEqual([[], expect.stringContaining('record eni-1 releasing')]);
  });

  it('comes home by its driver where that is forced, under its name and as it was', async () => {
    const { machine, before } = await lost();
    expect(await del(machine.parts(), request, force)).toMatchObject([{ link: { name: 'ens1' } }]);
    expect(machine.rebound).toEqual(['0000:00:11.0 from 101']);
    expect(
      machine.kernel
        .show()
        .split('\n')
        .filter((line) => line.includes('ens1')),
    ).toEqual(before);
    expect(machine.show()).not.toMatch(/record|held/);
  });

  it('is not touched by force where it can be reached', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    await del(machine.parts(), request, force);
    expect(machine.rebound).toEqual([]);
  });
});
