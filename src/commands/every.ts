/** `--every`: the loop of a command that stays and does its work again and again, until it is interrupted. */
import { Flags } from '@oclif/core';
import { parseInterval } from '../model/duration.js';
import { EnimError } from '../model/errors.js';
import { expectToStay } from '../stay.js';

/** The flag of all commands that can stay. */
export const everyFlag = Flags.string({
  helpValue: 'DURATION',
  description: 'stay and repeat it this often, until SIGTERM or Ctrl-C',
});

/** What the flag says, in milliseconds; null is once. */
export function everyOf(text: string | undefined): number | null {
  return text === undefined ? null : parseInterval(text, '--every');
}

/** One round. */
export interface Round<T> {
  readonly document: T;
  /** What failed in it, a line each. */
  readonly failed: readonly string[];
}

/** How rounds follow each other. */
export interface Rounds {
  /** Between two of them, in milliseconds. */
  readonly every: number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly warn: (message: string) => void;
}

/**
 * Does round after round. What fails in one is tried again in the next, and said once as long as it stays the same.
 *
 * @param none what no round has come to
 * @returns what the last one came to that was carried out
 */
export async function repeat<T>(
  round: () => Promise<Round<T>>,
  none: T,
  { every, sleep, warn }: Rounds,
  signal: AbortSignal,
): Promise<T> {
  expectToStay();
  let last = none;
  let said: readonly string[] = [];
  while (!signal.aborted) {
    let failed: readonly string[];
    try {
      ({ document: last, failed } = await round());
    } catch (thrown) {
      // A setting does not mend itself.
      if (!(thrown instanceof EnimError) || thrown.exitCode === 2) throw thrown;
      failed = [[thrown.message, ...thrown.details].join('\n  ')];
    }
    for (const line of failed) if (!said.includes(line)) warn(line);
    said = failed;
    await sleep(every, signal);
  }
  return last;
}
