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

/** Our own thread waits. For a process that does one thing, that is the quickest; it hears signals after each order. */
export const waiting: Wire = {
  async ask(fd, bytes) {
    writeSync(fd, bytes);
  },
  async order(fd, bytes) {
    writeSync(fd, bytes);
    await turn();
  },
  read: readNow,
};

/** Longer than the kernel takes to answer where nobody holds it up, in milliseconds. */
const HELD_UP_MS = 5;

/** For so long afterwards, in milliseconds, it is taken to be held up again: whoever has it move one NIC mostly has it move more. */
const WARY_MS = 10_000;

/**
 * A thread of the pool waits. For a process that does several things at once: it goes on with the others, and hears signals. Where it
 * has ordered nothing, and other programs have not held the kernel up lately, a question is answered at once: then it is put by our own
 * thread, for to change threads would take longer.
 */
export function createGoingOn(now: () => number = () => performance.now()): Wire {
  let orders = 0;
  let waryUntil = Number.NEGATIVE_INFINITY;

  const isQuick = (): boolean => orders === 0 && now() >= waryUntil;
  const quickly = <T>(work: () => T): T => {
    const began = now();
    const result = work();
    if (now() - began > HELD_UP_MS) waryUntil = now() + WARY_MS;
    return result;
  };

  return {
    async ask(fd, bytes) {
      if (!isQuick()) return writeThere(fd, bytes);
      quickly(() => writeSync(fd, bytes));
      // A look at hundreds of links asks as often, and others are to have their turn in between.
      await turn();
    },
    async order(fd, bytes) {
      orders += 1;
      try {
        await writeThere(fd, bytes);
      } finally {
        orders -= 1;
      }
    },
    read: (fd, room) => (isQuick() ? quickly(() => readNow(fd, room)) : readThere(fd, room)),
  };
}

/** Has the event loop turn once: what has come meanwhile, a signal too, is heard. */
function turn(): Promise<void> {
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
