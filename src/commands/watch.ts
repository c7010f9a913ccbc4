/** The loop of `enim list --watch`: looks, shows what is new, and waits for more, until it is interrupted. */
import { interruption } from '../interruption.js';
import { type Change, type Changes, changesBetween } from '../manager/changes.js';
import type { EniView } from '../manager/list.js';
import { EnimError } from '../model/errors.js';
import { ENTER, frame, LEAVE } from '../render/screen.js';
import { expectToStay } from '../stay.js';

/** How often to look where nobody tells of a change: inside pods, and at a provider. */
const POLL_MS = 5_000;

/** Least time between two looks. */
const SETTLE_MS = 200;

/** What is watched, and how it is shown. */
export interface Watch {
  /** Begins to be told of changes. */
  listen(settle: number, signal: AbortSignal): Changes;
  look(): Promise<readonly EniView[]>;
  clock(): Date;
  /** On a terminal: all of it, after each look, and when that has another size. Null elsewhere. */
  readonly page: ((enis: readonly EniView[], trouble: string | null) => string) | null;
  /** Elsewhere: what has changed. */
  line(change: Change): string;
  warn(message: string): void;
}

/** Returns once it is interrupted, or nobody reads any more. What fails at a later look may be over at the next, and is said. */
export async function watch({ listen, look, clock, page, line, warn }: Watch): Promise<void> {
  expectToStay();
  const readers = new AbortController();
  const signal = AbortSignal.any([interruption(), readers.signal]);
  process.stdout.on('error', () => readers.abort());
  const changes = listen(SETTLE_MS, signal);
  let seen: readonly EniView[] = [];
  let trouble: string | null = null;
  const draw = (): void => {
    if (page !== null && !signal.aborted) process.stdout.write(frame(page(seen, trouble), process.stdout.rows));
  };
  try {
    let enis = await look();
    if (page !== null) process.stdout.write(ENTER);
    process.stdout.on('resize', draw);
    while (!signal.aborted) {
      if (page === null)
        for (const change of changesBetween(seen, enis, clock())) process.stdout.write(`${line(change)}\n`);
      seen = enis;
      draw();
      await changes.next(POLL_MS);
      if (signal.aborted) break;
      const before: string | null = trouble;
      try {
        enis = await look();
        trouble = null;
      } catch (thrown) {
        if (!(thrown instanceof EnimError)) throw thrown;
        trouble = thrown.message;
        if (page === null && trouble !== before) warn([thrown.message, ...thrown.details].join('\n  '));
      }
    }
  } finally {
    process.stdout.off('resize', draw);
    changes.close();
    if (page !== null) process.stdout.write(LEAVE);
  }
}
