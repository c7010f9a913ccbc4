/** What the agent says of itself: whether it lives, whether it can work, and what it sees. */
import type { Patient } from '../manager/doctor/patient.js';
import { mustBeReadable } from '../manager/doctor/readable.js';
import { measure } from '../manager/measure.js';
import type { Faults, Probes } from '../metrics/watch.js';
import { EnimError } from '../model/errors.js';

/** Whether what is done again and again still is. */
export interface Pulse {
  /** It was done once more. */
  beat(): void;
  /** A clause if it is overdue by far; null if not. */
  fault(): string | null;
}

/** A round may wait for locks and for a server. */
const ROUND_MS = 120_000;

/** @param every between two rounds, in milliseconds; 0 is never */
export function createPulse(now: () => number, every: () => number): Pulse {
  let last = now();
  return {
    beat() {
      last = now();
    },
    fault() {
      const interval = every();
      // Nothing is due while it is off; nor is it at once when it is on again.
      if (interval === 0) last = now();
      const silence = now() - last;
      if (silence <= 2 * interval + ROUND_MS) return null;
      return `the last round ended ${Math.round(silence / 1_000)} s ago`;
    },
  };
}

interface ProbeSettings {
  readonly patient: Patient;
  readonly pulse: Pulse;
  /** Between two rounds of gc, in milliseconds; 0 is never. */
  readonly gcEvery: () => number;
  /** The same of sync. */
  readonly syncEvery: () => number;
  /** Aborted once the agent is to end. */
  readonly stop: AbortSignal;
}

/** An answer that took a look at the node, or at a server, is given again for so long, in milliseconds. */
const FRESH_MS = { ready: 5_000, measure: 1_000 };

export function createProbes({ patient, pulse, gcEvery, syncEvery, stop }: ProbeSettings): Probes {
  const look = async (): Promise<Faults> => {
    const faults: Record<string, string> = {};
    const check = async (name: string, work: () => unknown): Promise<void> => {
      try {
        await work();
      } catch (thrown) {
        if (!(thrown instanceof EnimError)) throw thrown;
        faults[name] = thrown.message;
      }
    };
    await check('settings', () => patient.open());
    await check('state', () => mustBeReadable(patient.inspectState()));
    // Not its health: a node whose ENIs are all missing, or that has none yet, can work.
    if (Object.keys(faults).length === 0) await check('provider', () => patient.open().provider.list());
    return faults;
  };
  const ready = shared(look, FRESH_MS.ready);

  return {
    alive() {
      const overdue = pulse.fault();
      return overdue === null ? {} : { gc: overdue };
    },
    async ready() {
      if (stop.aborted) return { agent: 'it is stopping' };
      return ready();
    },
    gcEvery,
    syncEvery,
    measure: shared(() => measure(patient), FRESH_MS.measure),
  };
}

/** One answer for all who ask while it is being found, and for a while after. */
function shared<T>(find: () => Promise<T>, milliseconds: number): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let found = Number.NEGATIVE_INFINITY;
  return () => {
    if (answer === undefined || performance.now() - found > milliseconds) {
      found = Number.POSITIVE_INFINITY;
      answer = find().finally(() => {
        found = performance.now();
      });
    }
    return answer;
  };
}
