import { describe, expect, it } from '@jest/globals';
import { createTurns } from '../../src/store/turns.js';

describe('turns', () => {
  it('come in the order in which they were asked for', async () => {
    const turns = createTurns();
    const order: number[] = [];
    const first = await turns.take('/a', 1_000);
    const others = [1, 2, 3].map(async (number) => {
      const leave = await turns.take('/a', 1_000);
      order.push(number);
      leave?.();
    });
    expect(order).toEqual([]);
    first?.();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });

  it('of different files do not touch each other', async () => {
    const turns = createTurns();
    expect(await turns.take('/a', 0)).toBeDefined();
    expect(await turns.take('/b', 0)).toBeDefined();
    expect(await turns.take('/a', 0)).toBeUndefined();
  });

  it('are not waited for longer than told, and who gave up stands in nobody’s way', async () => {
    const turns = createTurns();
    const leave = await turns.take('/a', 0);
    const patient = turns.take('/a', 5_000);
    expect(await turns.take('/a', 10)).toBeUndefined();
    leave?.();
    (await patient)?.();
    expect(await turns.take('/a', 0)).toBeDefined();
  });
});
