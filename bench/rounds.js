/** Rounds: everything that is compared takes its turn in each, so that what disturbs the machine disturbs all alike. */
import { summarize } from './statistics.js';

/**
 * Runs the contenders in turn, and each once before, uncounted: that fills caches, and what is broken fails at once.
 *
 * @param contenders `run` does its work once and returns what it measured, by the key of the table's row; one with a `share` of 5
 * takes part in every fifth round
 * @returns the statistics by the same keys
 */
export async function measureRounds(contenders, rounds) {
  for (const { run } of contenders) await run();
  const values = {};
  for (let round = 0; round < rounds; round += 1) {
    // Nobody always follows the same predecessor.
    for (const { run, share = 1 } of rotate(contenders, round)) {
      if (round % share !== 0) continue;
      for (const [key, value] of Object.entries(await run())) {
        values[key] ??= [];
        values[key].push(value);
      }
    }
  }
  return Object.fromEntries(Object.entries(values).map(([key, list]) => [key, summarize(list)]));
}

function rotate(list, by) {
  const first = by % list.length;
  const turned = [...list.slice(first), ...list.slice(0, first)];
  return by % 2 === 0 ? turned : turned.reverse();
}
