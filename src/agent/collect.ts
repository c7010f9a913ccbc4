/** The agent's rounds of gc: what `enim gc` does, on a timer, told to the log. */

import type { Locations } from '../config/locations.js';
import type { Settings } from '../config/schema.js';
import { createContext, type Kept } from '../context.js';
import type { Log } from '../log.js';
import { gc } from '../manager/gc/gc.js';
import { EnimError } from '../model/errors.js';
import { DONE, failure, type Judgment } from './observe.js';

/** How long something must be dead before it is reclaimed, in milliseconds. */
const GRACE_MS = 2_000;

interface CollectSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly locations: Locations;
  readonly settings: Settings;
  readonly kept: Kept;
  readonly log: Log;
}

/**
 * One round. What fails now is tried again in the next.
 *
 * @returns how it went
 */
export async function collect(
  { env, locations, settings, kept, log }: CollectSettings,
  signal: AbortSignal,
): Promise<Judgment> {
  const warn = (message: string): void => log('warn', message);
  const context = { env, overrides: locations, settings, kept, purpose: 'enim agent, gc', warn };
  try {
    const verdicts = await gc(createContext(context).parts, { dryRun: false, grace: GRACE_MS }, signal);
    for (const { eni, reason, remaining } of verdicts.filter(({ done }) => done))
      log('info', 'reclaimed', { eni, reason, ...(remaining.length > 0 ? { remaining } : {}) });
    const failed = verdicts.filter(({ error }) => error !== null);
    for (const { eni, reason, error } of failed) log('warn', 'could not be reclaimed', { eni, reason, error });
    log('debug', 'gc has ended', { enis: verdicts.length, reclaimed: verdicts.filter(({ done }) => done).length });
    return failed.length === 0 ? DONE : failure(new EnimError('LINK_FAILED', 'Not all could be reclaimed.'));
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    log('warn', `gc: ${thrown.message}`, { code: thrown.code, details: thrown.details, hint: thrown.hint });
    return failure(thrown);
  }
}
