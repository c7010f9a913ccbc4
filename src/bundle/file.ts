/**
 * The file of a bundle. It is there whole or not at all, for its owner alone, and takes the place of another file only where that was
 * asked for.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fallible } from '../failpoint.js';
import { EnimError, errnoOf } from '../model/errors.js';
import { damaged } from './manifest.js';

/** Bytes that a bundle may have packed. */
const PACKED_LIMIT = 64 * 2 ** 20;

/**
 * Writes a bundle.
 *
 * @param force also over a file that is there already
 * @throws EnimError UNSAFE if something is there, NOT_PERMITTED, BUNDLE_UNWRITABLE
 */
export function writeBundle(path: string, content: Uint8Array, force: boolean): void {
  // Short, for the name of the bundle may be as long as a name can be.
  const temporary = join(dirname(path), `.enim-${randomBytes(6).toString('hex')}.new`);
  try {
    mustBeFree(path, force);
    writeWhole(temporary, content);
    put(temporary, path, force);
  } catch (thrown) {
    throw unwritable(path, thrown);
  } finally {
    removeQuietly(temporary);
  }
}

/**
 * Says early that a bundle cannot go there: to gather all takes its time.
 *
 * @param force whether a file may be there, though nothing else
 * @throws EnimError UNSAFE, NOT_PERMITTED, BUNDLE_UNWRITABLE
 */
export function mustBeFree(path: string, force: boolean): void {
  let there: Stats | undefined;
  try {
    there = lstatSync(path, { throwIfNoEntry: false });
  } catch (thrown) {
    throw unwritable(path, thrown);
  }
  if (there === undefined) return;
  // A rename would put a file in the place of a device as well.
  if (!there.isFile())
    throw new EnimError('UNSAFE', `${path} is there, and is no file; nothing was written.`, {
      hint: 'give another name with --file',
    });
  if (!force) throw taken(path);
}

/**
 * Reads the bytes of a bundle.
 *
 * @throws EnimError NOT_THERE, NOT_PERMITTED, BUNDLE_DAMAGED, INPUT_FAILED
 */
export function readBundle(path: string): Uint8Array {
  try {
    const there = statSync(path);
    if (!there.isFile()) throw damaged(`The bundle ${path}`, 'it is no file');
    if (there.size > PACKED_LIMIT) throw damaged(`The bundle ${path}`, `it has more than ${PACKED_LIMIT} bytes`);
    return readFileSync(path);
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (thrown instanceof EnimError || errno === undefined) throw thrown;
    if (errno === 'ENOENT' || errno === 'ENOTDIR')
      throw new EnimError('NOT_THERE', `There is no bundle ${path}.`, {
        hint: 'make one on the node: enim support-bundle',
      });
    const isDenied = errno === 'EACCES' || errno === 'EPERM';
    throw new EnimError(isDenied ? 'NOT_PERMITTED' : 'INPUT_FAILED', `The bundle ${path} cannot be read (${errno}).`, {
      hint: `ls -l ${path}`,
      cause: thrown,
    });
  }
}

function writeWhole(path: string, content: Uint8Array): void {
  fallible('open', path);
  const fd = openSync(path, 'wx', 0o600);
  try {
    fallible('write', path);
    writeFileSync(fd, content);
    fchmodSync(fd, 0o600);
    fallible('fsync', path);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A second name refuses to take the place of another file, whoever else writes there at this moment; a rename does not. */
function put(temporary: string, path: string, force: boolean): void {
  fallible(force ? 'rename' : 'link', path);
  if (force) {
    renameSync(temporary, path);
    return;
  }
  try {
    linkSync(temporary, path);
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'EEXIST') throw taken(path);
    // FAT and some network file systems have no second names.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errno ?? '')) throw thrown;
    mustBeFree(path, false);
    renameSync(temporary, path);
  }
}

/** What went wrong before is what is to be said. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where it could not be written either.
  }
}

function taken(path: string): EnimError {
  return new EnimError('UNSAFE', `${path} is there already; nothing was written.`, {
    hint: 'give another name with --file, or write over it with --force',
  });
}

function unwritable(path: string, thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (thrown instanceof EnimError || errno === undefined) return thrown;
  const isDenied = errno === 'EACCES' || errno === 'EPERM';
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota is used up',
    EROFS: 'the file system is read-only',
    ENOENT: 'there is no such directory',
    ENOTDIR: 'what should be a directory is none',
    ENAMETOOLONG: 'its name is too long',
    ELOOP: 'its links lead in a circle',
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
  };
  const reason = reasons[errno] === undefined ? errno : `${reasons[errno]} (${errno})`;
  return new EnimError(
    isDenied ? 'NOT_PERMITTED' : 'BUNDLE_UNWRITABLE',
    `The bundle ${path} cannot be written: ${reason}.`,
    {
      hint: 'nothing was written; name a file in another directory: enim support-bundle --file /tmp/enim-bundle.tar.gz',
      cause: thrown,
    },
  );
}
