import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import { gc } from '../../src/manager/gc/gc.js';
import { EnimError } from '../../src/model/errors.js';
import { HOME } from '../link/kernel.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
import { countSteps, dieAtCall, dieAtCommand } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** A node whose pod has an ENI; what it looked like before, without the pod. */
async function attached(count = 2): Promise<{ machine: Machine; clean: string; inode: number }> {
  const machine = nodeWith(count);
  const clean = machine.show();
  const { inode } = machine.addPod('web-0');
  await addTo(machine);
  return { machine, clean, inode };
}

/** The same after the pod has died. */
async function dead(): Promise<{ machine: Machine; clean: string }> {
  const { machine, clean, inode } = await attached();
  machine.killPod({ inode });
  return { machine, clean };
}

const NETNS = '/run/netns/web-0';

describe('gc', () => {
  it('keeps what is alive, without waiting', async () => {
    const { machine } = await attached();
    const before = machine.show();
    machine.onSleep = () => {
      throw new Error('waited');
    };
    expect(await gcOf(machine)).toEqual([`eni-1 keep: netns ${NETNS} alive (pid 4000); NIC is in it as eth0`]);
    expect(machine.show()).toBe(before);
  });

  it('says what it could not put back: a name that another device has by now', async () => {
    const { machine, inode } = await attached();
    machine.killPod({ inode });
    machine.kernel.addDevice({ name: 'ens1', mac: '02:00:00:00:00:77', ifindex: 77 });

    const [collected] = await gc(machine.parts(), { dryRun: false, grace: 0 });

    expect(collected).toMatchObject({
      done: true,
      error: null,
      remaining: [{ what: 'name', from: 'eth0', to: 'ens1' }],
    });
  });

  it('says nothing of free ENIs', async () => {
    expect(await gcOf(nodeWith(2))).toEqual([]);
  });

  it('brings home what a pod that died has left, and says what it puts back (containerd/containerd#5438)', async () => {
    const { machine, clean } = await dead();
    expect(await gcOf(machine)).toEqual([
      `eni-1 reclaim: netns ${NETNS} is gone; NIC is home as eth0; name eth0 → ens1; MTU 1400 → 1501 (done)`,
    ]);
    expect(machine.show()).toBe(clean);
    expect(machine.locks.names).toEqual([]);
    expect(await gcOf(machine)).toEqual([]);
  });

  it('changes nothing in a dry run, and gives the same verdict', async () => {
    const { machine } = await dead();
    const before = machine.show();
    const wet = (await gcOf((await dead()).machine)).map((line) => line.replace(' (done)', ''));
    expect(await gcOf(machine, { dryRun: true })).toEqual(wet);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('looks twice, a grace period apart', async () => {
    const { machine } = await dead();
    const sleeps: number[] = [];
    machine.onSleep = (milliseconds) => void sleeps.push(milliseconds);
    await gcOf(machine, { grace: 7_000 });
    expect(sleeps).toEqual([7_000]);
  });

  it('leaves alone what has changed between the two looks', async () => {
    const { machine, inode } = await attached();
    const path = machine.kernel.paths.get(NETNS) as number;
    machine.kernel.paths.delete(NETNS);
    machine.pids.delete(inode);
    machine.onSleep = () => void machine.kernel.paths.set(NETNS, path);
    const before = machine.kernel.show();
    expect(await gcOf(machine)).toEqual([`eni-1 keep: netns ${NETNS} alive (no process); NIC is in it as eth0`]);
    expect(machine.kernel.show()).toBe(before);
  });

  it('leaves alone what looks dead only at the second look', async () => {
    const { machine } = await dead();
    machine.addPod('db-0');
    await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    const db = machine.kernel.paths.get('/run/netns/db-0') as number;
    machine.onSleep = () => machine.killPod({ inode: db });
    const [first, second] = await gcOf(machine);
    expect(first).toMatch(/^eni-1 reclaim: .* \(done\)$/);
    expect(second).toMatch(
      /^eni-2 skip: changed within the grace period, to be seen again: netns \/run\/netns\/db-0 is gone/,
    );
    expect(machine.show()).toContain('record eni-2 attached');
  });

  it('leaves alone what another enim is working on (kubernetes-sigs/dranet#232)', async () => {
    const { machine } = await dead();
    const before = machine.show();
    const lock = await machine.locks.acquire('attachment enim/c0/eth0');
    expect(await gcOf(machine)).toEqual(['eni-1 skip: another enim is working on it']);
    expect(machine.show()).toBe(before);
    lock.release();
  });

  it('does the work once when two run at once', async () => {
    const { machine, clean } = await dead();
    const lines = (await Promise.all([gcOf(machine), gcOf(machine)])).flat();
    expect(lines.filter((line) => line.endsWith('(done)'))).toHaveLength(1);
    expect(machine.show()).toBe(clean);
  });

  it('reclaims after a reboot (containernetworking/plugins#1196)', async () => {
    const { machine, clean } = await attached();
    machine.reboot();
    expect(await gcOf(machine)).toEqual([
      expect.stringMatching(/^eni-1 reclaim: made before the last boot; NIC is home as eth0.*\(done\)$/),
    ]);
    expect(machine.show()).toBe(clean);
  });

  it('reclaims after a reboot what is elsewhere on the bus by then, whatever is in its place', async () => {
    const { machine } = await attached();
    machine.reboot();
    const card = machine.kernel.in(HOME).find(({ mac }) => mac === macOf(1));
    Object.assign(card ?? {}, { bus: '0000:00:19.0' });
    expect(await gcOf(machine)).toEqual([
      expect.stringMatching(
        /^eni-1 reclaim: made before the last boot; NIC is home as eth0; name eth0 → ens1.*\(done\)$/,
      ),
    ]);
    expect(card?.name).toBe('ens1');
  });

  it('lets go after a reboot of what is not on the node any more', async () => {
    const { machine } = await attached();
    machine.reboot();
    const home = machine.kernel.in(HOME);
    home.splice(
      home.findIndex(({ mac }) => mac === macOf(1)),
      1,
    );
    expect(await gcOf(machine)).toEqual([
      'eni-1 reclaim: made before the last boot; NIC is nowhere on this node (done)',
    ]);
  });

  it('keeps the NIC of a netns that has lost its path but not its process', async () => {
    const { machine } = await attached();
    machine.kernel.paths.set('/proc/4000/ns/net', machine.kernel.paths.get(NETNS) as number);
    machine.kernel.paths.delete(NETNS);
    const before = machine.show();
    expect(await gcOf(machine)).toEqual([
      `eni-1 keep: netns ${NETNS} is gone, but pid 4000 runs in it; NIC is in /proc/4000/ns/net as eth0`,
    ]);
    expect(machine.show()).toBe(before);
  });

  it('goes on with the others where one cannot be done, and says why', async () => {
    const { machine } = await attached();
    machine.addPod('db-0');
    await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    machine.reboot();
    machine.interference.before = (call, index) => {
      if (call === 'links.restore' && !machine.calls.slice(0, index).includes('links.restore'))
        throw new EnimError('LINK_FAILED', 'No.');
    };
    const lines = await gcOf(machine);
    expect(lines[0]).toMatch(/^eni-1 reclaim: .* \(failed: No\.\)$/);
    expect(lines[1]).toMatch(/^eni-2 reclaim: .* \(done\)$/);
    expect(machine.show()).toContain('record eni-1 releasing');
    expect(machine.locks.names).toEqual([]);
  });

  it('ends between two steps when it is told to', async () => {
    const { machine } = await dead();
    const before = machine.show();
    const controller = new AbortController();
    machine.onSleep = () => controller.abort();
    expect(await gc(machine.parts(), { dryRun: false, grace: 1 }, controller.signal)).toEqual([]);
    expect(machine.show()).toBe(before);
  });
});

describe('gc without a record', () => {
  it('gives back what was allocated by an add that died before it recorded anything', async () => {
    const machine = nodeWith(1);
    const clean = machine.show();
    await machine.parts().provider.allocate(sampleEndpoint({ owner: 'default/web-0' }), ['eni-1']);
    expect(await gcOf(machine)).toEqual([
      'eni-1 reclaim: allocated to default/web-0, which has no record; NIC is home as ens1 (done)',
    ]);
    expect(machine.show()).toBe(clean);
  });

  it('does not record it over another ENI that its container was given meanwhile, but once that is home', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    machine.allocations = {};
    Object.assign(machine.kernel.in(101).find(({ name }) => name === 'eth0') ?? {}, { name: 'net1' });
    await addTo(machine);
    const before = machine.show();
    expect(await gcOf(machine)).toContain(
      `eni-1 skip: NIC is in ${NETNS} as net1, and default/web-0, whose it was, has eni-2; del that first`,
    );
    expect(machine.show()).toBe(before);
    await delOf(machine);
    await gcOf(machine);
    await delOf(machine);
    expect(machine.show()).not.toMatch(/record|held|label/);
  });

  it('does not take the record of another ENI with a NIC at home that still carries the label', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    machine.allocations = {};
    const card = machine.kernel.in(101).splice(1, 1);
    await addTo(machine, { eni: 'eni-2' });
    machine.kernel.in(1).push(...card);
    const before = machine.show();
    expect(await gcOf(machine)).toContain(
      'eni-1 skip: NIC is home as eth0, and default/web-0, whose it was, has eni-2; del that first',
    );
    expect(machine.show()).toBe(before);
  });

  it('records again a NIC that is in a living pod and carries its label', async () => {
    const { machine } = await attached();
    const before = machine.show();
    machine.attachments.clear();
    machine.allocations = {};
    expect(await gcOf(machine)).toEqual([
      `eni-1 repair: no record, but NIC is in ${NETNS} as eth0, labelled for default/web-0: record it again (done)`,
    ]);
    expect(machine.show()).toBe(before);
    await delOf(machine);
    expect(
      machine.kernel
        .in(1)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ens0', 'ens1', 'ens2', 'lo']);
    expect(machine.show()).not.toMatch(/record|held/);
  });

  it.each(['in the pod', 'at home'])(
    'gives no record away for a label that a pod has forged: NIC %s',
    async (where) => {
      const { machine, inode } = await attached(2);
      const other = machine.addPod('web-1');
      await addTo(machine, { owner: 'default/web-1', containerID: 'c-1', netns: other.path });
      const [first, second] = [inode, other.inode].map((each) =>
        machine.kernel.in(each).find(({ name }) => name === 'eth0'),
      );
      // Of the second the record is lost, and it says that it is the first.
      for (const [key, { eni }] of machine.attachments) if (eni.id === 'eni-2') machine.attachments.delete(key);
      machine.allocations = Object.fromEntries(Object.entries(machine.allocations).filter(([eni]) => eni === 'eni-1'));
      if (second !== undefined) second.alias = first?.alias;
      if (where === 'at home') machine.killPod(other);
      const records = structuredClone([...machine.attachments]);

      const [, verdict] = await gcOf(machine);

      expect(verdict).toMatch(/^eni-2 skip: NIC is .*, and default\/web-0, whose it was, has eni-1; del that first$/);
      expect([...machine.attachments]).toEqual(records);
    },
  );

  it('only says so in a dry run', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    const before = machine.show();
    expect((await gcOf(machine, { dryRun: true }))[0]).toMatch(/^eni-1 repair: /);
    expect(machine.show()).toBe(before);
  });

  it('makes a NIC at home what it was by its label alone', async () => {
    const { machine } = await dead();
    machine.attachments.clear();
    machine.allocations = {};
    expect((await gcOf(machine))[0]).toMatch(
      /^eni-1 reclaim: NIC still carries the label of default\/web-0; NIC is home as eth0.* \(done\)$/,
    );
    expect(machine.kernel.in(1).find(({ name }) => name === 'ens1')?.alias).toBeUndefined();
  });

  it('does not touch a NIC that somebody else has moved into a netns (amazon-vpc-cni-k8s#725)', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('router');
    const home = machine.kernel.in(1);
    machine.kernel.in(inode).push(
      ...home.splice(
        home.findIndex(({ name }) => name === 'ens1'),
        1,
      ),
    );
    const before = machine.show();
    expect(await gcOf(machine)).toEqual([
      'eni-1 skip: NIC is in /run/netns/router as ens1, and nothing says whose it is',
    ]);
    expect(machine.show()).toBe(before);
  });

  it('leaves alone what is held by hand', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/mine', null);
    const before = machine.show();
    expect(await gcOf(machine)).toEqual(['eni-1 keep: held by hand for default/mine; enim provider release frees it']);
    expect(machine.show()).toBe(before);
  });
});

