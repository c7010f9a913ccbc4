/** A client's unix socket by plain system calls (unix(7), socket(7)). */
import { closeSync } from 'node:fs';
import type { Libc } from '../libc.js';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0x80000 | 0x800;
const F_SETFL = 4;

export const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;

/** Bytes of a path that `sun_path` holds, with the zero at its end. */
const SUN_PATH = 108;

/**
 * Connects, at once: an agent that has no room left for one who waits (listen(2)) counts as absent.
 *
 * @returns a descriptor on which reading and writing wait; undefined if nobody listens there
 */
export function connectUnix(calls: Libc, path: string): number | undefined {
  const name = Buffer.from(path);
  if (name.length >= SUN_PATH) return undefined;
  const address = Buffer.alloc(2 + SUN_PATH);
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
  name.copy(address, 2);
  const fd = calls.socket(AF_UNIX, SOCK_STREAM_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) return undefined;
  if (calls.connect(fd, address, address.byteLength) === 0 && calls.fcntl(fd, F_SETFL, 0) === 0) return fd;
  closeSync(fd);
  return undefined;
}

/** How long reading from it waits for the first byte: then it fails with EAGAIN. */
export function boundReading(calls: Libc, fd: number, milliseconds: number): void {
  bound(calls, fd, SO_RCVTIMEO, milliseconds);
}

/** How long writing waits for room. */
export function boundWriting(calls: Libc, fd: number, milliseconds: number): void {
  bound(calls, fd, SO_SNDTIMEO, milliseconds);
}

function bound(calls: Libc, fd: number, option: number, milliseconds: number): void {
  // struct timeval; zero would be for ever.
  const microseconds = Math.max(1, Math.round(milliseconds * 1_000));
  const value = BigInt64Array.of(BigInt(Math.floor(microseconds / 1e6)), BigInt(microseconds % 1e6));
  calls.setsockopt(fd, SOL_SOCKET, option, value, value.byteLength);
}
