/** The composition root of watching this node: what tells when it is worth to look again. */
import { watchLinks } from '../link/watch.js';
import { type Changes, createChanges } from '../manager/changes.js';
import { watchState } from '../store/watch.js';

/**
 * Begins to be told.
 *
 * @param settle least time between two tellings, in milliseconds
 */
export function listenForChanges(stateDir: string, settle: number, signal: AbortSignal): Changes {
  return createChanges([watchLinks, (onChange) => watchState(stateDir, onChange)], settle, signal);
}
