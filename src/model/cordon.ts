/** That a node gives out no ENI for the time being. */
import { EnimError } from './errors.js';

/** As it was asked for. Null where that is not known any more: that there is a cordon counts, and not what is written in it. */
export interface Cordon {
  /** ISO 8601, UTC. */
  readonly since: string | null;
  readonly reason: string | null;
}

/** Since when and why, to follow a subject: `has been cordoned since 2026-01-02T03:04:05.000Z (kernel upgrade)`. */
export function describeCordon({ since, reason }: Cordon): string {
  return `has been cordoned since ${since ?? 'an unknown time'}${reason === null ? '' : ` (${reason})`}`;
}

/**
 * Checks the reason that somebody gives: one line.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && !/\p{Cc}/u.test(reason)) return reason;
  throw new EnimError('INVALID_ARGUMENT', `The reason is ${JSON.stringify(text)}, which is no line of text.`, {
    hint: 'give a few words, for example --reason "kernel upgrade", or none',
  });
}
