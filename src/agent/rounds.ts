/** The agent's rounds: what `enim gc` and `enim sync` do, on timers, told to the log. */
import type { Locations } from '../config/locations.js';
import type { Settings } from '../config/schema.js';
import { createContext, type Kept } from '../context.js';
import type { Log } from '../log.js';
import { gc } from '../manager/gc/gc.js';
import { failures } from '../manager/sync/outcome.js';
import { sync } from '../manager/sync/sync.js';
import { EnimError } from '../model/errors.js';
import { DONE, failure, type Judgment } from './observe.js';

/** How long something must be dead before it is reclaimed, in milliseconds. */
const GRACE_MS = 2_000;

/** What a round needs. */
export interface RoundSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly locations: Locations;
  readonly settings: Settings;
  readonly kept: Kept;
  readonly log: Log;
}

/**
 * One round of gc. What fails now is tried again in the next.
 *
 * @returns how it went
 */
export async function collect(
  { env, locations, settings, kept, log }: RoundSettings,
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

/**
 * One round of sync. What fails now is tried again in the next.
 *
 * @returns how it went
 */
export async function makeReady(
  { env, locations, settings, kept, log }: RoundSettings,
  signal: AbortSignal,
): Promise<Judgment> {
  const warn = (message: string): void => log('warn', message);
  const { parts } = createContext({ env, overrides: locations, settings, kept, purpose: 'enim agent, sync', warn });
  try {
    const synced = await sync(parts, { dryRun: false }, signal);
    for (const { eni, nic, commands } of synced.enis.filter(({ done }) => done))
      log('info', 'made ready', { eni, nic: nic?.name, commands });
    const failed = failures(synced);
    for (const reason of failed) log('warn', 'could not be made ready', { reason });
    return failed.length === 0 ? DONE : failure(new EnimError('LINK_FAILED', 'Not all could be made ready.'));
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    log('warn', `sync: ${thrown.message}`, { code: thrown.code, details: thrown.details, hint: thrown.hint });
    return failure(thrown);
  }
}
