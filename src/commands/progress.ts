/**
 * A line on the terminal that says what a command waits for, once it takes longer than a person expects. It is on stderr, and on a
 * terminal only; nothing of it stays. Libraries for this end the process at Ctrl-C, which our commands must decide for themselves.
 */
import type { Waits } from '../model/waiting.js';
import { drawn, renderWaiting, TURN_MS, WIPE } from '../render/waiting.js';

/** How long a command may take before the line is shown, in milliseconds. */
const PATIENCE_MS = 1_000;

/** What is shown of one command. */
export interface Progress {
  readonly waits: Waits;
  /** What it does from now on, while it waits for nothing. */
  does(what: string): void;
  /** Wipes the line, for good: what follows is the command's own. */
  stop(): void;
}

/** Nobody watches. */
export const UNSEEN: Progress = { waits: () => () => undefined, does: () => undefined, stop: () => undefined };

/** Whether a person sees stderr, and lines may be drawn there again and again. */
export function isWatched({ isTTY }: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

/** Begins to count; what is waited for at a time is what began last. */
export function startProgress(purpose: string, stream: NodeJS.WriteStream): Progress {
  const started = performance.now();
  const pending: (() => string)[] = [];
  let [doing, isShown] = [purpose, false];

  const draw = (): void => {
    const passed = performance.now() - started;
    if (passed < PATIENCE_MS) return;
    if (!isShown) process.on('SIGINT', interrupted);
    isShown = true;
    const what = pending.at(-1)?.() ?? null;
    stream.write(drawn(renderWaiting({ doing, what, passed, width: stream.columns || 80 })));
  };
  const stop = (): void => {
    clearInterval(timer);
    process.off('SIGINT', interrupted);
    if (isShown) stream.write(WIPE);
    isShown = false;
  };
  const interrupted = (): void => {
    stop();
    // Who has nothing to end in order is ended by it, as if nobody had listened.
    if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
  };
  const timer = setInterval(draw, TURN_MS);
  timer.unref();

  return {
    stop,
    does(what) {
      doing = what;
    },
    waits(what) {
      pending.push(what);
      return () => {
        const at = pending.lastIndexOf(what);
        if (at >= 0) pending.splice(at, 1);
      };
    },
  };
}
