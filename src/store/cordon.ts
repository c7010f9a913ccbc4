/**
 * The cordon: a file of its own beside the state, so that it outlives damage to the state, and an enim that does not know it can still
 * read the state. That the file is there counts: one that cannot be understood is a cordon too.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, removeDurably, replaceDurably } from '../durable.js';
import type { Cordon } from '../model/cordon.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Locks } from './lock.js';
import { reasonOf, remedyFor } from './remedy.js';

/** The durable record of a cordon. */
export interface CordonRecord {
  /**
   * The cordon in force, or null.
   *
   * @throws EnimError STATE_UNREADABLE or NOT_PERMITTED: whether there is one is not known then
   */
  find(): Cordon | null;
  /** Changes it under a lock; on disk when this returns. Null lifts it. */
  update(change: (before: Cordon | null) => Cordon | null): Promise<Cordon | null>;
}

interface CordonSettings {
  readonly directory: string;
  readonly locks: Locks;
}

/** What is in the file. */
export interface CordonDocument extends Cordon {
  readonly version: 1;
}

/** Opens the record; nothing is read yet. */
export function createCordonRecord({ directory, locks }: CordonSettings): CordonRecord {
  const path = pathIn(directory);
  const find = (): Cordon | null => readCordon(directory);
  return {
    find,
    async update(change) {
      const lock = await locks.acquire('cordon');
      try {
        const before = find();
        const after = change(before);
        if (after === before) return after;
        if (after === null) removeDurably(path);
        else replaceDurably(path, `${JSON.stringify({ version: 1, ...after } satisfies CordonDocument)}\n`);
        return after;
      } catch (thrown) {
        throw thrown instanceof EnimError ? thrown : failure(path, 'written', thrown);
      } finally {
        lock.release();
      }
    },
  };
}

/**
 * The cordon in force, or null, for those who only look.
 *
 * @throws as `CordonRecord.find`
 */
export function readCordon(directory: string): Cordon | null {
  const path = pathIn(directory);
  try {
    const content = readIfThere(path);
    return content === undefined ? null : parseCordon(content);
  } catch (thrown) {
    throw failure(path, 'read', thrown);
  }
}

function pathIn(directory: string): string {
  return join(directory, 'cordon.json');
}

const CordonFile = v.object({
  since: v.fallback(v.nullable(v.string()), null),
  reason: v.fallback(v.nullable(v.string()), null),
});

/** Reads the text of the file. Whatever it is, it is a cordon. Pure. */
export function parseCordon(content: string): Cordon {
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch {
    raw = undefined;
  }
  const result = v.safeParse(CordonFile, raw);
  return result.success ? result.output : { since: null, reason: null };
}

function failure(path: string, what: 'read' | 'written', thrown: unknown): EnimError {
  const errno = errnoOf(thrown);
  if (errno === undefined) throw thrown;
  const isDenied = errno === 'EACCES' || errno === 'EPERM';
  const code = isDenied ? 'NOT_PERMITTED' : what === 'read' ? 'STATE_UNREADABLE' : 'STATE_UNWRITABLE';
  return new EnimError(code, `The cordon file ${path} cannot be ${what}: ${reasonOf(errno)}.`, {
    hint: isDenied ? 'run enim as root' : `${remedyFor(path, errno)}, then run the same command again`,
    cause: thrown,
  });
}
