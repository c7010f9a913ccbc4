/** What the agent does, as seen from outside: the one place that hears of every verb, its outcome and its time. */

/** One piece of work that has ended. */
export interface Observation {
  /** A verb of CNI, or a round of one of the agent's own. */
  readonly work: string;
  readonly outcome: 'done' | 'failed' | 'abandoned';
  readonly milliseconds: number;
}

export type Observe = (observation: Observation) => void;

/**
 * Does the work and tells of it.
 *
 * @param outcomeOf judges the result; what is thrown has failed
 */
export async function observed<T>(
  observe: Observe,
  work: string,
  run: () => Promise<T>,
  outcomeOf: (result: T) => Observation['outcome'],
): Promise<T> {
  const started = performance.now();
  const tell = (outcome: Observation['outcome']): void =>
    observe({ work, outcome, milliseconds: performance.now() - started });
  try {
    const result = await run();
    tell(outcomeOf(result));
    return result;
  } catch (thrown) {
    tell('failed');
    throw thrown;
  }
}
