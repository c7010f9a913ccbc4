/** Reading what a container runtime writes to our standard input. */
import { fstatSync, readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EnimError, errnoOf } from './model/errors.js';

/** More than any network configuration has; a runtime that sends more is broken. */
const LIMIT = 16 * 2 ** 20;

/**
 * Standard input to its end; empty where it is a terminal, at which nobody types a configuration.
 *
 * @throws EnimError INPUT_FAILED
 */
export function readStdin(): string {
  if (isatty(0)) return '';
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  for (let size = 0; ; ) {
    const count = readSome(buffer);
    if (count === 0) return Buffer.concat(parts).toString('utf8');
    size += count;
    if (size > LIMIT) throw unreadable(`it is longer than ${LIMIT} bytes`);
    parts.push(Buffer.from(buffer.subarray(0, count)));
  }
}

function readSome(buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(0, buffer, 0, buffer.length, null);
    } catch (thrown) {
      // Somebody made the descriptor non-blocking; the data is still to come.
      if (errnoOf(thrown) === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        continue;
      }
      if (errnoOf(thrown) === 'EOF') return 0;
      throw unreadable(errnoOf(thrown) ?? String(thrown));
    }
  }
}

function unreadable(reason: string): EnimError {
  const kind = kindOf();
  return new EnimError(
    'INPUT_FAILED',
    `The network configuration cannot be read from standard input${kind}: ${reason}.`,
    {
      hint: 'a container runtime writes it there; by hand: CNI_COMMAND=… enim < FILE',
    },
  );
}

function kindOf(): string {
  try {
    return fstatSync(0).isDirectory() ? ' (a directory)' : '';
  } catch {
    return ' (which is closed)';
  }
}
