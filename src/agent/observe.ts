/** What the agent does, as seen from outside: the one place that hears of every verb, its outcome and its time. */
import { EnimError } from '../model/errors.js';
import type { Observe, WorkDone } from '../model/observation.js';

/** How work went. */
export type Judgment = Pick<WorkDone, 'outcome' | 'code'>;

export const DONE: Judgment = { outcome: 'done', code: null };

/** Of an error of ours; a bug has the code that the plugin gives to bugs. */
export function failure(thrown: unknown): Judgment {
  return { outcome: 'failed', code: thrown instanceof EnimError ? thrown.cniCode : 999 };
}

/**
 * Does the work and tells of it.
 *
 * @param judge judges the result; what is thrown has failed
 */
export async function observed<T>(
  observe: Observe,
  work: string,
  run: () => Promise<T>,
  judge: (result: T) => Judgment,
): Promise<T> {
  const started = performance.now();
  const tell = (judgment: Judgment): void =>
    observe({ kind: 'work', work, ...judgment, milliseconds: performance.now() - started });
  try {
    const result = await run();
    tell(judge(result));
    return result;
  } catch (thrown) {
    tell(failure(thrown));
    throw thrown;
  }
}
