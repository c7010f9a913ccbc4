/** flock(2) as a plain function call, where the runtime offers it. */
import { libc } from '../libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the exclusive lock of `fd` if that is possible at once; undefined where the call is not to be had. */
export function tryFlock(fd: number): boolean | undefined {
  const calls = libc();
  return calls === undefined ? undefined : calls.flock(fd, LOCK_EX | LOCK_NB) === 0;
}