describe('gc of one network', () => {
  it('reclaims what is dead in it, and looks at nothing of another', async () => {
    const machine = nodeWith(3);
    for (const [number, network] of ['pods', 'other', 'pods'].entries()) {
      machine.addPod(`web-${number}`);
      const who = { owner: `default/web-${number}`, containerID: `c${number}`, netns: `web-${number}` };
      await addTo(machine, { ...who, network });
    }
    machine.killPod({ inode: machine.kernel.paths.get('/run/netns/web-0') as number });
    machine.killPod({ inode: machine.kernel.paths.get('/run/netns/web-1') as number });
    const collected = await gc(machine.parts(), { dryRun: false, grace: 1, network: 'pods' });
    expect(collected.map(({ eni, action, done }) => [eni, action, done])).toEqual([
      ['eni-1', 'reclaim', true],
      ['eni-3', 'keep', false],
    ]);
    expect(machine.show()).toContain('record eni-2 attached default/web-1');
  });

  it('leaves alone what another network’s add has left without a record, and what nobody is known to hold', async () => {
    const { machine } = await dead();
    machine.attachments.clear();
    const before = machine.show();
    expect(await gc(machine.parts(), { dryRun: false, grace: 1, network: 'pods' })).toEqual([]);
    expect(machine.show()).toBe(before);
    machine.allocations = {};
    expect(await gc(machine.parts(), { dryRun: false, grace: 1, network: 'pods' })).toEqual([]);
    expect((await gc(machine.parts(), { dryRun: false, grace: 1, network: 'enim' }))[0]).toMatchObject({ done: true });
  });

  it('leaves alone what is held by hand', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/mine', null);
    expect(await gc(machine.parts(), { dryRun: false, grace: 1, network: 'pods' })).toEqual([]);
  });
});

