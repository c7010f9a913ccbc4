/**
 * How questions get to the kernel, and its answers back. It does what it is asked for within write(2), and goes on with a dump within
 * read(2); it makes one move after the other for the whole node, so that either may take as long as all moves that came before.
 */
import { read, readSync, writeSync, write as writeThen } from 'node:fs';

/** A way to write to a socket, and to read from it. */
export interface Wire {
  write(fd: number, bytes: Buffer): Promise<void>;
  /** Fills the room from its beginning; returns how many bytes there are. */
  read(fd: number, room: Buffer): Promise<number>;
}

/** Our own thread waits. For a process that does one thing, that is the quickest; it hears signals in between. */
export const waiting: Wire = {
  write(fd, bytes) {
    writeSync(fd, bytes);
    return new Promise((resolve) => setImmediate(resolve));
  },
  read: async (fd, room) => readSync(fd, room, 0, room.length, null),
};

/** A thread of the pool waits. For a process that does several things at once: it goes on with the others, and hears signals. */
export const goingOn: Wire = {
  write: (fd, bytes) =>
    new Promise((resolve, reject) => writeThen(fd, bytes, (error) => (error === null ? resolve() : reject(error)))),
  read: (fd, room) =>
    new Promise((resolve, reject) =>
      read(fd, room, 0, room.length, null, (error, count) => (error === null ? resolve(count) : reject(error))),
    ),
};
