/**
 * Standard input and output without the runtime's streams, which take 15 ms to load (measured): what a container runtime writes to
 * us, and what it gets.
 */
import { fstatSync, readSync, writeSync } from 'node:fs';
import { libc } from './libc.js';
import { EnimError, errnoOf } from './model/errors.js';

/** More than any network configuration has; a runtime that sends more is broken. */
const LIMIT = 16 * 2 ** 20;

/** What was on standard input, or why it could not be read, as a clause. No error of ours: it crosses from one bundle to another. */
export type Input = { readonly text: string } | { readonly fault: string };

/** Standard input to its end; empty where it is a terminal, at which nobody types a configuration. */
export function readStdin(): Input {
  if (isTerminal()) return { text: '' };
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  for (let size = 0; ; ) {
    const count = readSome(buffer);
    if (typeof count === 'string') return { fault: count };
    if (count === 0) return { text: Buffer.concat(parts).toString('utf8') };
    size += count;
    if (size > LIMIT) return { fault: `it is longer than ${LIMIT} bytes` };
    parts.push(Buffer.from(buffer.subarray(0, count)));
  }
}

/** How many bytes there were, or why none could be read. */
function readSome(buffer: Buffer): number | string {
  for (;;) {
    try {
      return readSync(0, buffer, 0, buffer.length, null);
    } catch (thrown) {
      // Somebody made the descriptor non-blocking; the data is still to come.
      if (errnoOf(thrown) === 'EAGAIN') {
        pause();
        continue;
      }
      if (errnoOf(thrown) === 'EOF') return 0;
      return errnoOf(thrown) ?? String(thrown);
    }
  }
}

/** Writes all of a text to a descriptor. That it cannot be written is nobody's concern. */
export function write(fd: number, text: string): void {
  try {
    writeAll(fd, text);
  } catch {}
}

/**
 * Writes all of a text to standard output. That nobody reads it any more (`enim list | head`) is no error.
 *
 * @throws EnimError OUTPUT_FAILED
 */
export function print(text: string): void {
  try {
    writeAll(1, text);
  } catch (thrown) {
    const failure = outputFailure(thrown);
    if (failure !== undefined) throw failure;
  }
}

/** What it is that standard output could not be written; nothing where nobody reads it any more. */
export function outputFailure(thrown: unknown): EnimError | undefined {
  const errno = errnoOf(thrown) ?? String(thrown);
  if (errno === 'EPIPE') return undefined;
  return new EnimError('OUTPUT_FAILED', `Standard output cannot be written: ${errno}.`, {
    details: ['what the command does besides printing was done'],
    hint: 'free some space, or write elsewhere; then see what is so now: enim list',
    cause: thrown,
  });
}

function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (thrown) {
      if (errnoOf(thrown) !== 'EAGAIN') throw thrown;
      pause();
    }
  }
}

/** For a millisecond; there is nothing else to do meanwhile. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function isTerminal(): boolean {
  try {
    return fstatSync(0).isCharacterDevice();
  } catch {
    return false;
  }
}

const F_GETFL = 3;
const F_SETFL = 4;

/**
 * Sees to it that what we write to is left as it was found. Bun sets O_NONBLOCK on a pipe, for everybody who has it: the next program
 * of a shell script would lose output that the reader is not quick enough for.
 */
export function leaveStreamsAsFound(): void {
  const calls = libc();
  if (calls === undefined) return;
  const found = [0, 1, 2].map((fd) => [fd, calls.fcntl(fd, F_GETFL, 0)] as const);
  process.once('exit', () => {
    for (const [fd, flags] of found) if (flags >= 0) calls.fcntl(fd, F_SETFL, flags);
  });
}
