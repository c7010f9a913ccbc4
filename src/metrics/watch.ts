/** What a process that stays and whoever watches it say to each other. Types alone: the plugin, which shares them, must not load more. */
import type { Measurement } from '../manager/measure.js';
import type { Observe } from '../model/observation.js';

/** Faults by what was asked; empty if all is well. */
export type Faults = Readonly<Record<string, string>>;

/** What can be asked of the agent. */
export interface Probes {
  /** Whether it is at work: nothing of it hangs. */
  alive(): Faults;
  /** Whether it can do its work now. */
  ready(): Promise<Faults>;
  /** Between two rounds of gc, in milliseconds; 0 is never. */
  gcEvery(): number;
  /** The same of sync, which is never done where the provider has nothing to make ready. */
  syncEvery(): number;
  /** The node in numbers. */
  measure(): Promise<Measurement>;
}

/** Who watches: it is told of everything, and answers the questions of others. */
export interface Monitor {
  readonly observe: Observe;
  /**
   * Begins to answer; where, in words.
   *
   * @throws EnimError
   */
  open(probes: Probes): Promise<{ readonly at: string; close(): void }>;
}
