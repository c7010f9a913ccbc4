/** The files that an installation consists of: looked at, replaced durably, removed. */
import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { replaceDurably } from '../durable.js';
import { EnimError, errnoOf } from '../model/errors.js';

/** What is asked of the file system. Everything throws EnimError INSTALL_FAILED or NOT_PERMITTED. */
export interface Files {
  /** Undefined if there is none. */
  read(path: string): Buffer | undefined;
  /**
   * Whether it has this content, and no other; undefined if there is none. It is read in pieces, as by `mentions`: several times an
   * executable of enim at once is more memory than the container of an installation has.
   */
  holds(path: string, content: Uint8Array): boolean | undefined;
  /** Whether this text, of plain characters, stands in it; undefined if there is none. */
  mentions(path: string, text: string): boolean | undefined;
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
  holds: (path, content) => tried(`read ${path}`, () => ifThere(() => isSame(piecesOf(path), content))),
  mentions: (path, text) => tried(`read ${path}`, () => ifThere(() => contains(piecesOf(path, text.length), text))),
  list: (directory) => tried(`list ${directory}`, () => ifThere(() => readdirSync(directory)) ?? []),
  replace: (path, content, mode) =>
    tried(`write ${path}`, () => replaceDurably(path, content, { mode, directoryMode: 0o755 })),
  remove: (path) => tried(`remove ${path}`, () => rmSync(path, { force: true })),
};

function isSame(pieces: Iterable<Buffer>, content: Uint8Array): boolean {
  let rest = content;
  for (const piece of pieces) {
    if (!piece.equals(rest.subarray(0, piece.length))) return false;
    rest = rest.subarray(piece.length);
  }
  return rest.length === 0;
}

function contains(pieces: Iterable<Buffer>, text: string): boolean {
  for (const piece of pieces) if (piece.includes(text)) return true;
  return false;
}

const PIECE = 2 ** 20;

/**
 * One after the other, in the same memory.
 *
 * @param overlap so many bytes of the end of a piece come again at the beginning of the next
 */
function* piecesOf(path: string, overlap = 0): Generator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    const memory = Buffer.alloc(overlap + PIECE);
    for (let kept = 0; ; ) {
      const size = readSync(fd, memory, kept, PIECE, null);
      if (size === 0) return;
      const end = kept + size;
      yield memory.subarray(0, end);
      kept = Math.min(overlap, end);
      memory.copyWithin(0, end - kept, end);
    }
  } finally {
    closeSync(fd);
  }
}

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
  ENOENT: ['no directory can be made there', 'name another directory'],
  ENOTDIR: ['a part of the path is no directory', 'name another directory'],
  EISDIR: ['it is a directory', 'name another one'],
};

function tried<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === undefined) throw thrown;
    const [reason, hint] = REASONS[errno] ?? ['the system refused it', 'mend it, then run it again'];
    throw new EnimError(
      errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'INSTALL_FAILED',
      `It was impossible to ${what}: ${reason} (${errno}).`,
      { hint, cause: thrown },
    );
  }
}
