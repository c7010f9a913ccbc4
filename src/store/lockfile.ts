/** One lock file: its name, taking its lock, and the sign of who has it. */
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
import { checksum } from '../model/checksum.js';
import { EnimError, errnoOf } from '../model/errors.js';
import { remedyFor } from './remedy.js';

/** One file a name, and one name a file: what is no plain character is written as its code. */
export function lockFileName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9._-]/gu, (each) => `%${each.codePointAt(0)?.toString(16)}`);
  // A file name has at most 255 bytes; a container ID that long is nobody's yet.
  return plain.length <= 240 ? `${plain}.lock` : `${plain.slice(0, 200)}-${checksum(name)}.lock`;
}

/** The files of the locks whose name begins so. */
export function filesOf(directory: string, beginning: string): string[] {
  const plain = lockFileName(beginning).replace(/\.lock$/, '');
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => name.startsWith(plain) && name.endsWith('.lock')).map((name) => join(directory, name));
}

/** Whether this is still the file of that name. */
export function isAt(path: string, fd: number): boolean {
  const { dev, ino } = fstatSync(fd);
  const named = statSync(path, { throwIfNoEntry: false });
  return named?.ino === ino && named.dev === dev;
}

/** Removes the file, for who has its lock. That it stays is no failure: whoever wants the lock next takes it. */
export function remove(path: string, fd: number): void {
  try {
    if (isAt(path, fd)) unlinkSync(path);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
  failpoint('unlinked', path);
}

/** Takes the lock for no longer than it needs to see that nobody else has it, and without a word about who we are. */
export async function isFreeWithin(programs: Programs, path: string, milliseconds: number): Promise<boolean> {
  const fd = openThere(path);
  if (fd === undefined) return true;
  try {
    return await takeFlock(programs, fd, milliseconds, GOING_ON);
  } finally {
    closeSync(fd);
  }
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

/**
 * A descriptor of the file, which is made if it is missing, and the directory too.
 *
 * @throws EnimError NOT_PERMITTED, STATE_UNWRITABLE
 */
export function open(path: string, directory: string): number {
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
  const remedy = remedyFor(path, errno, 'ENIM_RUN_DIR');
  return new EnimError(code, `The lock file ${path} cannot be opened (${why}).`, {
    hint: code === 'NOT_PERMITTED' ? 'run enim as root' : `${remedy}, then run the same command again`,
    cause: thrown,
  });
}

/**
 * Takes the lock of the file that is open there.
 *
 * @returns false if it is not to be had within so many milliseconds
 * @throws EnimError STATE_UNWRITABLE, TOOL_MISSING
 */
export async function takeFlock(
  programs: Programs,
  fd: number,
  milliseconds: number,
  trying: Trying,
): Promise<boolean> {
  const taken = await tryFlockFor(fd, Math.min(milliseconds, trying.most), trying.pauses);
  if (taken === true || (taken === false && milliseconds <= trying.most)) return taken;
  return flockProgram(programs, fd, milliseconds / 1_000);
}

/** How it is tried by ourselves, and for how many milliseconds at most, before a program waits. Most locks are held for less. */
export interface Trying {
  readonly pauses: Pauses;
  readonly most: number;
}

/** For one whose thread has others to serve. */
export const GOING_ON: Trying = { pauses: goingOn, most: 10 };
/** For a process that does one thing at a time. */
export const STANDING: Trying = { pauses: standing, most: 250 };

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
export function signPost(fd: number, purpose: string | null): void {
  try {
    ftruncateSync(fd);
    if (purpose !== null) writeSync(fd, `pid ${process.pid} (${purpose})\n`);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}

/** Who has it, by the sign. */
export function holderOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'an unknown process';
  } catch {
    return 'an unknown process';
  }
}
