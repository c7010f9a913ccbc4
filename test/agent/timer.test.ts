import { describe, expect, it } from '@jest/globals';
import { repeat } from '../../src/agent/timer.js';

/** Runs until so many sleeps are over; each takes no time. */
async function run(every: () => number, sleeps: number, random: number) {
  const stop = new AbortController();
  const slept: number[] = [];
  let rounds = 0;
  await repeat(
    async () => {
      rounds += 1;
    },
    {
      every,
      random: () => random,
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        if (slept.length === sleeps) stop.abort();
      },
    },
    stop.signal,
  );
  return { slept, rounds };
}

describe('repeated work', () => {
  it.each([
    [0, [0, 27_000, 27_000]],
    [0.5, [1_500, 30_000, 30_000]],
    [1, [3_000, 33_000, 33_000]],
  ])('comes soon, and then after about the interval (chance %d)', async (random, expected) => {
    const { slept, rounds } = await run(() => 30_000, 3, random);
    expect(slept.map(Math.round)).toEqual(expected);
    expect(rounds).toBe(2);
  });

  it('is not done where the interval is 0, until it is another', async () => {
    let asked = 0;
    const every = (): number => {
      asked += 1;
      return asked < 4 ? 0 : 5_000;
    };
    expect(await run(every, 4, 0.5)).toEqual({ slept: [0, 1_000, 1_000, 5_000], rounds: 1 });
  });

  it('does not begin once it is to end', async () => {
    expect(await run(() => 30_000, 1, 0.5)).toEqual({ slept: [1_500], rounds: 0 });
  });
});
