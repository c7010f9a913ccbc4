import { describe, expect, it } from '@jest/globals';
import { list } from '../../src/manager/list.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, nodeWith } from './node.js';

const FAULT = 'ENI eni-1: its NIC ens1 is up, but has no carrier.';

/** A node whose first ENI is up at home, and the second down; neither has anything at its other end. */
function unplugged(count = 2): Machine {
  const machine = nodeWith(count);
  machine.addPod('web-0');
  for (const device of machine.kernel.in(1)) device.carrier = !/^ens[12]$/.test(device.name);
  return machine;
}

const states = async (machine: Machine) => (await list(machine.parts())).map(({ state, note }) => [state, note]);

describe('an ENI whose NIC has no carrier', () => {
  it('is given to nobody if it is up, and shown with the reason; down it says nothing', async () => {
    const machine = unplugged();
    expect(await states(machine)).toEqual([
      ['quarantined', FAULT],
      ['free', null],
    ]);
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-2');
  });

  it('is refused where it is asked for, unless that is forced', async () => {
    const machine = unplugged();
    const before = machine.show();
    const error = await enimErrorOf(() => addTo(machine, { eni: 'eni-1' }));
    expect([error.code, error.message, machine.show()]).toEqual(['UNSAFE', FAULT, before]);
    expect((await addTo(machine, { eni: 'eni-1', force: true })).attachment.eni.id).toBe('eni-1');
  });

  it('is named where none is left', async () => {
    const machine = unplugged(1);
    const error = await enimErrorOf(() => addTo(machine));
    expect([error.message, error.details]).toEqual(['No ENI is free (1 known: 1 disconnected).', [FAULT]]);
  });

  it('is given out again once it has one', async () => {
    const machine = unplugged(1);
    await enimErrorOf(() => addTo(machine));
    for (const device of machine.kernel.in(1)) device.carrier = true;
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-1');
  });

  it('is told from one that is away where an earlier add had been given it', async () => {
    const machine = unplugged();
    await machine.parts().provider.allocate(sampleEndpoint({ containerID: 'c0' }), ['eni-1']);
    const error = await enimErrorOf(() => addTo(machine));
    expect([error.code, error.message]).toEqual(['UNSAFE', FAULT]);
  });

  it('fails no add that finds it out only in the pod; the list says so, and it comes home as it was', async () => {
    const machine = unplugged();
    const before = machine.show();
    await addTo(machine);
    expect((await states(machine))[1]).toEqual(['used', 'its NIC has no carrier']);
    await delOf(machine);
    expect(machine.show()).toBe(before);
  });
});
