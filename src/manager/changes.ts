/** Looking again and again: when it is worth it, and what has changed between two looks. */
import type { EniView } from './list.js';

/** Tells of changes by calls of the function that it is given; what it returns ends it. */
export type Source = (onChange: () => void) => () => void;

/** When to look again. */
export interface Changes {
  /** Resolves once something may have changed since it resolved last, after `limit` milliseconds, or when the signal is aborted. */
  next(limit: number): Promise<void>;
  close(): void;
}

/**
 * Joins what several sources tell.
 *
 * @param settle how long to wait for what comes along with a change, in milliseconds: one add is a dozen of them
 */
export function createChanges(sources: readonly Source[], settle: number, signal: AbortSignal): Changes {
  let isNews = false;
  let wake = (): void => undefined;
  const stops = sources.map((source) =>
    source(() => {
      isNews = true;
      wake();
    }),
  );
  const wait = (milliseconds: number, isOver: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted || isOver()) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
      wake = () => isOver() && done();
    });
  return {
    async next(limit) {
      await wait(limit, () => isNews);
      await wait(settle, () => false);
      isNews = false;
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}

/** What became of an ENI between two looks. */
export interface Change {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `added` and `removed`: to and from what is looked at, which may be a choice. */
  readonly event: 'added' | 'changed' | 'removed';
  readonly eni: EniView;
  /** What it was before; null if it is new. */
  readonly was: EniView | null;
}

/** Pure. In the order of the later look, what is no longer there behind it. */
export function changesBetween(before: readonly EniView[], after: readonly EniView[], now: Date): readonly Change[] {
  const at = now.toISOString();
  const [earlier, later] = [before, after].map((enis) => new Map(enis.map((eni) => [eni.id, eni])));
  const news = after.flatMap((eni): Change[] => {
    const was = earlier?.get(eni.id) ?? null;
    if (was === null) return [{ at, event: 'added', eni, was }];
    return isSame(eni, was) ? [] : [{ at, event: 'changed', eni, was }];
  });
  const gone = before.filter(({ id }) => !later?.has(id));
  return [...news, ...gone.map((eni): Change => ({ at, event: 'removed', eni, was: eni }))];
}

function isSame(one: EniView, other: EniView): boolean {
  const fields = (eni: EniView): string => JSON.stringify(Object.entries(eni).sort(([a], [b]) => (a < b ? -1 : 1)));
  return fields(one) === fields(other);
}
