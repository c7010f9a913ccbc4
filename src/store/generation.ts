/** One generation of the state file as it lies on the disk: reading it, telling what is wrong with it, and the errors of either. */
import { readIfThere } from '../durable.js';
import { EnimError, errnoOf } from '../model/errors.js';
import { reasonOf, remedyFor } from './remedy.js';
import { EMPTY_STATE, parseState, type Reading, type State } from './schema.js';

/**
 * The text of a state file; undefined if there is none.
 *
 * @throws EnimError NOT_PERMITTED, STATE_UNREADABLE
 */
export function readFile(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch (thrown) {
    const errno = errnoOf(thrown);
    const isDenied = errno === 'EACCES' || errno === 'EPERM';
    throw new EnimError(
      isDenied ? 'NOT_PERMITTED' : 'STATE_UNREADABLE',
      `The state file ${path} cannot be read (${errno ?? String(thrown)}).`,
      {
        hint: isDenied ? 'run enim as root' : `${remedyFor(path, errno)}; enim changes nothing until it can read it`,
        cause: thrown,
      },
    );
  }
}

/** What a generation turned out to be; undefined if there is none. */
function read(path: string): Reading | undefined {
  const content = readFile(path);
  return content === undefined ? undefined : parseState(content);
}

/** What is wrong with it, as a clause. */
export function damageOf(path: string): string {
  const reading = read(path);
  if (reading === undefined) return 'is missing';
  return reading.kind === 'damaged' ? `is damaged (${reading.reason})` : 'was damaged';
}

export function isDamaged(path: string): boolean {
  return read(path)?.kind === 'damaged';
}

/**
 * What to go on with where the present generation is damaged.
 *
 * @throws EnimError STATE_NEWER, and as `readFile`
 */
export function lastGood(previous: string): { readonly state: State; readonly from: string } {
  const reading = read(previous);
  if (reading?.kind === 'newer') throw newer(previous, reading.version);
  if (reading?.kind === 'good')
    return { state: withoutReturns(reading.state), from: `generation ${reading.state.generation} from ${previous}` };
  return { state: EMPTY_STATE, from: 'an empty state (there is no good earlier generation)' };
}

/** What had been given back by then may have been given out since: that its NIC is home must be seen again. */
function withoutReturns(state: State): State {
  const entries = Object.entries(state.allocations).map(([id, each]) => [id, { ...each, releasedAt: null }] as const);
  return { ...state, allocations: Object.fromEntries(entries) };
}

/** That a newer enim has written a state file. */
export function newer(path: string, version: number): EnimError {
  return new EnimError(
    'STATE_NEWER',
    `The state file ${path} has version ${version}; this enim knows up to version ${EMPTY_STATE.version}.`,
    {
      hint: 'use the newer enim that wrote it; nothing was changed',
    },
  );
}

/** That a state file could not be written, in words. */
export function unwritable(path: string, thrown: unknown, details: readonly string[] = []): EnimError {
  const errno = errnoOf(thrown);
  const isDenied = errno === 'EACCES' || errno === 'EPERM';
  return new EnimError(
    isDenied ? 'NOT_PERMITTED' : 'STATE_UNWRITABLE',
    `The state file ${path} cannot be written: ${errno === undefined ? String(thrown) : reasonOf(errno)}.`,
    {
      hint: isDenied ? 'run enim as root' : `${remedyFor(path, errno)}, then run the same command again`,
      cause: thrown,
      details,
    },
  );
}
