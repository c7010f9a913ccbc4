/** A clock that a test turns: nothing takes time but what sleeps, and that takes as long as it says. */

export interface TestClock {
  /** In milliseconds; it begins at 0. */
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Does something at that time. */
  at(time: number, work: () => void): void;
  /** Turns on until the work is done. */
  until<T>(work: Promise<T>): Promise<T>;
  /** How many wait now. */
  sleepers(): number;
}

interface Sleeper {
  readonly time: number;
  wake(): void;
}

export function createClock(): TestClock {
  let time = 0;
  const sleepers = new Set<Sleeper>();
  const first = (): Sleeper | undefined =>
    [...sleepers].reduce<Sleeper | undefined>(
      (best, each) => (best === undefined || each.time < best.time ? each : best),
      undefined,
    );
  return {
    now: () => time,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        // A real one would ring at once.
        if (milliseconds > 2 ** 31 - 1) throw new RangeError(`No timer can be as long as ${milliseconds} ms.`);
        const sleeper: Sleeper = {
          time: time + milliseconds,
          wake() {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake);
      }),
    at(when, work) {
      const sleeper: Sleeper = {
        time: when,
        wake() {
          sleepers.delete(sleeper);
          work();
        },
      };
      sleepers.add(sleeper);
    },
    async until(work) {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      done.catch(() => undefined);
      for (;;) {
        // Whatever needs no time comes first.
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone) return done;
        const next = first();
        if (next === undefined) throw new Error('Nobody is waiting for the clock, and the work is not done.');
        time = Math.max(time, next.time);
        next.wake();
      }
    },
    sleepers: () => sleepers.size,
  };
}
