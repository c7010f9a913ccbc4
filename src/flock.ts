/** flock(2) as a plain function call, where the runtime offers it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { libc } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the exclusive lock of `fd` if that is possible at once; undefined where the call is not to be had. */
function tryFlock(fd: number): boolean | undefined {
  const calls = libc();
  return calls === undefined ? undefined : calls.flock(fd, LOCK_EX | LOCK_NB) === 0;
}

/** The pauses between two attempts, in milliseconds. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
  pause(milliseconds: number): Promise<unknown>;
}

/** For a process that does several things at once. */
export const goingOn: Pauses = { first: 1, longest: 1, pause: sleep };

/** For one that has nothing else to do: its thread sleeps, which takes a tenth of the CPU, and hears signals in between. */
export const standing: Pauses = {
  ...{ first: 0.3, longest: 4 },
  pause(milliseconds) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return new Promise((resolve) => setImmediate(resolve));
  },
};

/** Tries again and again for so many milliseconds; undefined where the call is not to be had. */
export async function tryFlockFor(fd: number, milliseconds: number, pauses: Pauses): Promise<boolean | undefined> {
  const deadline = performance.now() + milliseconds;
  for (let pause = pauses.first; ; pause = Math.min(pause * 1.2, pauses.longest)) {
    const taken = tryFlock(fd);
    if (taken !== false || performance.now() >= deadline) return taken;
    // Or all who wait would come at the same moment again.
    await pauses.pause(pause * (0.5 + Math.random()));
  }
}
