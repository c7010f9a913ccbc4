/**
 * Making a directory with those above it. `mkdirSync` with `recursive` does not come to an end on Node.js where nothing can be made, as
 * below /proc (measured on 20 and 24).
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './model/errors.js';

/**
 * Makes it, and whatever of its path is missing; there is nothing to do where it is.
 *
 * @param mode of all that is made
 * @throws the error of mkdir(2)
 */
export function makeDirectory(path: string, mode = 0o777): void {
  const missing = attempt(path, mode);
  if (missing === undefined) return;
  const above = dirname(path);
  if (above === path) throw missing;
  makeDirectory(above, mode);
  const still = attempt(path, mode);
  if (still !== undefined) throw still;
}

/** What was thrown for want of a directory above it. */
function attempt(path: string, mode: number): unknown {
  try {
    mkdirSync(path, { mode });
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return thrown;
    if (errnoOf(thrown) !== 'EEXIST' || !isDirectory(path)) throw thrown;
  }
  return undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