describe('gc of an ENI whose NIC another plugin moves', () => {
  /** A pod with a lease; the other plugin has not moved the NIC yet. */
  async function leased(): Promise<{ machine: Machine; inode: number }> {
    const { machine, inode } = await attached();
    machine.kernel.in(1).push(...machine.kernel.in(inode).splice(1));
    const [record] = machine.attachments.values();
    if (record !== undefined) await machine.parts().store.put({ ...record, role: 'ipam' });
    return { machine, inode };
  }

  it('keeps it while the pod lives, wherever the NIC is', async () => {
    const { machine, inode } = await leased();
    const before = machine.show();
    const alive = `eni-1 keep: netns ${NETNS} alive (pid 4000); another plugin moves the NIC: `;
    expect(await gcOf(machine)).toEqual([`${alive}NIC is home as eth0`]);
    expect(machine.show()).toBe(before);
    const card = machine.kernel.in(1).pop();
    if (card !== undefined) machine.kernel.in(inode).push(Object.assign(card, { name: 'net1' }));
    expect(await gcOf(machine)).toEqual([`${alive}NIC is in ${NETNS} as net1`]);
    machine.kernel.in(inode).pop();
    expect(await gcOf(machine)).toEqual([`${alive}NIC is nowhere on this node`]);
  });

  it('reclaims it when the pod is dead', async () => {
    const { machine, inode } = await leased();
    machine.killPod({ inode });
    expect((await gcOf(machine))[0]).toMatch(/^eni-1 reclaim: netns .* is gone; NIC is home as eth0.* \(done\)$/);
    expect(machine.show()).not.toMatch(/record|held/);
    expect(machine.kernel.in(1).map(({ name }) => name)).toContain('ens1');
  });

  it('reclaims it after a reboot', async () => {
    const { machine } = await leased();
    machine.reboot();
    expect((await gcOf(machine))[0]).toMatch(/^eni-1 reclaim: made before the last boot; .* \(done\)$/);
  });
});

