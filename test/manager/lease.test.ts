import { describe, expect, it } from '@jest/globals';
import type { Wish } from '../../src/manager/allocate.js';
import { endLease, lease } from '../../src/manager/lease.js';
import type { Attachment } from '../../src/model/attachment.js';
import { setupOf } from '../../src/model/setup.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { countSteps, dieAtCall, INJECTED } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

const ENDPOINT = sampleEndpoint({ network: 'pods', containerID: 'c0' });
const ANY: Wish = { eni: null, device: null, ips: [], force: false };
const NETNS = '/run/netns/web-0';

async function node(count = 2): Promise<Machine> {
  const machine = nodeWith(count);
  machine.addPod('web-0');
  return machine;
}

const leaseOn = (machine: Machine, wish: Partial<Wish> = {}, netns = NETNS): Promise<Attachment> =>
  lease(machine.parts(), ENDPOINT, netns, { ...ANY, ...wish });
const endOn = (machine: Machine): Promise<void> => endLease(machine.parts(), ENDPOINT);

/** Moves the NIC as the main plugin does: into the pod, under another name. */
function moveByAnother(machine: Machine, inode = 101): void {
  const home = machine.kernel.in(1);
  const [card] = home.splice(
    home.findIndex(({ name }) => name === 'ens1'),
    1,
  );
  if (card !== undefined) machine.kernel.in(inode).push(Object.assign(card, { name: 'eth0', up: true, altnames: [] }));
}

