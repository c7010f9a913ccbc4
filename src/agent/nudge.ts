/** Waiting that can be cut short: for whoever does something again and again, and at once where there is news. */

/** A wait that somebody else can end. */
export interface Nudge {
  /** Ends the wait that is under way, or the next one. However often, it is one. */
  nudge(): void;
  /** Waits so long, in milliseconds, or until it is nudged or the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

interface NudgeSettings {
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly now: () => number;
  /** What comes along with the first nudge is waited for so long, in milliseconds: one add is several. */
  readonly settle?: number;
  /** The least that a wait takes, in milliseconds, however often it is nudged: twice as long each time in a row, up to the most. */
  readonly gap?: { readonly least: number; readonly most: number };
}

const SETTLE_MS = 100;
const GAP_MS = { least: 500, most: 30_000 };

export function createNudge({ sleep, now, settle = SETTLE_MS, gap = GAP_MS }: NudgeSettings): Nudge {
  let isNudged = false;
  let least = gap.least;
  let wake = (): void => undefined;
  return {
    nudge() {
      isNudged = true;
      wake();
    },
    async sleep(milliseconds, signal) {
      const since = now();
      const left = (): number => milliseconds - (now() - since);
      if (!isNudged) {
        const waker = new AbortController();
        wake = () => waker.abort();
        await sleep(milliseconds, AbortSignal.any([signal, waker.signal]));
        wake = () => undefined;
      }
      if (isNudged && !signal.aborted) {
        const early = least - (now() - since);
        // Two who undo what the other does would do it all the time.
        least = early > 0 ? Math.min(least * 2, gap.most) : gap.least;
        const rest = Math.min(Math.max(settle, early), left());
        if (rest > 0) await sleep(rest, signal);
      } else {
        least = gap.least;
      }
      isNudged = false;
    },
  };
}