describe('gc that is overtaken between its second look and its work', () => {
  /** Does something just before gc does something, once. */
  function beforeCall(machine: Machine, awaited: string, work: () => Promise<unknown>): void {
    machine.interference.before = async (call) => {
      if (call !== awaited) return;
      machine.interference = {};
      await work();
    };
  }

  const beforeItsLock = (machine: Machine, work: () => Promise<unknown>): void =>
    beforeCall(machine, 'locks.tryAcquire', work);

  it('does not take away the NIC of an add that has just been finished', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const { calls } = await countSteps(async () => {
      const other = nodeWith(1);
      other.addPod('web-0');
      return other;
    }, addTo);
    await dieAtCall(machine, calls.indexOf('links.moveIn'), 'before', addTo);
    expect(machine.show()).toContain('record eni-1 attaching');
    beforeItsLock(machine, async () => {
      // As an add does that was only slow: the same record goes on.
      const [record] = machine.attachments.values();
      const parts = machine.parts();
      const home = await parts.links.lookHome();
      const link = home.links.find(({ name }) => name === 'ens1');
      const lock = await machine.locks.acquire('eni eni-1');
      if (record === undefined || link === undefined) throw new Error('nothing to go on with');
      const work = parts.links.under(lock);
      await work.moveIn(link, record.netns, record, new Set());
      await work.configure(record.netns, 'eth0', record.setup);
      await parts.store.put({ ...record, phase: 'attached' });
      lock.release();
    });
    expect((await gcOf(machine))[0]).not.toContain('(done)');
    expect(machine.show()).toContain('record eni-1 attached');
    expect(machine.kernel.in(101).map(({ name }) => name)).toContain('eth0');
  });

  it('does not take away the NIC of the same container’s next attachment', async () => {
    const { machine } = await dead();
    beforeItsLock(machine, async () => {
      await delOf(machine);
      machine.addPod('web-0');
      await addTo(machine, { eni: 'eni-1' });
    });
    expect((await gcOf(machine))[0]).not.toContain('(done)');
    expect(machine.show()).toContain('record eni-1 attached default/web-0 c0');
  });

  it('does not take away the NIC of the next pod that has got the ENI', async () => {
    const machine = nodeWith(1);
    machine.addPod('db-0');
    await machine.parts().provider.allocate(sampleEndpoint({ containerID: 'c9', owner: 'default/gone' }), ['eni-1']);
    beforeItsLock(machine, async () => {
      await delOf(machine, { owner: 'default/gone', containerID: 'c9' });
      await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    });
    expect((await gcOf(machine))[0]).not.toContain('(done)');
    expect(machine.show()).toContain('record eni-1 attached default/db-0 c1');
    expect(machine.kernel.in(101).map(({ name }) => name)).toContain('eth0');
  });

  it('does not take away a NIC that the next pod gets while gc waits for the ENI: one with a label left on it', async () => {
    const { machine } = await dead();
    machine.attachments.clear();
    machine.allocations = {};
    machine.addPod('db-0');
    beforeCall(machine, 'locks.acquire', () =>
      addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0', eni: 'eni-1' }),
    );
    await gcOf(machine);
    expect(machine.show()).toContain('record eni-1 attached default/db-0 c1');
    expect(machine.show()).not.toContain('web-0 c0');
    expect(machine.kernel.in(102).map(({ name }) => name)).toContain('eth0');
  });

  it('does not take away a NIC that the next pod gets while gc waits for the ENI: one that changed hands', async () => {
    const machine = nodeWith(1);
    machine.addPod('db-0');
    const next = sampleEndpoint({ containerID: 'c1', owner: 'default/db-0' });
    await machine.parts().provider.allocate(sampleEndpoint({ containerID: 'c9', owner: 'default/gone' }), ['eni-1']);
    beforeCall(machine, 'locks.tryAcquire', async () => {
      await delOf(machine, { owner: 'default/gone', containerID: 'c9' });
      await machine.parts().provider.allocate(next, ['eni-1']);
      beforeCall(machine, 'locks.acquire', () =>
        addTo(machine, { owner: next.owner, containerID: 'c1', netns: 'db-0' }),
      );
    });
    await gcOf(machine);
    machine.interference = {};
    await addTo(machine, { owner: next.owner, containerID: 'c1', netns: 'db-0' });
    expect(machine.show()).toContain('record eni-1 attached default/db-0 c1');
    expect(machine.show()).not.toContain('default/gone');
    expect(machine.calls).not.toContain('links.moveHome');
  });

  it('does not record a NIC again that has been given to another', async () => {
    const { machine } = await attached(1);
    machine.addPod('db-0');
    machine.attachments.clear();
    beforeItsLock(machine, async () => {
      await delOf(machine);
      await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    });
    expect((await gcOf(machine))[0]).not.toContain('(done)');
    expect([...machine.attachments.values()].map(({ owner }) => owner)).toEqual(['default/db-0']);
  });

  it('does not record a NIC again that went home meanwhile', async () => {
    const { machine } = await attached(1);
    machine.attachments.clear();
    beforeItsLock(machine, () => delOf(machine));
    await gcOf(machine);
    expect(machine.show()).not.toMatch(/record|held/);
  });
});

describe('a gc that was killed at any step', () => {
  it('is finished by the next', async () => {
    const make = async (): Promise<Machine> => (await dead()).machine;
    const { calls, commands } = await countSteps(make, gcOf);
    const { clean } = await dead();
    for (const [index, call] of calls.entries()) {
      for (const when of ['before', 'after'] as const) {
        const machine = await make();
        await dieAtCall(machine, index, when, async (each) => {
          const lines = await gcOf(each);
          if (lines.some((line) => line.includes('failed: dead'))) throw new Error('dead');
          if (index === calls.length - 1) throw new Error('dead at the end');
        });
        await gcOf(machine);
        expect([when, call, machine.show()]).toEqual([when, call, clean]);
      }
    }
    for (const [index, command] of commands.entries()) {
      const machine = await make();
      await dieAtCommand(machine, index, async (each) => {
        const lines = await gcOf(each);
        if (lines.some((line) => line.includes('failed: dead'))) throw new Error('dead');
      });
      await gcOf(machine);
      expect([command, machine.show()]).toEqual([command, clean]);
    }
  });
});
