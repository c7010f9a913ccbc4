/**
 * How questions get to the kernel, and its answers back. It does what it is asked for within write(2), and goes on with a dump within
 * read(2); it makes one move after the other for the whole node, so that either may take as long as all moves that came before.
 */
import { read, readSync, writeSync, write as writeThen } from 'node:fs';

/** A way to write to a socket, and to read from it. */
export interface Wire {
  /** Writes a question. */
  ask(fd: number, bytes: Buffer): Promise<void>;
  /** Writes what is to be done. */
  order(fd: number, bytes: Buffer): Promise<void>;
  /** Fills the room from its beginning; returns how many bytes there are. */
  read(fd: number, room: Buffer): Promise<number>;
}

/** Our own thread waits. For a process that does one thing, that is the quickest; it hears signals in between. */
export const waiting: Wire = { ask: writeNow, order: writeNow, read: readNow };

/** How many orders of this process are under way. */
let orders = 0;

/**
 * A thread of the pool waits. For a process that does several things at once: it goes on with the others, and hears signals. Where it
 * has ordered nothing, a question is answered at once, but for what other processes do: then a thread would cost more than the question.
 */
export const goingOn: Wire = {
  ask: (fd, bytes) => (orders === 0 ? writeNow(fd, bytes) : writeThere(fd, bytes)),
  async order(fd, bytes) {
    orders += 1;
    try {
      await writeThere(fd, bytes);
    } finally {
      orders -= 1;
    }
  },
  read: (fd, room) => (orders === 0 ? readNow(fd, room) : readThere(fd, room)),
};

function writeNow(fd: number, bytes: Buffer): Promise<void> {
  writeSync(fd, bytes);
  return new Promise((resolve) => setImmediate(resolve));
}

async function readNow(fd: number, room: Buffer): Promise<number> {
  return readSync(fd, room, 0, room.length, null);
}

function writeThere(fd: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    writeThen(fd, bytes, (error) => (error === null ? resolve() : reject(error))),
  );
}

function readThere(fd: number, room: Buffer): Promise<number> {
  return new Promise((resolve, reject) =>
    read(fd, room, 0, room.length, null, (error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
