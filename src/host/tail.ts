/** The end of a file that may be long. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { EnimError, errnoOf } from '../model/errors.js';

/** What was read. */
export interface Tail {
  readonly text: string;
  /** Whether there was more before it. */
  readonly isShortened: boolean;
}

/**
 * The last whole lines of a file, at most `limit` bytes; undefined if there is none.
 *
 * @throws EnimError NOT_PERMITTED, INPUT_FAILED
 */
export function readTail(path: string, limit: number): Tail | undefined {
  let fd: number | undefined;
  try {
    // A pipe or a device has no end, and a look at it may wait for ever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const there = fstatSync(fd);
    if (!there.isFile()) throw new EnimError('INPUT_FAILED', `${path} is no file.`);
    const start = Math.max(0, there.size - limit);
    const buffer = Buffer.alloc(there.size - start);
    const length = readSync(fd, buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, length);
    return { text: start === 0 ? text : text.slice(text.indexOf('\n') + 1), isShortened: start > 0 };
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    if (thrown instanceof EnimError || errno === undefined) throw thrown;
    const code = errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'INPUT_FAILED';
    throw new EnimError(code, `${path} cannot be read (${errno}).`, { cause: thrown });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
