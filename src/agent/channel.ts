/**
 * A client's connection to the agent, on either runtime. The client has nothing to do but wait, so its thread sleeps in plain system
 * calls where they are to be had: `Bun.connect` takes 1 ms more of a call, and Bun's copy of `node:net` 5 (measured).
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { type Libc, libc } from '../libc.js';
import { boundReading, boundWriting, connectUnix } from './unix.js';

/** A connection that is open. */
export interface Channel {
  /** Sends all of it; throws or rejects if that breaks, or takes longer than so many milliseconds at any point. */
  send(bytes: Uint8Array, milliseconds: number): void | Promise<void>;
  /** The next bytes. Undefined, or an exception, if none come within so many milliseconds, or will come at all. */
  receive(milliseconds: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  close(): void;
}

/** Connects; rejects if nobody listens there. */
export async function connect(path: string): Promise<Channel> {
  const calls = libc();
  return calls === undefined ? onNode(path) : sleeping(path, calls);
}

function sleeping(path: string, calls: Libc): Channel {
  const fd = connectUnix(calls, path);
  if (fd === undefined) throw new Error(`nobody listens at ${path}`);
  const room = Buffer.allocUnsafeSlow(65_536);
  return {
    send(bytes, milliseconds) {
      boundWriting(calls, fd, milliseconds);
      for (let sent = 0; sent < bytes.length; ) sent += writeSync(fd, bytes, sent);
    },
    receive(milliseconds) {
      boundReading(calls, fd, milliseconds);
      const count = readSync(fd, room, 0, room.length, null);
      return count === 0 ? undefined : Buffer.from(room.subarray(0, count));
    },
    close: () => closeSync(fd),
  };
}

/** For what is there already to be read, in milliseconds. */
const LAST_LOOK_MS = 5;

async function onNode(path: string): Promise<Channel> {
  const { connect: open } = await import('node:net');
  const { setTimeout: sleep } = await import('node:timers/promises');
  const socket = open(path);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  // The next of its pieces fails then, and says so.
  socket.on('error', () => undefined);
  const pieces = socket.iterator() as AsyncIterator<Buffer>;
  return {
    async send(bytes) {
      socket.write(bytes);
    },
    async receive(milliseconds) {
      const silence = new AbortController();
      const { signal } = silence;
      // On a busy machine it may be we who were late: what has come by then counts.
      const nothing = sleep(milliseconds, undefined, { signal }).then(() => sleep(LAST_LOOK_MS, undefined, { signal }));
      try {
        const next = await Promise.race([pieces.next(), nothing]);
        return next?.done === false ? next.value : undefined;
      } finally {
        silence.abort();
        nothing.catch(() => undefined);
      }
    },
    close: () => void socket.destroy(),
  };
}
