/** A store in a directory, with real locks, and what it warned of. */
import { join } from 'node:path';
import { createPrograms } from '../../src/exec.js';
import { createLocks } from '../../src/store/lock.js';
import { createStateFile, createStore, type Store } from '../../src/store/store.js';

interface Opened {
  readonly store: Store;
  readonly warnings: string[];
  /** The state file, and its last good generation. */
  readonly path: string;
  readonly previous: string;
}

/**
 * Opens the store below `root`, as another process would.
 *
 * @param root its state is in `root/state`, its locks are in `root/run`
 */
export function openStore(
  root: string,
  { state = join(root, 'state'), wait = 10_000, file = createStateFile() } = {},
): Opened {
  const warnings: string[] = [];
  const locks = createLocks(createPrograms(30_000), { directory: join(root, 'run'), wait, purpose: 'a test' });
  const clock = (): Date => new Date('2026-01-02T03:04:05.678Z');
  const store = createStore({ directory: state, locks, clock, file, warn: (message) => warnings.push(message) });
  return { store, warnings, path: join(state, 'state.json'), previous: join(state, 'state.previous.json') };
}
