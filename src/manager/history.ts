/** What is recorded of who had which ENI. Looks only. */
import { EnimError } from '../model/errors.js';
import { type HistoryQuery, type Holding, pair, select } from '../model/history.js';
import { getKnown } from './known.js';
import type { Parts } from './parts.js';

/** What was recorded. */
export interface Past {
  /** One for each time that somebody had an ENI, the newest last. */
  readonly holdings: readonly Holding[];
  /** Lines of the file that are torn, damaged, or of a kind that this enim does not know. */
  readonly ignored: number;
}

/**
 * The holdings that fit.
 *
 * @throws EnimError NOT_THERE for an ENI of which nothing is recorded and that nobody knows
 */
export async function history(parts: Parts, query: HistoryQuery): Promise<Past> {
  const { events, ignored } = await parts.history.read();
  const all = pair(events);
  const { subject } = query;
  const isEni = subject !== null && !subject.includes('/');
  if (isEni && !all.some(({ eni }) => eni === subject)) await getKnown(parts, subject).catch(butNotThere);
  return { holdings: select(all, query), ignored };
}

/** That nobody can be asked is no reason to withhold what is recorded. */
function butNotThere(thrown: unknown): void {
  if (!(thrown instanceof EnimError) || thrown.code === 'NOT_THERE') throw thrown;
}
