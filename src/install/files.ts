/** The files that an installation consists of: looked at, replaced durably, removed. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { replaceDurably } from '../durable.js';
import { EnimError, errnoOf } from '../model/errors.js';

/** What is asked of the file system. Everything throws EnimError INSTALL_FAILED or NOT_PERMITTED. */
export interface Files {
  /** Undefined if there is none. */
  read(path: string): Buffer | undefined;
  /** Empty if there is no such directory. */
  list(directory: string): readonly string[];
  /** Whole or not at all; who runs or reads the old one goes on with the old one. */
  replace(path: string, content: string | Uint8Array, mode: number): void;
  /** That there is none is success. */
  remove(path: string): void;
}

/** The files of this machine. */
export const files: Files = {
  read: (path) => tried(`read ${path}`, () => ifThere(() => readFileSync(path))),
  list: (directory) => tried(`list ${directory}`, () => ifThere(() => readdirSync(directory)) ?? []),
  replace: (path, content, mode) =>
    tried(`write ${path}`, () => replaceDurably(path, content, { mode, directoryMode: 0o755 })),
  remove: (path) => tried(`remove ${path}`, () => rmSync(path, { force: true })),
};

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, then run it again'],
  EDQUOT: ['the quota is used up', 'free some space, then run it again'],
  EROFS: ['the file system is read-only', 'name another directory, or remount it writable'],
  EACCES: ['permission denied', 'run it as root'],
  EPERM: ['not permitted', 'run it as root'],
  ENOTDIR: ['a part of the path is no directory', 'name another directory'],
  EISDIR: ['it is a directory', 'name another one'],
};

function tried<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === undefined) throw thrown;
    const [reason, hint] = REASONS[errno] ?? [errno, 'mend it, then run it again'];
    throw new EnimError(
      errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'INSTALL_FAILED',
      `It was impossible to ${what}: ${reason} (${errno}).`,
      { hint, cause: thrown },
    );
  }
}
