import { describe, expect, it } from '@jest/globals';
import type { CachedAdd } from '../../src/host/cache.js';
import { add } from '../../src/manager/add.js';
import { adopt } from '../../src/manager/adopt.js';
import type { Eni } from '../../src/model/eni.js';
import { parseLabel } from '../../src/model/label.js';
import type { Device } from '../link/kernel.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, nodeWith } from './node.js';

/** One ENI in a pod, and a state of which nothing is left. */
async function amnesia(): Promise<Machine> {
  const machine = nodeWith(2);
  machine.addPod('web-0');
  await addTo(machine);
  machine.attachments.clear();
  machine.allocations = {};
  return machine;
}

const eth0 = (machine: Machine) => {
  const device = machine.kernel.in(101).find(({ name }) => name === 'eth0');
  if (device === undefined) throw new Error('no eth0');
  return device;
};

/** The ADD of it that a runtime remembers. */
const cachedAdd = (endpoint = sampleEndpoint()): CachedAdd => ({
  ...{ by: 'enim', endpoint, netns: '/run/netns/web-0', mac: macOf(1) },
});

describe('adopt', () => {
  it('concludes from the label whose the NIC is, and writes nothing', async () => {
    const machine = await amnesia();
    const before = machine.show();
    expect(await adopt(machine.parts(), { write: false })).toEqual([
      {
        ...{ eni: 'eni-1', mac: '02:e0:00:00:00:01', where: 'NIC is in /run/netns/web-0 as eth0' },
        attachment: { owner: 'default/web-0', uid: null, containerID: 'c0', ifname: 'eth0', network: 'enim' },
        evidence: ['the label of the NIC says default/web-0', expect.stringMatching(/^pid \d+ is in the netns$/)],
        ...{ done: false, error: null },
      },
    ]);
    expect(machine.show()).toBe(before);
  });

  it('records it when told to, so that a del brings it home under its name', async () => {
    const machine = await amnesia();
    expect(await adopt(machine.parts(), { write: true })).toMatchObject([{ done: true }]);
    expect(await adopt(machine.parts(), { write: true })).toEqual([]);
    const [back] = await delOf(machine);
    expect(back?.link?.name).toBe('ens1');
    expect(machine.show()).not.toMatch(/record|held/);
  });

  it('does not record it over another ENI that its container was given meanwhile', async () => {
    const machine = await amnesia();
    eth0(machine).name = 'net1';
    await addTo(machine);
    const before = machine.show();
    expect(await adopt(machine.parts(), { write: true })).toMatchObject([
      { eni: 'eni-1', done: false, error: 'default/web-0 has eni-2 by now; del that first' },
    ]);
    expect(machine.show()).toBe(before);
  });

  it('asks where nothing says whose it is, and takes an owner’s name from a human', async () => {
    const machine = await amnesia();
    eth0(machine).alias = undefined;
    expect(await adopt(machine.parts(), { write: true })).toMatchObject([{ attachment: null, done: false }]);
    expect(machine.attachments.size).toBe(0);
    const request = { write: true, eni: 'eni-1', owner: 'ops/web' };
    expect(await adopt(machine.parts(), request)).toMatchObject([{ done: true, attachment: { owner: 'ops/web' } }]);
    expect(await delOf(machine, { owner: 'ops/web', containerID: null })).toHaveLength(1);
  });

  it('records what a human says in the network of attachments by hand, so that their add, repeated, finds it', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const byHand = { ...machine.parts(), network: 'mine' };
    const request = { owner: 'ops/web', containerID: null, netns: 'web-0', ifname: 'eth0' };
    await add(byHand, request);
    machine.attachments.clear();
    machine.allocations = {};
    eth0(machine).alias = undefined;
    await adopt(byHand, { write: true, eni: 'eni-1', owner: 'ops/web' });
    expect((await add(byHand, request)).attachment).toMatchObject({ network: 'mine', eni: { id: 'eni-1' } });
  });

  it('finds a NIC that no provider knows by its label', async () => {
    const machine = await amnesia();
    machine.inventory.length = 0;
    expect(await adopt(machine.parts(), { write: true })).toMatchObject([
      { done: true, attachment: { containerID: 'c0' } },
    ]);
    expect(await delOf(machine)).toMatchObject([{ link: { name: 'ens1' } }]);
  });

  it.each([
    ['no label', undefined],
    ['a label that names could not fit into', 'enim:eni=eni-1;home=ens1'],
  ])('takes a runtime’s word for a NIC with %s', async (_, alias) => {
    const machine = await amnesia();
    eth0(machine).alias = alias;
    const endpoint = sampleEndpoint({ network: 'eninet', containerID: 'c0', uid: 'u-1' });
    const cached = [cachedAdd(endpoint)];
    expect(await adopt(machine.parts(), { write: true, cached })).toMatchObject([
      { done: true, attachment: endpoint, evidence: ['a runtime says default/web-0', expect.any(String)] },
    ]);
    expect([...machine.attachments.values()]).toMatchObject([endpoint]);
    expect(await delOf(machine)).toHaveLength(1);
  });

  it('finds by a runtime’s word a card without a label that no provider knows', async () => {
    const machine = await amnesia();
    machine.inventory.length = 0;
    eth0(machine).alias = undefined;
    const cached = [cachedAdd()];
    expect(await adopt(machine.parts(), { write: true, cached })).toMatchObject([
      { done: true, mac: macOf(1), attachment: { containerID: 'c1' } },
    ]);
  });

  it('takes a runtime’s word for what host-device had moved in, of ENIs that the provider knows alone', async () => {
    const machine = await amnesia();
    // As that plugin leaves it.
    eth0(machine).alias = 'ens1';
    const cached = [{ ...cachedAdd(), by: 'host-device' as const }];
    const [known] = machine.inventory.splice(0, 1);
    expect(await adopt(machine.parts(), { write: true, cached })).toEqual([]);
    machine.inventory.unshift(known as Eni);
    expect(await adopt(machine.parts(), { write: true, cached })).toMatchObject([
      { eni: 'eni-1', done: true, attachment: sampleEndpoint() },
    ]);
    expect(parseLabel(eth0(machine).alias ?? null)).toMatchObject({ eni: 'eni-1', home: 'ens1' });
    expect(await delOf(machine, { containerID: null })).toMatchObject([{ link: { name: 'ens1', alias: null } }]);
  });

  it('records nothing where a runtime and the label disagree, until a human decides', async () => {
    const machine = await amnesia();
    const endpoint = sampleEndpoint({ owner: 'default/db-0', containerID: 'c9' });
    const cached = [cachedAdd(endpoint)];
    const [unclear] = await adopt(machine.parts(), { write: true, cached });
    expect(unclear).toMatchObject({ attachment: null, done: false });
    expect(unclear?.evidence).toContain('they disagree');
    expect(machine.attachments.size).toBe(0);
    const request = { write: true, cached, eni: 'eni-1', owner: 'default/db-0' };
    expect(await adopt(machine.parts(), request)).toMatchObject([{ done: true, attachment: endpoint }]);
  });

  it('puts no record in the place of another’s', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    const [record] = [...machine.attachments.values()];
    const stray = machine.kernel.in(1).find(({ name }) => name === 'ens2');
    machine.kernel.in(1).splice(machine.kernel.in(1).indexOf(stray as Device), 1);
    machine.kernel.in(101).push({ ...(stray as Device), alias: eth0(machine).alias?.replace('eni-1', 'eni-2') });
    expect(await adopt(machine.parts(), { write: true })).toMatchObject([
      { eni: 'eni-2', done: false, error: 'default/web-0 has eni-1 by now; del that first' },
    ]);
    expect([...machine.attachments.values()]).toEqual([record]);
  });

  it('leaves alone what is recorded, and what is home', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    expect(await adopt(machine.parts(), { write: true })).toEqual([]);
    expect((await enimErrorOf(() => adopt(machine.parts(), { write: true, eni: 'eni-2' }))).code).toBe('NOT_THERE');
  });
});
