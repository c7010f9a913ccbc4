/** A cordon, for people. */
import type { Cordon } from '../model/cordon.js';
import { ageSince } from '../model/duration.js';
import { visible } from './visible.js';

/** The line of `enim list` below the table. */
export function renderCordoned(cordon: Cordon, now: Date): string {
  return `Cordoned${whenAndWhy(cordon, now)}: no ENI is given out; end it: enim uncordon`;
}

/** ` 3m ago (kernel upgrade)`. */
export function whenAndWhy({ since, reason }: Cordon, now: Date): string {
  const age = since === null ? '' : ` ${ageSince(since, now)} ago`;
  return `${age}${reason === null ? '' : ` (${visible(reason)})`}`;
}
