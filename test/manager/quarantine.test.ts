import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import { list } from '../../src/manager/list.js';
import { quarantine, restore } from '../../src/manager/quarantine.js';
import { EnimError } from '../../src/model/errors.js';
import { HOME } from '../link/kernel.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, delOf, nodeWith } from './node.js';

const BY_HAND = { reason: 'drops packets', duration: null };

describe('an ENI in quarantine', () => {
  it('is given to nobody, and shown with the reason and how it ends', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await quarantine(machine.parts(), 'eni-1', BY_HAND);
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-2');
    expect((await list(machine.parts()))[0]).toMatchObject({
      state: 'quarantined',
      note: 'ENI eni-1 is in quarantine: drops packets; until enim provider restore eni-1.',
    });
    const error = await enimErrorOf(() => addTo(machine, { containerID: 'c1', ifname: 'eth1', eni: 'eni-1' }));
    expect([error.code, error.hint]).toEqual(['UNSAFE', 'if it is sound again: enim provider restore eni-1']);
    machine.addPod('web-1');
    const none = await enimErrorOf(() => addTo(machine, { netns: 'web-1', containerID: 'c1' }));
    expect(none.message).toBe('No ENI is free (2 known: 1 held, 1 quarantined).');
  });

  it('is shown as such also while somebody has it', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    await allocateByHand(machine.parts(), 'a/b', 'eni-2');
    for (const eni of ['eni-1', 'eni-2']) await quarantine(machine.parts(), eni, BY_HAND);
    expect((await list(machine.parts())).map(({ state, note }) => [state, note])).toEqual([
      ['used', 'in quarantine: drops packets'],
      ['used', 'held by hand; in quarantine: drops packets'],
    ]);
  });

  it('is given out again when a human says so', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await quarantine(machine.parts(), 'eni-1', BY_HAND);
    expect(await restore(machine.parts(), 'eni-1')).toBe(true);
    expect(await restore(machine.parts(), 'eni-1')).toBe(false);
    await addTo(machine);
  });

  it('is given out again when its time is over', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const parts = machine.parts();
    await quarantine(parts, 'eni-1', { reason: 'a test', duration: 60_000 });
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('NO_FREE_ENI');
    await parts.sleep(60_000);
    await addTo(machine);
  });

  it('stays with the pod that has it, and is kept back afterwards', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    await quarantine(machine.parts(), 'eni-1', BY_HAND);
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-1');
    await delOf(machine);
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('NO_FREE_ENI');
  });

  it('must be known', async () => {
    const machine = nodeWith(1);
    expect((await enimErrorOf(() => quarantine(machine.parts(), 'eni-9', BY_HAND))).code).toBe('NOT_THERE');
    expect((await enimErrorOf(() => restore(machine.parts(), 'eni-9'))).code).toBe('NOT_THERE');
  });
});

describe('enim itself distrusts', () => {
  it('an ENI that could not be set up: the next pod gets another', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const check = machine.kernel.onCommand;
    machine.kernel.onCommand = (text, keepOpen) => {
      check(text, keepOpen);
      if (!text.startsWith('101: address show')) return;
      for (const device of machine.kernel.in(101))
        device.addresses = device.addresses.map((each) => ({ ...each, dadfailed: true }));
    };
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('NIC_UNSOUND');
    machine.kernel.onCommand = check;
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-2');
    expect((await list(machine.parts()))[0]?.note).toMatch(
      /in quarantine: an add failed: .*another host has fd00::11\/64/,
    );
  });

  /** The pod gives the card another MAC, and its driver takes no other any more. */
  const stickMac = (machine: Machine): void => {
    const [card] = machine.kernel.in(101).filter(({ name }) => name === 'eth0');
    if (card === undefined) throw new Error('no card');
    card.mac = '02:00:00:00:00:99';
    const check = machine.kernel.onCommand;
    machine.kernel.onCommand = (text, keepOpen) => {
      check(text, keepOpen);
      for (const device of machine.kernel.in(HOME)) if (device === card) device.mac = '02:00:00:00:00:99';
    };
  };

  it('a NIC that came home with another MAC from an add that failed', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    machine.interference.before = (call) => {
      if (call !== 'links.configure') return;
      stickMac(machine);
      throw new EnimError('LINK_FAILED', 'It was made to fail.');
    };
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('LINK_FAILED');
    expect((await list(machine.parts()))[0]).toMatchObject({
      state: 'quarantined',
      note: expect.stringContaining('it came home with the MAC'),
    });
  });

  it('a NIC that came home with another MAC', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    stickMac(machine);
    const [back] = await delOf(machine);
    expect(back?.remaining).toEqual([{ what: 'MAC', from: '02:00:00:00:00:99', to: expect.any(String) }]);
    expect((await list(machine.parts()))[0]).toMatchObject({
      state: 'quarantined',
      note: expect.stringContaining('it came home with the MAC'),
    });
  });
});
