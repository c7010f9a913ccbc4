import { describe, expect, it } from '@jest/globals';
import { list } from '../../src/manager/list.js';
import { where } from '../../src/manager/where/where.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** web-0 had the only ENI, and db-0 has it now; the state is that of the former time. */
async function restored(betweenThem: (machine: Machine) => void = () => {}, containerID = 'c9'): Promise<Machine> {
  const machine = nodeWith(1);
  machine.addPod('web-0');
  await addTo(machine);
  const [attachments, allocations] = [[...machine.attachments], machine.allocations];
  await delOf(machine);
  betweenThem(machine);
  machine.addPod('db-0');
  await addTo(machine, { owner: 'default/db-0', containerID, netns: 'db-0' });
  machine.attachments.clear();
  for (const [key, attachment] of attachments) machine.attachments.set(key, attachment);
  machine.allocations = allocations;
  return machine;
}

const hasNic = async (machine: Machine): Promise<boolean> => {
  const netns = await machine.parts().netns.get('/run/netns/db-0');
  return machine.kernel.in(netns.inode).some(({ name }) => name === 'eth0');
};

it('a late del by a state of an earlier time takes no NIC from its next pod, which gc then records again', async () => {
  const machine = await restored();
  expect(await delOf(machine)).toEqual([]);
  expect(await delOf(machine)).toEqual([]);
  expect(await hasNic(machine)).toBe(true);
  expect(await gcOf(machine)).toEqual([
    expect.stringMatching(/^eni-1 repair: .*labelled for default\/db-0.*\(done\)$/),
  ]);
  const request = { owner: 'default/db-0', containerID: 'c9' };
  expect(await delOf(machine, request)).toMatchObject([{ link: { name: 'ens1' } }]);
});

it('the next pod keeps its NIC also where its label had no place for its name', async () => {
  const containerID = 'c'.repeat(200);
  const machine = await restored(undefined, containerID);
  expect(await delOf(machine)).toEqual([]);
  expect(await delOf(machine)).toEqual([]);
  expect(await hasNic(machine)).toBe(true);
  expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 skip: .*nothing says whose it is$/)]);
});

it('gc records nobody for a NIC whose label had no place for another than the provider says', async () => {
  const machine = await restored(undefined, 'c'.repeat(200));
  machine.attachments.clear();
  expect(await gcOf(machine)).toEqual([
    'eni-1 skip: NIC is in /run/netns/db-0 as eth0, labelled for another, but the provider has it for default/web-0; see enim adopt eni-1',
  ]);
  expect([...machine.attachments]).toEqual([]);
});

it('gc by a state of before the last boot takes no NIC from a pod of this one', async () => {
  const machine = await restored((node) => node.reboot());
  await gcOf(machine);
  expect(await hasNic(machine)).toBe(true);
  expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 repair: /)]);
  expect([...machine.attachments.values()]).toMatchObject([{ owner: 'default/db-0', containerID: 'c9' }]);
});

it('the next pod keeps its NIC also where its netns has got the number of the former one', async () => {
  for (const containerID of ['c9', 'c0']) {
    const machine = await restored((node) => node.kernel.reuse('/run/netns/web-0'), containerID);
    expect(await delOf(machine)).toEqual([]);
    expect(await hasNic(machine)).toBe(true);
  }
});

it('gc records nobody while label and provider disagree, as after a late del of the former pod that died half way', async () => {
  const machine = await restored();
  machine.interference = {
    before: (call) => {
      if (call === 'provider.release') throw new Error('dead');
    },
  };
  await expect(delOf(machine)).rejects.toThrow('dead');
  machine.interference = {};
  expect(await gcOf(machine)).toEqual([
    'eni-1 skip: NIC is in /run/netns/db-0 as eth0, labelled for default/db-0, but the provider has it for default/web-0; see enim adopt eni-1',
  ]);
  expect(await delOf(machine)).toEqual([]);
  expect(await hasNic(machine)).toBe(true);
  expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 repair: .*labelled for default\/db-0/)]);
});

describe('a NIC that another plugin has given to a pod since, with an alias of its own', () => {
  const taken = async (): Promise<Machine> => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    const nic = machine.kernel.in(101).splice(1);
    machine.killPod({ inode: 101 });
    machine.kernel.in(machine.addPod('db-0').inode).push(...nic.map((link) => ({ ...link, alias: 'eth0' })));
    return machine;
  };

  it('stays there: del forgets the record alone, gc leaves it', async () => {
    const machine = await taken();
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 skip: .*, which is not its pod’s$/)]);
    expect(await delOf(machine)).toEqual([]);
    expect(await hasNic(machine)).toBe(true);
    expect([...machine.attachments]).toEqual([]);
  });

  it('is said to be another’s by list, where gc would leave it', async () => {
    const machine = await taken();
    expect(await list(machine.parts())).toMatchObject([
      { state: 'orphan', note: 'NIC is in /run/netns/db-0 as eth0, which is not its pod’s' },
    ]);
    await delOf(machine);
    const [next] = await where(machine.parts(), 'eni-1');
    expect(next?.next).toBe('enim adopt eni-1');
  });
});
