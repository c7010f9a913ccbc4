/**
 * Many calls at once, as when a node boots, load one after the other. All of them would compete for the same few cores, and the first be
 * ready as late as the last: so long the kernel, which moves one NIC after the other, would have nothing to do.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { standing, tryFlockFor } from './flock.js';

/** It is a matter of order alone: whoever has waited so long, in milliseconds, goes on, and nobody who hangs holds others up for longer. */
const PATIENCE_MS = 500;

/**
 * Waits for our turn to load.
 *
 * @param runDir directory of the lock files, which is locked itself; where it is not there yet, nobody waits
 * @returns what ends the turn, as the end of the process does
 */
export async function startInTurn(runDir: string): Promise<() => void> {
  let fd: number | undefined;
  try {
    fd = openSync(runDir, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return () => undefined;
  }
  await tryFlockFor(fd, PATIENCE_MS, standing);
  return () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
}
