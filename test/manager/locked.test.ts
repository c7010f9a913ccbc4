import { describe, expect, it } from '@jest/globals';
import { besideOthers, eniLock, withLock } from '../../src/manager/locked.js';
import { nodeWith } from './node.js';

describe('work on the NIC of another ENI', () => {
  it('is done under its lock, and waits for whoever has that', async () => {
    const machine = nodeWith(2);
    const parts = machine.parts();
    const theirs = await parts.locks.acquire(eniLock('eni-2'));
    const order: string[] = [];
    machine.onSleep = () => {
      order.push('waited');
      if (order.length === 3) theirs.release();
    };
    await besideOthers(parts)('eni-2', async () => {
      order.push('worked');
      expect(await parts.locks.tryAcquire(eniLock('eni-2'))).toBeUndefined();
    });
    expect(order).toEqual(['waited', 'waited', 'waited', 'worked']);
    expect(machine.locks.names).toEqual([]);
  });

  it('is done without in the end, for the other one may wait in the same way', async () => {
    const machine = nodeWith(2);
    const parts = machine.parts();
    const locks = await Promise.all(['eni-1', 'eni-2'].map((eni) => parts.locks.acquire(eniLock(eni))));
    const done: string[] = [];
    await Promise.all(['eni-1', 'eni-2'].map((eni) => besideOthers(parts)(eni, async () => void done.push(eni))));
    expect(done.sort()).toEqual(['eni-1', 'eni-2']);
    for (const lock of locks) lock.release();
  });

  it('lets go of the lock where it fails', async () => {
    const machine = nodeWith(2);
    const fails = besideOthers(machine.parts())('eni-2', async () => {
      throw new Error('no');
    });
    await expect(fails).rejects.toThrow('no');
    expect(machine.locks.names).toEqual([]);
  });
});

describe('work under a lock', () => {
  it('lets go of the lock even where a netns cannot be left', async () => {
    const machine = nodeWith(1);
    const parts = machine.parts();
    const under = (lock: { readonly fd: number }) => ({
      ...parts.links.under(lock),
      close: () => Promise.reject(new Error('no answer')),
    });
    const links = { ...parts.links, under };
    const work = withLock({ ...parts, links }, await parts.locks.acquire(eniLock('eni-1')), async () => 1);
    await expect(work).rejects.toThrow('no answer');
    expect(machine.locks.names).toEqual([]);
  });
});
