import { describe, expect, it } from '@jest/globals';
import { adopt } from '../../src/manager/adopt.js';
import { allocateByHand, releaseByHand } from '../../src/manager/byhand.js';
import { list } from '../../src/manager/list.js';
import { quarantine, restore } from '../../src/manager/quarantine.js';
import { keyOf } from '../../src/model/attachment.js';
import { parseLabel } from '../../src/model/label.js';
import { macOf } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** The settings call the same NICs otherwise from now on. */
function renumber({ inventory }: Machine): void {
  inventory.splice(0, inventory.length, ...inventory.map((eni) => ({ ...eni, id: eni.id.replace('eni', 'nic') })));
}

const addNext = (machine: Machine) => addTo(machine, { owner: 'default/db-0', containerID: 'c9', netns: 'db-0' });

/** One ENI, and a pod whose del died once the NIC was home. */
async function halfReturned(): Promise<Machine> {
  const machine = nodeWith(1);
  for (const name of ['web-0', 'db-0']) machine.addPod(name);
  await addTo(machine);
  machine.interference = {
    before: (call) => {
      if (call === 'store.forget') throw new Error('dead');
    },
  };
  await expect(delOf(machine)).rejects.toThrow('dead');
  machine.interference = {};
  expect([...machine.attachments.values()].map(({ phase }) => phase)).toEqual(['releasing']);
  expect(machine.kernel.in(1).map(({ name }) => name)).toContain('ens1');
  return machine;
}

describe('an ENI that gets another ID', () => {
  it('stays in quarantine, until a human restores it by the ID that it has now', async () => {
    const machine = nodeWith(1);
    machine.addPod('db-0');
    await quarantine(machine.parts(), 'eni-1', { reason: 'drops packets', duration: null });
    renumber(machine);
    expect((await enimErrorOf(() => addNext(machine))).message).toContain('1 quarantined');
    expect((await list(machine.parts()))[0]).toMatchObject({
      state: 'quarantined',
      note: 'ENI nic-1 is in quarantine: drops packets; until enim provider restore nic-1.',
    });
    expect(await restore(machine.parts(), 'nic-1')).toBe(true);
    expect(await restore(machine.parts(), 'nic-1')).toBe(false);
    expect((await addNext(machine)).attachment.eni.id).toBe('nic-1');
  });

  it('can be restored by its former ID as well', async () => {
    const machine = nodeWith(1);
    await quarantine(machine.parts(), 'eni-1', { reason: 'drops packets', duration: null });
    renumber(machine);
    expect(await restore(machine.parts(), 'eni-1')).toBe(true);
    expect((await list(machine.parts()))[0]?.state).toBe('free');
  });

  it.each(['gc', 'adopt'])('has the ID that it has now on its NIC where %s records it again', async (by) => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.attachments.clear();
    machine.allocations = {};
    renumber(machine);
    const nic = machine.kernel.in(inode).find(({ name }) => name === 'eth0');
    expect(parseLabel(nic?.alias ?? null)?.eni).toBe('eni-1');
    // Called as the NIC is meant by its index.
    machine.kernel.addDevice({ name: `if${nic?.ifindex}`, mac: macOf(50), kind: 'veth' }, inode);

    if (by === 'gc') await gcOf(machine);
    else await adopt(machine.parts(), { write: true });
    expect([...machine.attachments.values()].map(({ eni }) => eni.id)).toEqual(['nic-1']);
    expect(parseLabel(nic?.alias ?? null)).toMatchObject({
      eni: 'nic-1',
      home: 'ens1',
      endpoint: { owner: 'default/web-0' },
    });
    expect(machine.kernel.in(inode).filter(({ alias }) => parseLabel(alias ?? null) !== undefined)).toEqual([nic]);
  });

  it('is recorded again the next time where that could not be written', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    machine.attachments.clear();
    machine.allocations = {};
    renumber(machine);
    machine.interference = {
      before: (call) => {
        if (call === 'store.put') throw new Error('dead');
      },
    };
    await gcOf(machine).catch(() => undefined);
    expect(machine.attachments.size).toBe(0);
    machine.interference = {};
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^nic-1 repair: .*record it again \(done\)$/)]);
  });

  it('is not given out again before it was given back, and then is', async () => {
    const machine = await halfReturned();
    renumber(machine);
    expect(await enimErrorOf(() => addNext(machine))).toMatchObject({ code: 'NO_FREE_ENI' });
    await delOf(machine);
    expect((await addNext(machine)).attachment.eni.id).toBe('nic-1');
  });

  it('is not given out again after a reboot before gc has seen it', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    machine.reboot();
    machine.addPod('db-0');
    renumber(machine);
    // As it is where the settings name another provider: its books know nothing of who had it.
    machine.allocations = {};
    expect(await enimErrorOf(() => addNext(machine))).toMatchObject({ code: 'NO_FREE_ENI' });
    expect(await gcOf(machine)).toEqual([
      expect.stringMatching(/^eni-1 reclaim: made before the last boot.*\(done\)$/),
    ]);
    expect((await addNext(machine)).attachment.eni.id).toBe('nic-1');
  });

  it('stays with its next pod where a record of an earlier time has it under its former ID', async () => {
    const machine = nodeWith(1);
    for (const name of ['web-0', 'db-0']) machine.addPod(name);
    await addTo(machine);
    const attachments = [...machine.attachments];
    await delOf(machine);
    renumber(machine);
    await addNext(machine);
    // The books of another provider are not put back with the state, and a pod can take the label off.
    machine.attachments.clear();
    for (const [key, attachment] of attachments) machine.attachments.set(key, attachment);
    for (const device of machine.kernel.in(102)) device.alias = undefined;
    expect(await delOf(machine)).toEqual([]);
    expect(machine.kernel.in(102).map(({ name }) => name)).toContain('eth0');
  });

  it('is one ENI in the list, and gc keeps it, as long as its pod lives', async () => {
    for (const knowsHolder of [true, false]) {
      const machine = nodeWith(1);
      machine.addPod('web-0');
      await addTo(machine);
      renumber(machine);
      if (!knowsHolder) machine.allocations = {};
      expect((await list(machine.parts())).map(({ id, state }) => [id, state])).toEqual([['eni-1', 'used']]);
      expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 keep: /)]);
      await delOf(machine);
      expect((await list(machine.parts())).map(({ id, state }) => [id, state])).toEqual([['nic-1', 'free']]);
    }
  });

  it('stays held by hand', async () => {
    const machine = nodeWith(1);
    machine.addPod('db-0');
    await allocateByHand(machine.parts(), 'ops/reserve', null);
    renumber(machine);
    expect(await enimErrorOf(() => addNext(machine))).toMatchObject({ code: 'NO_FREE_ENI' });
    expect(await releaseByHand(machine.parts(), 'ops/reserve')).toMatchObject([{ id: 'eni-1' }]);
    await addNext(machine);
  });

  it('is not taken from the next pod by a late del of one whose record has the former ID (sriov-cni#219)', async () => {
    const machine = await halfReturned();
    const [late] = machine.attachments.values();
    await delOf(machine);
    renumber(machine);
    const { attachment } = await addNext(machine);
    if (late !== undefined) machine.attachments.set(keyOf(late), late);
    await delOf(machine);
    expect([...machine.attachments.values()]).toEqual([attachment]);
    expect(machine.kernel.in(attachment.netns.inode).map(({ name }) => name)).toContain('eth0');
  });
});
