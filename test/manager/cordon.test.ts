import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import { cordon, uncordon } from '../../src/manager/cordon.js';
import { lease } from '../../src/manager/lease.js';
import { readiness } from '../../src/manager/status.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

function node(): Machine {
  const machine = nodeWith(3);
  for (const name of ['web-0', 'web-1']) machine.addPod(name);
  return machine;
}

const WEB_1 = { owner: 'default/web-1', containerID: 'c1', netns: 'web-1' };
const ENDPOINT = sampleEndpoint({ network: 'pods', containerID: 'c0' });
const ANY = { eni: null, device: null, ips: [], force: false };

describe('a cordoned node', () => {
  it('refuses an add by the reason, since when and what ends it, and changes nothing', async () => {
    const machine = node();
    const { since } = await cordon(machine.parts(), 'kernel upgrade');
    const before = machine.show();
    const { code, exitCode, message, hint } = await enimErrorOf(() => addTo(machine));
    expect({ code, exitCode, message, hint }).toEqual({
      ...{ code: 'CORDONED', exitCode: 3, hint: 'enim uncordon' },
      message: `The node has been cordoned since ${since} (kernel upgrade): it gives out no ENI.`,
    });
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('refuses a lease, and an allocation by hand', async () => {
    const machine = node();
    await cordon(machine.parts(), null);
    const refused = [
      () => lease(machine.parts(), ENDPOINT, '/run/netns/web-0', ANY),
      () => allocateByHand(machine.parts(), 'ops/reserve', null),
    ];
    for (const call of refused) expect((await enimErrorOf(call)).code).toBe('CORDONED');
  });

  it('answers a repeated add of an attachment that stands, a repeated lease and a repeated allocation by hand', async () => {
    const machine = node();
    const calls = [
      () => addTo(machine),
      () => lease(machine.parts(), ENDPOINT, '/run/netns/web-1', ANY),
      () => allocateByHand(machine.parts(), 'ops/reserve', null),
    ];
    const first = [];
    for (const call of calls) first.push(await call());
    await cordon(machine.parts(), null);
    const again = [];
    for (const call of calls) again.push(await call());
    expect(again).toEqual(first);
  });

  it('brings home the NIC of an add that was interrupted before its NIC left, instead of finishing it', async () => {
    const machine = node();
    machine.interference = {
      after: (call) => {
        if (call === 'store.put') throw new Error('killed');
      },
      before: (call) => {
        if (call === 'store.forget') throw new Error('killed');
      },
    };
    await expect(addTo(machine)).rejects.toThrow('killed');
    machine.interference = {};
    expect([...machine.attachments.values()]).toMatchObject([{ phase: 'attaching' }]);
    await cordon(machine.parts(), null);
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('CORDONED');
    expect([...machine.attachments.values()]).toEqual([]);
    expect((await gcOf(machine)).join()).not.toContain('failed');
  });

  it('goes on with del and gc', async () => {
    const machine = node();
    const dead = machine.addPod('dead');
    await addTo(machine);
    await addTo(machine, { ...WEB_1, netns: 'dead' });
    await cordon(machine.parts(), null);
    machine.killPod(dead);
    expect(await delOf(machine)).toHaveLength(1);
    expect(await gcOf(machine)).toEqual([expect.stringMatching(/^eni-2 reclaim: .*\(done\)$/)]);
  });

  it('is not ready, whatever is free', async () => {
    const machine = node();
    await cordon(machine.parts(), 'kernel upgrade');
    expect(await readiness(machine.parts(), 'enim')).toEqual({
      ...{ unavailable: expect.stringContaining('(kernel upgrade)'), hint: 'enim uncordon', suffering: [] },
    });
  });

  it('gives out ENIs again when it is uncordoned', async () => {
    const machine = node();
    const up = await cordon(machine.parts(), null);
    expect([await uncordon(machine.parts()), await uncordon(machine.parts())]).toEqual([up, null]);
    expect((await addTo(machine)).attachment.phase).toBe('attached');
  });
});

describe('cordon', () => {
  it('keeps since when, and the reason unless another is given', async () => {
    const machine = node();
    const first = await cordon(machine.parts(), 'kernel upgrade');
    expect(await cordon(machine.parts(), null)).toEqual(first);
    expect(await cordon(machine.parts(), 'new disk')).toEqual({ ...first, reason: 'new disk' });
    expect(machine.cordon).toEqual({ ...first, reason: 'new disk' });
  });

  it('returns only when an add has ended that had not seen it', async () => {
    const machine = node();
    const order: string[] = [];
    let cordoned: Promise<unknown> | undefined;
    machine.interference = {
      before: async (call) => {
        if (call !== 'provider.allocate' || cordoned !== undefined) return;
        cordoned = cordon(machine.parts(), null).then(() => order.push('cordoned'));
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    await addTo(machine).then(() => order.push('added'));
    await cordoned;
    expect(order).toEqual(['added', 'cordoned']);
    expect((await enimErrorOf(() => addTo(machine, WEB_1))).code).toBe('CORDONED');
  });
});
