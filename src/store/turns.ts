/**
 * Turns for a lock within one process: whoever waits for it stands in line here, and only the first goes to the kernel. flock(2) would
 * keep them apart as well, but each would poll, and then start a program that waits for it.
 */

/** Lines, one for each lock file. */
export interface Turns {
  /**
   * Waits for a turn.
   *
   * @returns what ends the turn; undefined if it has not come within so many milliseconds
   */
  take(path: string, milliseconds: number): Promise<(() => void) | undefined>;
}

interface Waiter {
  readonly go: () => void;
}

export function createTurns(): Turns {
  const lines = new Map<string, Waiter[]>();

  const leave = (path: string) => (): void => {
    const next = lines.get(path)?.shift();
    if (next === undefined) lines.delete(path);
    else next.go();
  };

  return {
    async take(path, milliseconds) {
      const line = lines.get(path);
      if (line === undefined) {
        lines.set(path, []);
        return leave(path);
      }
      if (milliseconds <= 0) return undefined;
      const came = await new Promise<boolean>((resolve) => {
        const waiter: Waiter = {
          go() {
            clearTimeout(timer);
            resolve(true);
          },
        };
        const timer = setTimeout(() => {
          line.splice(line.indexOf(waiter), 1);
          resolve(false);
        }, milliseconds);
        line.push(waiter);
      });
      return came ? leave(path) : undefined;
    },
  };
}
