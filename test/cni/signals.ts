/** An ADD listens to signals for as long as its process lives; the process of a test lives on. */
import { afterEach, beforeEach } from '@jest/globals';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Call at the top of a test file; after each test, and when what it gives is called, nobody new listens any more. */
export function useSignalsAsBefore(): () => void {
  let before: readonly Set<unknown>[] = [];
  const forget = (): void => {
    for (const [at, signal] of SIGNALS.entries())
      for (const listener of process.listeners(signal))
        if (before[at]?.has(listener) === false) process.removeListener(signal, listener);
  };
  beforeEach(() => {
    before = SIGNALS.map((signal) => new Set(process.listeners(signal)));
  });
  afterEach(forget);
  return forget;
}
