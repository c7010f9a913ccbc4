/**
 * Kernel locks (flock(2)) between any number of enim processes of one node. A lock belongs to the open file description: it
 * dies with its last holder, SIGKILL included, and a child that inherits the descriptor keeps it until the child's own work is
 * done. Waits are bounded.
 */
import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Programs } from '../exec.js';
import { failpoint } from '../failpoint.js';
import { EnimError } from '../model/errors.js';
import type { Observe } from '../model/observation.js';
import type { Waits } from '../model/waiting.js';
import {
  filesOf,
  GOING_ON,
  holderOf,
  isAt,
  isFreeWithin,
  lockFileName,
  open,
  remove,
  STANDING,
  signPost,
  takeFlock,
} from './lockfile.js';
import { createTurns, type Turns } from './turns.js';

/** A lock that is held. */
export interface Lock {
  /** For children that are to keep the lock while they work. */
  readonly fd: number;
  release(): void;
  /**
   * Releases it, and removes its file, of which there would else be one for every name that there ever was. Only for a lock that no
   * child has any more, for that one would keep a file that nobody finds.
   */
  retire(): void;
}

/** The named locks of a node. */
export interface Locks {
  /**
   * Waits for the lock, at most as long as the locks were made for.
   *
   * @throws EnimError BUSY, naming the holder
   */
  acquire(name: string): Promise<Lock>;
  /** Takes the lock if it is free at this moment. */
  tryAcquire(name: string): Promise<Lock | undefined>;
  /**
   * Waits as `acquire` does until nobody holds the lock. No file of it is left.
   *
   * @throws EnimError BUSY, naming the holder
   */
  settle(name: string): Promise<void>;
  /**
   * Waits as `acquire` does until nobody holds any of the locks that somebody holds now and whose name begins so. Who asks for one
   * later is not waited for.
   *
   * @throws EnimError BUSY, naming a holder
   */
  settleAll(beginning: string): Promise<void>;
}

interface LockSettings {
  /** Directory of the lock files; made if missing. Best a tmpfs. */
  readonly directory: string;
  /** Longest wait, in milliseconds. */
  readonly wait: number;
  /** What this process is doing, for those who wait for it. */
  readonly purpose: string;
  /** Whether this process does several things at once, so that it must not stand still while one of them waits. */
  readonly isConcurrent?: boolean;
  /** Of all who take locks in this process; those of one `createLocks` unless given. */
  readonly turns?: Turns;
  /** Hears of each wait. */
  readonly observe?: Observe;
  /** Hears of each wait as it begins. */
  readonly waits?: Waits | undefined;
}

/**
 * Locks as files in a directory. Only who has the lock removes its file, and who gets it sees to it that the file is still the one of that
 * name: two processes could hold "the same" lock else.
 */
export function createLocks(programs: Programs, settings: LockSettings): Locks {
  const { directory, wait, purpose, turns = createTurns(), observe = () => {}, waits = () => () => {} } = settings;
  const trying = settings.isConcurrent === true ? GOING_ON : STANDING;

  /** The path if it cannot be had in time. */
  const take = async (name: string, milliseconds: number): Promise<Lock | string> => {
    const path = join(directory, lockFileName(name));
    const until = performance.now() + milliseconds;
    const leave = await turns.take(path, milliseconds);
    if (leave === undefined) return path;
    try {
      const lock = await takeFile(name, path, Math.max(0, until - performance.now()), leave);
      if (lock !== undefined) return lock;
    } catch (thrown) {
      leave();
      throw thrown;
    }
    leave();
    return path;
  };

  const takeFile = async (
    name: string,
    path: string,
    milliseconds: number,
    leave: () => void,
  ): Promise<Lock | undefined> => {
    const fd = await openLocked(path, milliseconds);
    if (fd === undefined) return undefined;
    failpoint('locked', name);
    signPost(fd, purpose);
    let isHeld = true;
    const end = (isOver: boolean): void => {
      if (!isHeld) return;
      isHeld = false;
      failpoint('unlock', name);
      signPost(fd, null);
      if (isOver) remove(path, fd);
      closeSync(fd);
      failpoint('unlocked', name);
      leave();
    };
    return { fd, release: () => end(false), retire: () => end(true) };
  };

  /** A descriptor of the file that has the name, with the lock; undefined if it cannot be had in time. */
  const openLocked = async (path: string, milliseconds: number): Promise<number | undefined> => {
    const until = performance.now() + milliseconds;
    for (;;) {
      const fd = open(path, directory);
      try {
        const isTaken = await takeFlock(programs, fd, Math.max(0, until - performance.now()), trying);
        if (isTaken && isAt(path, fd)) return fd;
        closeSync(fd);
        if (!isTaken) return undefined;
      } catch (thrown) {
        closeSync(fd);
        throw thrown;
      }
    }
  };

  const acquire = async (name: string): Promise<Lock> => {
    const started = performance.now();
    const over = waits(() => `the lock of ${name}, held by ${holderOf(join(directory, lockFileName(name)))}`);
    const taken = await take(name, wait).finally(over);
    const [lock = name] = name.split(' ');
    observe({
      ...{ kind: 'lock', lock, isHeld: typeof taken !== 'string' },
      milliseconds: performance.now() - started,
    });
    if (typeof taken !== 'string') return taken;
    throw new EnimError(
      'BUSY',
      `The lock of ${name} was not free within ${wait / 1_000} s; it is held by ${holderOf(taken)}.`,
      {
        hint: 'try again; if the holder hangs, end it by its PID: the lock goes with it',
      },
    );
  };

  return {
    acquire,
    async settle(name) {
      if (existsSync(join(directory, lockFileName(name)))) (await acquire(name)).retire();
    },
    async settleAll(beginning) {
      const deadline = performance.now() + wait;
      // One after the other: there may be hundreds, and only so many may be open.
      const held: string[] = [];
      for (const path of filesOf(directory, beginning)) if (!(await isFreeWithin(programs, path, 0))) held.push(path);
      for (const path of held) {
        const over = waits(() => holderOf(path));
        if (await isFreeWithin(programs, path, Math.max(0, deadline - performance.now())).finally(over)) continue;
        throw new EnimError('BUSY', `Still at work after ${wait / 1_000} s: ${holderOf(path)}.`, {
          hint: 'try again; if it hangs, end it by its PID',
        });
      }
    },
    async tryAcquire(name) {
      const taken = await take(name, 0);
      return typeof taken === 'string' ? undefined : taken;
    },
  };
}

/** Does the work while no other process does what goes by this name. */
export async function alone<T>(locks: Locks, name: string, work: () => T): Promise<T> {
  const lock = await locks.acquire(name);
  try {
    return work();
  } finally {
    lock.release();
  }
}
