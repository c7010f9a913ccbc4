import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import type { Fate, Withdrawal } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import type { Machine } from './machine.js';
import { addTo, gcOf, nodeWith } from './node.js';
import { registryWith } from './registry.js';

const WEB = sampleEndpoint({ containerID: 'c0', uid: null });

/** Has the provider give endpoints up, once for each look that follows; the last for all later ones. */
function withdraw(machine: Machine, pod: Fate, ...looks: readonly (readonly Withdrawal[])[]): void {
  let look = 0;
  machine.registry = registryWith({
    withdrawals: async () => looks[Math.min(look++, looks.length - 1)] ?? [],
    fateOf: async () => pod,
  });
}

async function attached(): Promise<{ machine: Machine; clean: string; inode: number }> {
  const machine = nodeWith(1);
  const clean = machine.show();
  const { inode } = machine.addPod('web-0');
  await addTo(machine, { uid: 'pod-1' });
  return { machine, clean, inode };
}

const DELETED: Withdrawal = { endpoint: WEB, eni: 'eni-1', reason: 'its endpoint was deleted' };
const LEFT: Withdrawal = { endpoint: WEB, eni: null, reason: 'no ENI names its endpoint' };

describe('gc of what the provider gives up', () => {
  it('keeps the NIC of a pod that lives, whatever the API says of it', async () => {
    const { machine } = await attached();
    const before = machine.show();
    withdraw(machine, 'gone', [DELETED]);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 keep: .*although its endpoint was deleted/)]);
    expect(machine.show()).toBe(before);
  });

  it('takes it home from a netns in which nothing runs any more, if the pod is gone', async () => {
    const { machine, clean, inode } = await attached();
    machine.pids.delete(inode);
    withdraw(machine, 'gone', [DELETED]);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 reclaim: .*its pod is gone.*\(done\)$/)]);
    machine.killPod({ inode });
    expect(machine.show()).toBe(clean);
  });

  it('leaves it where the provider takes that back between the second look and the lock', async () => {
    const { machine, inode } = await attached();
    machine.pids.delete(inode);
    const before = machine.show();
    withdraw(machine, 'gone', [DELETED], [DELETED], []);
    expect(await gcOf(machine)).toEqual(['eni-1 skip: another enim has just done it']);
    expect(machine.show()).toBe(before);
  });

  it('asks for the pod by the UID that the record knows', async () => {
    const { machine } = await attached();
    const asked: (string | null)[] = [];
    machine.registry = registryWith({
      withdrawals: async () => [DELETED],
      fateOf: async ({ uid }) => {
        asked.push(uid);
        return 'there';
      },
    });
    await gcOf(machine);
    expect(asked).toEqual(['pod-1']);
  });

  it('frees what is held by hand, and keeps it while nobody has given it up', async () => {
    const machine = nodeWith(1);
    const clean = machine.show();
    await allocateByHand(machine.parts(), 'default/web-0', null);
    withdraw(machine, 'unknown', []);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 keep: held by hand/)]);
    const endpoint = sampleEndpoint({ network: 'by-hand', containerID: 'default.web-0', ifname: '-' });
    withdraw(machine, 'unknown', [{ ...DELETED, endpoint }]);
    expect(await gcOf(machine)).toEqual(['eni-1 reclaim: its endpoint was deleted; NIC is home as ens1 (done)']);
    expect(machine.show()).toBe(clean);
  });

  it('releases an endpoint for which no ENI is held', async () => {
    const machine = nodeWith(1);
    withdraw(machine, 'gone', [LEFT]);
    expect(await gcOf(machine)).toEqual(['null reclaim: no ENI names its endpoint (done)']);
    expect(machine.calls).toContain('provider.release');
  });

  it('releases none that is recorded, or has been given an ENI meanwhile', async () => {
    const { machine } = await attached();
    withdraw(machine, 'gone', [LEFT]);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-1 keep/)]);
    const other = nodeWith(1);
    withdraw(other, 'gone', [LEFT], [LEFT], [DELETED]);
    expect(await gcOf(other)).toEqual(['null skip: another enim has just done it']);
    expect([...machine.calls, ...other.calls]).not.toContain('provider.release');
  });

  it('releases none while a NIC in a netns is labelled for it', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    machine.allocations = {};
    machine.inventory.splice(0);
    withdraw(machine, 'gone', [LEFT]);
    expect(await gcOf(machine)).toEqual([
      expect.stringMatching(/^null skip: .*labelled for it; enim del default\/web-0/),
    ]);
    expect(machine.calls).not.toContain('provider.release');
  });
});
