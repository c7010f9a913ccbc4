import { describe, expect, it } from '@jest/globals';
import { allocateByHand, releaseByHand } from '../../src/manager/byhand.js';
import { enimErrorOf } from '../model/thrown.js';
import { addTo, delOf, nodeWith } from './node.js';

describe('holding by hand', () => {
  it('gives an owner one ENI, the same when asked again, without touching its NIC', async () => {
    const machine = nodeWith(2);
    const before = machine.kernel.show();
    expect((await allocateByHand(machine.parts(), 'a/b', null)).id).toBe('eni-1');
    expect((await allocateByHand(machine.parts(), 'a/b', null)).id).toBe('eni-1');
    expect((await allocateByHand(machine.parts(), 'a/c', null)).id).toBe('eni-2');
    expect(machine.kernel.show()).toBe(before);
  });

  it('gives the ENI that is wished for, and none that somebody has', async () => {
    const machine = nodeWith(2);
    expect((await allocateByHand(machine.parts(), 'a/b', 'eni-2')).id).toBe('eni-2');
    expect((await enimErrorOf(() => allocateByHand(machine.parts(), 'a/c', 'eni-2'))).code).toBe('NO_FREE_ENI');
    expect((await enimErrorOf(() => allocateByHand(machine.parts(), 'a/c', 'eni-9'))).code).toBe('NOT_THERE');
  });

  it('gives an owner no second one, and says how to free the first', async () => {
    const machine = nodeWith(2);
    await allocateByHand(machine.parts(), 'a/b', 'eni-1');
    const before = machine.show();
    const { code, message, hint } = await enimErrorOf(() => allocateByHand(machine.parts(), 'a/b', 'eni-2'));
    expect([code, message]).toEqual(['INVALID_ARGUMENT', 'a/b holds ENI eni-1 already, by hand.']);
    expect(hint).toContain('enim provider release a/b');
    expect(machine.show()).toBe(before);
  });

  it('tells owners apart whose names differ in dot and slash alone', async () => {
    const machine = nodeWith(2);
    const ids = [
      await allocateByHand(machine.parts(), 'a/b.c', null),
      await allocateByHand(machine.parts(), 'a.b/c', null),
    ].map(({ id }) => id);
    expect(ids).toEqual(['eni-1', 'eni-2']);
  });

  it('keeps the ENI from pods', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await allocateByHand(machine.parts(), 'a/b', null);
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('NO_FREE_ENI');
  });

  it('outlasts a del of the same owner, and is no container that a del would have to choose from', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await allocateByHand(machine.parts(), 'default/web-0', 'eni-2');
    await addTo(machine);
    expect(await delOf(machine, { containerID: null })).toMatchObject([{ attachment: { eni: { id: 'eni-1' } } }]);
    expect(await delOf(machine, { containerID: null })).toEqual([]);
    expect((await releaseByHand(machine.parts(), 'default/web-0')).map(({ id }) => id)).toEqual(['eni-2']);
  });

  it('ends with a release, which may be repeated', async () => {
    const machine = nodeWith(1);
    const before = machine.show();
    await allocateByHand(machine.parts(), 'a/b', null);
    expect((await releaseByHand(machine.parts(), 'a/b')).map(({ id }) => id)).toEqual(['eni-1']);
    expect(await releaseByHand(machine.parts(), 'a/b')).toEqual([]);
    expect(machine.show()).toBe(before);
    expect(machine.locks.names).toEqual([]);
  });

  it('ends also while the owner has another ENI attached, which stays', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    const before = machine.show();
    await allocateByHand(machine.parts(), 'default/web-0', null);
    expect((await releaseByHand(machine.parts(), 'default/web-0')).map(({ id }) => id)).toEqual(['eni-2']);
    expect(machine.show()).toBe(before);
  });

  it('is no way to free what a pod has', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    const before = machine.show();
    const error = await enimErrorOf(() => releaseByHand(machine.parts(), 'default/web-0'));
    expect([error.code, error.hint]).toEqual(['UNSAFE', 'enim del default/web-0 --container-id c0']);
    expect(machine.show()).toBe(before);
  });

  it('does not end while the NIC is away from home', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('router');
    await allocateByHand(machine.parts(), 'a/b', null);
    const home = machine.kernel.in(1);
    machine.kernel.in(inode).push(
      ...home.splice(
        home.findIndex(({ name }) => name === 'ens1'),
        1,
      ),
    );
    expect((await enimErrorOf(() => releaseByHand(machine.parts(), 'a/b'))).code).toBe('UNSAFE');
    expect(machine.show()).toContain('held eni-1 a/b');
  });
});
