/**
 * Kernel locks (flock(2)) between any number of enim processes of one node. A lock belongs to the open file description: it
 * dies with its last holder, SIGKILL included, and a child that inherits the descriptor keeps it until the child's own work is
 * done. Waits are bounded.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openIn } from '../durable.js';
import type { Programs } from '../exec.js';
import { failpoint } from '../failpoint.js';
import { goingOn, type Pauses, standing, tryFlockFor } from '../flock.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Observe } from '../model/observation.js';
import type { Waits } from '../model/waiting.js';
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

/** One file a name, and one name a file: what is no plain character is written as its code. */
export function lockFileName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9._-]/gu, (each) => `%${each.codePointAt(0)?.toString(16)}`);
  // A file name has at most 255 bytes; a container ID that long is nobody's yet.
  return plain.length <= 240 ? `${plain}.lock` : `${plain.slice(0, 200)}-${checksum(name)}.lock`;
}

/** The files of the locks whose name begins so. */
function filesOf(directory: string, beginning: string): string[] {
  const plain = lockFileName(beginning).replace(/\.lock$/, '');
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => name.startsWith(plain) && name.endsWith('.lock')).map((name) => join(directory, name));
}

/** Whether this is still the file of that name. */
function isAt(path: string, fd: number): boolean {
  const { dev, ino } = fstatSync(fd);
  const named = statSync(path, { throwIfNoEntry: false });
  return named?.ino === ino && named.dev === dev;
}

/** That it stays is no failure: whoever wants the lock next takes it. */
function remove(path: string, fd: number): void {
  try {
    if (isAt(path, fd)) unlinkSync(path);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
  failpoint('unlinked', path);
}

/** Takes the lock for no longer than it needs to see that nobody else has it, and without a word about who we are. */
async function isFreeWithin(programs: Programs, path: string, milliseconds: number): Promise<boolean> {
  const fd = openThere(path);
  if (fd === undefined) return true;
  try {
    return await takeFlock(programs, fd, milliseconds, GOING_ON);
  } finally {
    closeSync(fd);
  }
}

/** Not for secrets; node:crypto would take 2.5 ms to load. */
function checksum(text: string): string {
  const halves = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f].map((seed) => {
    let hash = seed;
    for (const each of Buffer.from(text)) hash = Math.imul(hash ^ each, 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, '0');
  });
  return halves.join('');
}

/** Undefined if nobody has, or waits for, the lock of that file. */
function openThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw unopened(path, dirname(path), thrown);
  }
}

function open(path: string, directory: string): number {
  try {
    return openIn(directory, () => openSync(path, 'a+', 0o600));
  } catch (thrown) {
    throw unopened(path, directory, thrown);
  }
}

function unopened(path: string, directory: string, thrown: unknown): EnimError {
  const errno = errnoOf(thrown);
  const code = ['EACCES', 'EPERM'].includes(errno ?? '') ? 'NOT_PERMITTED' : 'STATE_UNWRITABLE';
  // Of a file where the directory should be mkdir says EEXIST.
  const why = errno === 'EEXIST' || errno === 'ENOTDIR' ? `${directory} is no directory` : (errno ?? String(thrown));
  return new EnimError(code, `The lock file ${path} cannot be opened (${why}).`, {
    hint: code === 'NOT_PERMITTED' ? 'run enim as root' : `make ${directory} a writable directory, or set ENIM_RUN_DIR`,
    cause: thrown,
  });
}

async function takeFlock(programs: Programs, fd: number, milliseconds: number, trying: Trying): Promise<boolean> {
  const taken = await tryFlockFor(fd, Math.min(milliseconds, trying.most), trying.pauses);
  if (taken === true || (taken === false && milliseconds <= trying.most)) return taken;
  return flockProgram(programs, fd, milliseconds / 1_000);
}

/** How it is tried by ourselves, and for how many milliseconds at most, before a program waits. Most locks are held for less. */
interface Trying {
  readonly pauses: Pauses;
  readonly most: number;
}

const GOING_ON: Trying = { pauses: goingOn, most: 10 };
const STANDING: Trying = { pauses: standing, most: 250 };

/**
 * Waits in the kernel's queue, in which nobody is overtaken for ever. flock(1) locks the description that it inherits as descriptor 3,
 * which stays locked when it has ended. It dies with us, so that no waiter is left behind when we are killed.
 */
async function flockProgram({ run }: Programs, fd: number, seconds: number): Promise<boolean> {
  const wait = seconds > 0 ? ['-w', String(seconds)] : ['-n'];
  const outcome = await run('setpriv', ['--pdeathsig', 'KILL', 'flock', '-x', ...wait, '3'], { keepOpen: [fd] }).catch(
    (thrown: unknown) => {
      // A wait longer than any program may run is over then as well.
      if (thrown instanceof EnimError && thrown.code === 'TOOL_TIMEOUT') return { code: 1, stderr: '' };
      throw thrown;
    },
  );
  const { code, stderr } = outcome;
  if (code === 0) return true;
  if (code === 1) return false;
  throw new EnimError('STATE_UNWRITABLE', `"flock" failed: ${stderr.trim() || `exit code ${code}`}.`);
}

/** Who holds it, for messages alone: a full disk must not make a lock that is held look as if it failed. */
function signPost(fd: number, purpose: string | null): void {
  try {
    ftruncateSync(fd);
    if (purpose !== null) writeSync(fd, `pid ${process.pid} (${purpose})\n`);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}

function holderOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'an unknown process';
  } catch {
    return 'an unknown process';
  }
}
