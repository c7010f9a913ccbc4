/**
 * The history on disk: a line an event, a checksum before each. Lines are only ever added, each by one write with O_APPEND, which the
 * kernel does not mix with another's; so it takes no lock, and of a line that is torn or damaged nothing is believed, nor of its
 * neighbours doubted. It is bounded: a full file becomes the older one, in whose place it goes.
 *
 * Nothing is fsynced: it is a record for people. What must be known after a power failure is in the state file, and an ADD that waits
 * for the disk once more would be slower for nothing. For the same reason no operation fails because it could not be recorded.
 */
import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { readBytesIfThere } from '../durable.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { HistoryEvent } from '../model/history.js';
import type { Locks } from './lock.js';
import { remedyFor } from './remedy.js';

/** What was read, oldest first. */
export interface Recorded {
  readonly events: readonly HistoryEvent[];
  /** Lines that are torn, damaged, or of a kind that this enim does not know. */
  readonly ignored: number;
}

/** Who had which ENI, and why no longer. */
export interface History {
  /** Adds an event; the caller holds the lock of its ENI or attachment. Never fails: it warns, once. */
  record(event: HistoryEvent): Promise<void>;
  /** @throws EnimError NOT_PERMITTED, STATE_UNREADABLE */
  read(): Promise<Recorded>;
}

interface HistorySettings {
  /** The store's; it is there by the time that something is recorded. */
  readonly directory: string;
  /** Only for the moment in which a full file is put aside. */
  readonly locks: Pick<Locks, 'tryAcquire'>;
  readonly warn: (message: string) => void;
  /** Bytes that a file may have before it is put aside; there are never more than two. */
  readonly limit?: number;
}

/** Opens the history; nothing is read or written yet. */
export function createHistory({ directory, locks, warn, limit = 2 ** 20 }: HistorySettings): History {
  const { path, older } = filesIn(directory);
  let warned = false;

  /** Whoever finds it full, too, leaves it to the one who has the lock; without it the second would put aside the new file. */
  const rotate = async (): Promise<void> => {
    const lock = await locks.tryAcquire('history');
    if (lock === undefined) return;
    try {
      if (statSync(path).size >= limit) renameSync(path, older);
    } finally {
      lock.release();
    }
  };

  return {
    async record(event) {
      try {
        if (append(path, formatLine(event)) >= limit) await rotate();
      } catch (thrown) {
        if (!warned) warn(`The history ${path} cannot be written (${errnoOf(thrown) ?? thrown}); all else was done.`);
        warned = true;
      }
    },

    read: async () => readHistory(directory),
  };
}

/** @throws EnimError NOT_PERMITTED, STATE_UNREADABLE */
export function readHistory(directory: string): Recorded {
  const { path, older } = filesIn(directory);
  for (;;) {
    const before = inodeOf(path);
    const files = [older, path].map(readFile);
    // Put aside between the two looks, one file would be read twice and one not at all.
    if (inodeOf(path) === before) return parseLines(Buffer.concat(files));
  }
}

function filesIn(directory: string): { readonly path: string; readonly older: string } {
  return { path: join(directory, 'history.log'), older: join(directory, 'history.1.log') };
}

/** Returns the size that the file has now. */
function append(path: string, line: string): number {
  const bytes = Buffer.from(line);
  const fd = openSync(path, 'a', 0o600);
  try {
    // The disk is full. What was written stays as a torn line: cutting it off could cut off another's.
    if (writeSync(fd, bytes) < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

function inodeOf(path: string): number | undefined {
  return reading(path, () => statSync(path, { throwIfNoEntry: false })?.ino);
}

function readFile(path: string): Buffer {
  return reading(path, () => readBytesIfThere(path) ?? Buffer.alloc(0));
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    const isDenied = errno === 'EACCES' || errno === 'EPERM';
    throw new EnimError(
      isDenied ? 'NOT_PERMITTED' : 'STATE_UNREADABLE',
      `The history ${path} cannot be read (${errno ?? String(thrown)}).`,
      {
        hint: isDenied ? 'run enim as root' : `${remedyFor(path, errno)}; nothing else depends on this file`,
        cause: thrown,
      },
    );
  }
}

/** `CHECKSUM EVENT`, the event as JSON. */
export function formatLine(event: HistoryEvent): string {
  const text = JSON.stringify(event);
  return `${checksum(Buffer.from(text))} ${text}\n`;
}

/** Reads what files hold; any bytes will do. */
export function parseLines(content: Buffer): Recorded {
  const events: HistoryEvent[] = [];
  let ignored = 0;
  for (let start = 0; start < content.length; ) {
    const feed = content.indexOf('\n', start);
    const end = feed === -1 ? content.length : feed;
    const { event, isWhole } = parseLine(content.subarray(start, end));
    if (event !== undefined) events.push(event);
    if (!isWhole) ignored += 1;
    start = end + 1;
  }
  return { events, ignored };
}

const CHECKSUM = /^[0-9a-f]{8} $/;
const CHECKSUM_LENGTH = 9;

/** Whoever writes after a torn line writes on the same line, so the event may be its end alone. */
function parseLine(line: Buffer): { readonly event: HistoryEvent | undefined; readonly isWhole: boolean } {
  for (let brace = line.indexOf('{'); brace !== -1; brace = line.indexOf('{', brace + 1)) {
    const start = brace - CHECKSUM_LENGTH;
    const sum = line.toString('latin1', Math.max(0, start), brace);
    if (!CHECKSUM.test(sum) || sum.trimEnd() !== checksum(line.subarray(brace))) continue;
    const event = parseEvent(line.toString('utf8', brace));
    return { event, isWhole: event !== undefined && start === 0 };
  }
  return { event: undefined, isWhole: false };
}

function parseEvent(text: string): HistoryEvent | undefined {
  try {
    const result = v.safeParse(HistoryLine, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

const text = v.string();

const subject = {
  ...{ eni: text, netns: text, at: text },
  ...{ network: text, containerID: text, ifname: text, owner: text, uid: v.nullable(text) },
};

/** An event, as it was recorded. */
export const HistoryLine = v.variant('event', [
  v.object({ event: v.picklist(['attached', 'leased']), ...subject, since: text }),
  v.object({
    event: v.picklist(['released', 'lease ended']),
    ...subject,
    since: v.nullable(text),
    reason: text,
    restored: v.array(v.object({ what: text, from: text, to: text })),
  }),
]) satisfies v.GenericSchema<unknown, HistoryEvent>;

/** The remainders of the sixteen words of four bits in the generator of CRC-32 (ISO 3309), 0xedb88320 with its bits in reverse. */
const REMAINDERS = new Uint32Array([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
  0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** CRC-32, in hexadecimal. Our own, for node:zlib and Bun.hash take longer to load than this takes for a line. */
function checksum(bytes: Buffer): string {
  let rest = 0xffffffff;
  // By index: the iterator of a Buffer is far slower where code runs once.
  for (let at = 0; at < bytes.length; at += 1) {
    rest ^= bytes[at] as number;
    rest = (REMAINDERS[rest & 15] as number) ^ (rest >>> 4);
    rest = (REMAINDERS[rest & 15] as number) ^ (rest >>> 4);
  }
  return (~rest >>> 0).toString(16).padStart(8, '0');
}
