/**
 * One kind of object, followed: a list, then a watch from its version on, and what to do when that ends. The objects that are kept are
 * those of the server as of the version that is kept with them. Whatever might make that untrue has them listed anew. Pure.
 */
import type { Tracked, WatchEvent } from './event.js';

/**
 * Why all is listed. `start`: nothing is known yet. `gone`: the server has forgotten what came after our version (410). `order`: an
 * event came that is older than others. `resync`: it is time to see whether nothing was missed.
 */
export type ListReason = 'start' | 'gone' | 'order' | 'resync';

/**
 * Why a watch ended. `timeout`: its time was over. `cut`: the connection broke. `silent`: nothing was heard for long. `garbage`: what
 * came was no event. `refused`: the server did not begin it. `error`: the server gave it up. And as above.
 */
export type EndReason = 'timeout' | 'cut' | 'silent' | 'garbage' | 'refused' | 'error' | 'gone' | 'order';

/** What is to be done next. */
export type Move =
  | { readonly do: 'list'; readonly reason: ListReason }
  | { readonly do: 'watch'; readonly from: string }
  | { readonly do: 'wait'; readonly milliseconds: number; readonly next: Exclude<Move, { readonly do: 'wait' }> };

export interface Stream<T extends Tracked> {
  /** By namespace and name. */
  readonly objects: ReadonlyMap<string, T>;
  /** As of when they are; null if nothing is known. */
  readonly version: string | null;
  readonly move: Move;
  /** Failures in a row. */
  readonly failures: number;
  /** Whether nothing has gone wrong since the server last answered. */
  readonly isSound: boolean;
  /** When the server was last heard, and when all was last listed, in milliseconds. */
  readonly heard: number;
  readonly listed: number;
  /** When the watch that is open was begun; null if none is. */
  readonly opened: number | null;
}

/** What happened. */
export type Happening<T extends Tracked> =
  | { readonly kind: 'listed'; readonly version: string; readonly items: readonly T[] }
  | { readonly kind: 'failed'; readonly retryAfter?: number | null }
  | { readonly kind: 'opened' }
  | { readonly kind: 'event'; readonly event: WatchEvent<T> }
  | { readonly kind: 'ended'; readonly why: EndReason; readonly retryAfter?: number | null }
  | { readonly kind: 'woke' };

/** An object as it was and as it is; undefined where there was or is none. */
export interface Change<T extends Tracked> {
  readonly was: T | undefined;
  readonly now: T | undefined;
}

export interface Step<T extends Tracked> {
  readonly stream: Stream<T>;
  readonly changes: readonly Change<T>[];
  /** Why the watch has to be ended now; null if it goes on. */
  readonly cut: EndReason | null;
}

/** Of which the clock and the dice are given. */
export interface Circumstances {
  /** In milliseconds, of a clock that only goes forward. */
  readonly now: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** A watch that has told nothing for so long is taken for dead, in milliseconds: a bookmark comes every minute. */
export const QUIET_MS = 150_000;

/** All is listed anew after so long, in milliseconds, whatever the watch has told. */
export const RESYNC_MS = 1_800_000;

/** A watch that has lasted so long, in milliseconds, was no failure. */
export const LASTED_MS = 5_000;

/** The first pause after a failure, the longest, and the longest that a server may ask for, in milliseconds. */
export const PAUSES_MS = { first: 1_000, longest: 60_000, asked: 600_000 };

/** Nothing is known yet. */
export function begin<T extends Tracked>(): Stream<T> {
  const never = Number.NEGATIVE_INFINITY;
  return {
    ...{ objects: new Map(), version: null, move: { do: 'list', reason: 'start' }, failures: 0, isSound: false },
    ...{ heard: never, listed: never, opened: null },
  };
}

/** Whether the objects are those that the server has, but for what is on its way. */
export function isFresh({ version, isSound, heard }: Stream<Tracked>, now: number): boolean {
  return version !== null && isSound && now - heard <= QUIET_MS;
}
