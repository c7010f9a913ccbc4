/**
 * Durable, atomic replacement of one file, with its last good generation kept beside it. After a crash at any point there is
 * either the old content or the new one, whole. On a full disk the old file stays: the libraries that were measured for this
 * renamed a truncated file over the good one.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeDirectory } from './directory.js';
import { failpoint, fallible } from './failpoint.js';
import { errnoOf } from './model/errors.js';

/** The content of a file, or undefined if there is none. Throws for every other failure. */
export function readIfThere(path: string): string | undefined {
  return readBytesIfThere(path)?.toString('utf8');
}

/** The same for a file that is not all text. */
export function readBytesIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

interface ReplaceOptions {
  /** What was there gets this name, atomically too. */
  readonly previous?: string;
  /** Of the file; for its owner alone unless told. */
  readonly mode?: number;
  /** Of directories that have to be made; for their owner alone unless told. */
  readonly directoryMode?: number;
}

/**
 * Replaces `path` by `content`, durably. The caller holds a lock, so that one temporary name is enough and a leftover of a killed
 * process is simply overwritten.
 */
export function replaceDurably(path: string, content: string | Uint8Array, options: ReplaceOptions = {}): void {
  replace(path, content, options, true);
  syncDirectory(dirname(path));
}

/**
 * Replaces `path` by `content` as atomically, for everybody who reads it while this system runs. A power failure may bring back what was
 * there, or leave a file that cannot be read: the caller keeps a generation beside it that was written durably.
 */
export function replaceForThisBoot(path: string, content: string | Uint8Array, options: ReplaceOptions = {}): void {
  replace(path, content, options, false);
}

function replace(
  path: string,
  content: string | Uint8Array,
  { previous, mode = 0o600, directoryMode = 0o700 }: ReplaceOptions,
  isDurable: boolean,
): void {
  const temporary = `${path}.new`;
  write(temporary, content, { mode, directoryMode, isDurable });
  if (previous !== undefined) keepAs(path, previous);
  rename(temporary, path);
}

/** Removes a file, durably. That there is none is success. */
export function removeDurably(path: string): void {
  fallible('unlink', path);
  rmSync(path, { force: true });
  failpoint('unlinked', path);
  syncDirectory(dirname(path));
}

/** Puts a damaged file aside under a name that says when; returns the name. */
export function setAside(path: string, when: Date): string {
  const stamp = when.toISOString().replaceAll(/[:.]/g, '-');
  const name = (count: number): string => {
    const kind = basename(path, '.json');
    return join(dirname(path), `${kind}.damaged-${stamp}${count === 0 ? '' : `-${count}`}.json`);
  };
  let count = 0;
  while (existsSync(name(count))) count += 1;
  const aside = name(count);
  fallible('link', aside);
  linkSync(path, aside);
  failpoint('linked', aside);
  syncDirectory(dirname(path));
  return aside;
}

/** Opens a file of a directory, which is made where that fails for want of it. */
export function openIn(directory: string, open: () => number, mode = 0o700): number {
  try {
    return open();
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
    makeDirectory(directory, mode);
    return open();
  }
}

interface WriteOptions {
  readonly mode: number;
  readonly directoryMode: number;
  readonly isDurable: boolean;
}

/** Makes a new file, or none. */
function write(path: string, content: string | Uint8Array, options: WriteOptions): void {
  const { mode, directoryMode, isDurable } = options;
  fallible('open', path);
  const fd = openIn(dirname(path), () => openSync(path, 'w', mode), directoryMode);
  try {
    fallible('write', path);
    writeFileSync(fd, content);
    failpoint('written', path);
    // Whatever the umask, and whatever a leftover had.
    fchmodSync(fd, mode);
    if (isDurable) sync(fd, path);
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

/** A second name for the same inode, put in place by a rename: at no moment is `previous` missing or half written. */
function keepAs(path: string, previous: string): void {
  const temporary = `${previous}.new`;
  fallible('link', temporary);
  try {
    linkSync(path, temporary);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return;
    if (errnoOf(thrown) !== 'EEXIST') throw thrown;
    // A killed process has left it.
    rmSync(temporary);
    linkSync(path, temporary);
  }
  rename(temporary, previous);
}

function rename(from: string, to: string): void {
  fallible('rename', to);
  renameSync(from, to);
  failpoint('renamed', to);
}

function sync(fd: number, path: string): void {
  fallible('fsync', path);
  fsyncSync(fd);
  failpoint('fsynced', path);
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    sync(fd, path);
  } finally {
    closeSync(fd);
  }
}
