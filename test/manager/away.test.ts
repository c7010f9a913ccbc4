import { describe, expect, it } from '@jest/globals';
import { EnimError } from '../../src/model/errors.js';
import { formatLabel } from '../../src/model/label.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

const AWAY = new EnimError('API_UNREACHABLE', 'The API server is away.', { hint: 'wait' });

/** A node whose pod has an ENI, or two, and whose provider cannot be asked for anything. */
async function cutOff(ifnames: readonly string[] = ['eth0']): Promise<{ machine: Machine; before: string }> {
  const machine = nodeWith(2);
  machine.addPod('web-0');
  const before = machine.show();
  for (const ifname of ifnames) await addTo(machine, { ifname });
  machine.interference.before = (call) => {
    if (call.startsWith('provider.')) throw AWAY;
  };
  return { machine, before };
}

const namesAtHome = (machine: Machine): string[] => machine.kernel.in(1).map(({ name }) => name);

describe('a del whose provider cannot be asked', () => {
  it.each([
    ['of a container', {}],
    ['of an owner', { containerID: null }],
    ['of a runtime', { network: 'enim', ifname: 'eth0', owner: null }],
  ])('%s brings the NIC home, and says that the ENI is not free yet; gc frees it later', async (_, request) => {
    const { machine, before } = await cutOff();
    const error = await enimErrorOf(() => delOf(machine, request));
    expect([error.code, error.message]).toEqual(['API_UNREACHABLE', AWAY.message]);
    expect(error.details.join()).toContain('The NIC of ENI eni-1 is home');
    expect(namesAtHome(machine)).toContain('ens1');
    expect(machine.attachments.size).toBe(0);
    // Nobody else gets it meanwhile.
    machine.interference = {};
    machine.addPod('web-1');
    await addTo(machine, { owner: 'default/web-1', containerID: 'c1', netns: 'web-1' });
    expect(machine.show()).toContain('record eni-2 attached default/web-1 c1');
    await delOf(machine, { owner: 'default/web-1', containerID: 'c1' });
    machine.killPod({ inode: 102 });

    expect(await gcOf(machine)).toEqual([
      'eni-1 reclaim: allocated to default/web-0, which has no record; NIC is home as ens1 (done)',
    ]);
    expect(machine.show()).toBe(before);
  });

  it('brings all NICs of the container home', async () => {
    const { machine } = await cutOff(['eth0', 'eth1']);
    const error = await enimErrorOf(() => delOf(machine));
    for (const id of ['eni-1', 'eni-2']) expect(error.details.join()).toContain(`The NIC of ENI ${id} is home`);
    expect(namesAtHome(machine)).toEqual(expect.arrayContaining(['ens1', 'ens2']));
  });

  it('takes no NIC out of another netns than that of the record, nor one with another’s label', async () => {
    const elsewhere = await cutOff();
    const { machine } = elsewhere;
    const other = machine.addPod('other');
    machine.kernel.in(other.inode).push(...machine.kernel.in(101).splice(1));
    const card = machine.kernel.in(other.inode).find(({ permanentMac }) => permanentMac === macOf(1));
    const refused = await enimErrorOf(() => delOf(machine));
    expect([refused.code, refused.details]).toEqual(['API_UNREACHABLE', []]);
    expect(machine.kernel.in(other.inode)).toContain(card);
    expect(machine.attachments.size).toBe(1);

    const { machine: relabelled } = await cutOff();
    const theirs = relabelled.kernel.in(101).find(({ permanentMac }) => permanentMac === macOf(1));
    const alias = formatLabel('eni-1', 'ens1', sampleEndpoint({ owner: 'default/other', containerID: 'c9' }));
    Object.assign(theirs ?? {}, { alias });
    await enimErrorOf(() => delOf(relabelled));
    expect(relabelled.kernel.in(101)).toContain(theirs);
  });
});
