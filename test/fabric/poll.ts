/** Waiting for what becomes true by itself, without sleeping longer than it takes. */
import { setTimeout as sleep } from 'node:timers/promises';

interface PollOptions {
  /** Milliseconds after which it is an error; 15 s unless told. */
  readonly timeout?: number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Looks again and again until `look` gives something that is neither undefined nor false.
 *
 * @param what ends the sentence "… did not happen"
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeout = 15_000, interval = 20 }: PollOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`Within ${timeout} ms ${what} did not happen.`);
    await sleep(interval);
  }
}
