/** Work that is done again and again. */

export interface TimerSettings {
  /** Asked anew before each wait, in milliseconds; 0 is never, and is asked again after a while. */
  readonly every: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random: () => number;
}

/** While it is never to be done, how often it is asked whether it still is, in milliseconds. */
const OFF_MS = 1_000;

/** The agents of many nodes that were started together should not all do it together. */
const JITTER = 0.1;

/**
 * Does the work until the signal is aborted, never twice at once. The first comes soon: an agent that was started anew may have been
 * away for long.
 */
export async function repeat(
  work: () => Promise<void>,
  { every, sleep, random }: TimerSettings,
  signal: AbortSignal,
): Promise<void> {
  await sleep(every() * JITTER * random(), signal);
  while (!signal.aborted) {
    const interval = every();
    if (interval > 0) await work();
    if (signal.aborted) return;
    await sleep(interval > 0 ? interval * (1 + JITTER * (2 * random() - 1)) : OFF_MS, signal);
  }
}