describe('lease', () => {
  it('gives an ENI and records it, and moves nothing', async () => {
    const machine = await node();
    const before = machine.kernel.show();
    const attachment = await leaseOn(machine);
    const [eni] = machine.inventory;
    expect(attachment).toMatchObject({
      ...{ ...ENDPOINT, eni, role: 'ipam', phase: 'attached', bootID: 'boot-1', netns: { path: NETNS, inode: 101 } },
      snapshot: { name: 'ens1', busAddress: '0000:00:11.0' },
    });
    expect(eni && attachment.setup).toEqual(eni && setupOf(eni));
    expect([...machine.attachments.values()]).toEqual([attachment]);
    expect([machine.kernel.show(), machine.kernel.changes, machine.locks.names]).toEqual([before, [], []]);
  });

  it('repeated is the same, also while the NIC is in the pod', async () => {
    const machine = await node();
    const first = await leaseOn(machine);
    expect(await leaseOn(machine)).toEqual(first);
    moveByAnother(machine);
    expect(await leaseOn(machine)).toEqual(first);
    expect(machine.attachments.size).toBe(1);
  });

  it('of one endpoint many times at once is one', async () => {
    const machine = await node(3);
    const leases = await Promise.all(Array.from({ length: 5 }, () => leaseOn(machine)));
    expect(new Set(leases.map(({ eni }) => eni.id)).size).toBe(1);
  });

  it('repeated after a del that died half way is made anew, so that gc leaves it alone', async () => {
    const machine = await node(1);
    await leaseOn(machine);
    machine.interference = {
      before: (call) => {
        if (call === 'store.forget' || call === 'provider.release') throw new Error('dead');
      },
    };
    await expect(delOf(machine)).rejects.toThrow('dead');
    machine.interference = {};
    expect([...machine.attachments.values()].map(({ phase }) => phase)).toEqual(['releasing']);
    expect((await leaseOn(machine)).phase).toBe('attached');
    moveByAnother(machine);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 keep: /)]);
  });

  it('after a reboot, or in the container’s next netns, is made anew', async () => {
    const machine = await node();
    const first = await leaseOn(machine);
    machine.reboot();
    const { inode } = machine.addPod('web-0');
    const second = await leaseOn(machine);
    expect(second).toMatchObject({ eni: first.eni, bootID: 'boot-1+', netns: { path: NETNS, inode } });
    // The number of a netns may be another's after a reboot.
    machine.bootID = 'boot-3';
    expect((await leaseOn(machine)).bootID).toBe('boot-3');
    const next = machine.addPod('again');
    expect((await leaseOn(machine, {}, next.path)).netns).toEqual(next);
    expect(machine.attachments.size).toBe(1);
  });

  it('gives the ENI that has the wished addresses', async () => {
    expect((await leaseOn(await node(), { ips: ['10.0.0.12'] })).eni.id).toBe('eni-2');
    expect((await enimErrorOf(async () => leaseOn(await node(), { ips: ['10.0.0.99'] }))).code).toBe('NOT_THERE');
  });

  it('records the NIC as it is when the ENI is its own, not as it was while another gave it back', async () => {
    const machine = await node();
    const card = machine.kernel.in(1).find(({ name }) => name === 'ens1');
    Object.assign(card ?? {}, { name: 'eth0', mtu: 1400 });
    machine.interference.before = (call) => {
      if (call === 'provider.allocate') Object.assign(card ?? {}, { name: 'ens1', mtu: 1501 });
    };
    expect((await leaseOn(machine, { eni: 'eni-1' })).snapshot).toMatchObject({ name: 'ens1', mtu: 1501 });
  });

  it('refuses when none is free, or the netns is none, and changes nothing', async () => {
    const machine = await node(1);
    machine.addPod('db-0');
    await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    const before = machine.show();
    expect((await enimErrorOf(() => leaseOn(machine))).code).toBe('NO_FREE_ENI');
    expect((await enimErrorOf(() => leaseOn(machine, {}, '/run/netns/none'))).code).toBe('NOT_THERE');
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('does not take over what enim itself has attached', async () => {
    const machine = await node();
    await addTo(machine, ENDPOINT);
    const before = machine.show();
    const error = await enimErrorOf(() => leaseOn(machine));
    expect([error.code, error.hint]).toEqual(['UNSAFE', 'enim del default/web-0 --container-id c0']);
    expect(machine.show()).toBe(before);
  });

  it('is not taken over by an add, wherever its NIC is by then', async () => {
    for (const move of [() => undefined, moveByAnother]) {
      const machine = await node();
      await leaseOn(machine);
      move(machine);
      const before = machine.show();
      const error = await enimErrorOf(() => addTo(machine, ENDPOINT));
      expect([error.code, error.hint]).toEqual(['UNSAFE', 'enim del default/web-0 --container-id c0']);
      expect([machine.show(), machine.kernel.changes]).toEqual([before, []]);
    }
  });

  it('of which any step fails leaves nothing changed', async () => {
    const { calls } = await countSteps(node, leaseOn);
    expect(calls).toEqual(expect.arrayContaining(['provider.allocate', 'links.snapshot', 'store.put']));
    for (const [index, call] of calls.entries()) {
      const machine = await node();
      const before = machine.show();
      machine.interference.before = (_, at) => {
        if (at === index) throw INJECTED;
      };
      const error = await enimErrorOf(() => leaseOn(machine));
      expect([call, error.message, error.details]).toEqual([call, INJECTED.message, []]);
      expect([call, machine.show(), machine.locks.names]).toEqual([call, before, []]);
    }
  });

  it('whose record was written although the writing failed leaves nothing changed', async () => {
    const machine = await node();
    const before = machine.show();
    machine.interference.after = (call) => {
      if (call === 'store.put') throw INJECTED;
    };
    await expect(leaseOn(machine)).rejects.toBe(INJECTED);
    expect(machine.show()).toBe(before);
  });

  it('that was killed at any step is finished by repeating it, and taken back by its end', async () => {
    const whole = await node();
    await leaseOn(whole);
    const clean = await node();
    const { calls } = await countSteps(node, leaseOn);
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await node();
        await dieAtCall(machine, index, when, leaseOn);
        await leaseOn(machine);
        expect([when, call, machine.show()]).toEqual([when, call, whole.show()]);
        const other = await node();
        await dieAtCall(other, index, when, leaseOn);
        await endOn(other);
        expect([when, call, other.show()]).toEqual([when, call, clean.show()]);
      }
    }
  });
});

describe('the end of a lease', () => {
  it('takes the ENI back, and any further one is success, too', async () => {
    const machine = await node();
    const before = machine.show();
    await endOn(machine);
    await leaseOn(machine);
    await endOn(machine);
    await endOn(machine);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('touches nothing of another', async () => {
    const machine = await node();
    await leaseOn(machine);
    const before = machine.show();
    for (const other of [{ network: 'other' }, { containerID: 'c9' }, { ifname: 'eth9' }])
      await endLease(machine.parts(), { ...ENDPOINT, ...other });
    expect(machine.show()).toBe(before);
  });

  it('brings home what enim itself has attached, before another main plugin came in its place', async () => {
    const machine = await node();
    const before = machine.show();
    await addTo(machine, ENDPOINT);
    await endOn(machine);
    await endOn(machine);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('makes the NIC what it was that the kernel has sent home, for the netns is gone', async () => {
    const machine = nodeWith(2);
    const before = machine.show();
    const { inode } = machine.addPod('web-0');
    await leaseOn(machine);
    moveByAnother(machine, inode);
    machine.killPod({ inode });
    await endOn(machine);
    await endOn(machine);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('makes the NIC what it was that the other plugin has only moved home', async () => {
    const machine = await node();
    const before = machine.show();
    await leaseOn(machine);
    moveByAnother(machine);
    machine.kernel.in(1).push(...machine.kernel.in(101).splice(1));
    await endOn(machine);
    expect(machine.show()).toBe(before);
  });

  it('finishes what a del or gc that was killed has begun', async () => {
    const clean = nodeWith(2).show();
    const make = async (): Promise<Machine> => {
      const machine = nodeWith(2);
      const { inode } = machine.addPod('web-0');
      await leaseOn(machine);
      moveByAnother(machine, inode);
      machine.killPod({ inode });
      return machine;
    };
    const { calls } = await countSteps(make, (machine) => delOf(machine, { network: 'pods' }));
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await make();
        await dieAtCall(machine, index, when, () => delOf(machine, { network: 'pods' }));
        await endOn(machine);
        expect([when, call, machine.show()]).toEqual([when, call, clean]);
      }
    }
  });

  it('gives nobody the ENI while the other plugin has not moved its NIC home', async () => {
    const machine = await node(1);
    machine.addPod('db-0');
    await leaseOn(machine);
    moveByAnother(machine);
    await endOn(machine);
    const next = { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' };
    expect((await enimErrorOf(() => addTo(machine, next))).code).toBe('NO_FREE_ENI');
    machine.kernel.in(1).push(...machine.kernel.in(101).splice(1));
    Object.assign(machine.kernel.in(1).at(-1) ?? {}, { up: false });
    expect((await addTo(machine, next)).attachment.eni.id).toBe('eni-1');
  });

  it('that was killed at any step is finished by repeating it', async () => {
    const clean = await node();
    const make = async (): Promise<Machine> => {
      const machine = await node();
      await leaseOn(machine);
      return machine;
    };
    const { calls } = await countSteps(make, endOn);
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await make();
        await dieAtCall(machine, index, when, endOn);
        await endOn(machine);
        expect([when, call, machine.show()]).toEqual([when, call, clean.show()]);
      }
    }
  });
});

describe('a lease whose pod has gone without a word', () => {
  it('is brought home by gc, and made what it was', async () => {
    const machine = nodeWith(2);
    const clean = machine.show();
    const { inode } = machine.addPod('web-0');
    await leaseOn(machine);
    moveByAnother(machine, inode);
    machine.killPod({ inode });
    expect((await gcOf(machine))[0]).toMatch(/^eni-1 reclaim: netns .* is gone; NIC is home as eth0.*\(done\)$/);
    expect(machine.show()).toBe(clean);
  });

  it('is brought home by a del', async () => {
    const machine = await node();
    const before = machine.show();
    await leaseOn(machine);
    moveByAnother(machine);
    expect(await delOf(machine, { network: 'pods' })).toHaveLength(1);
    expect(machine.show()).toBe(before);
  });
});
