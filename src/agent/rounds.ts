/** The agent's rounds: what `enim gc` and `enim sync` do, on timers, told to the log. */

import { createContext, type Kept } from '../compose/context.js';
import type { Locations } from '../config/locations.js';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import { gc } from '../manager/gc/gc.js';
import type { Parts } from '../manager/parts.js';
import { failures, isNothingToDo } from '../manager/sync/outcome.js';
import { sync } from '../manager/sync/sync.js';
import { EnimError } from '../model/errors.js';
import type { Heard } from '../providers/kubernetes/watch/watch.js';
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
  /** What a watch of the cluster has heard. */
  readonly heard: () => Heard | undefined;
}

/**
 * One round of gc. What fails now is tried again in the next.
 *
 * @returns how it went
 */
export function collect(settings: RoundSettings, signal: AbortSignal): Promise<Judgment> {
  return round('gc', settings, async (parts, log, glance) => {
    const verdicts = await gc(parts, { dryRun: false, grace: GRACE_MS, glance }, signal);
    for (const { eni, reason, remaining } of verdicts.filter(({ done }) => done))
      log('info', 'reclaimed', { eni, reason, ...(remaining.length > 0 ? { remaining } : {}) });
    const failed = verdicts.filter(({ error }) => error !== null);
    for (const { eni, reason, error } of failed) log('warn', 'could not be reclaimed', { eni, reason, error });
    log('debug', 'gc has ended', { enis: verdicts.length, reclaimed: verdicts.filter(({ done }) => done).length });
    return failed.length;
  });
}

/** One round of sync; the same. */
export function makeReady(settings: RoundSettings, signal: AbortSignal): Promise<Judgment> {
  return round('sync', settings, async (parts, log, glance) => {
    const seen = await sync({ ...parts, provider: glance }, { dryRun: true });
    const synced = isNothingToDo(seen) ? seen : await sync(parts, { dryRun: false }, signal);
    for (const { eni, nic, commands } of synced.enis.filter(({ done }) => done))
      log('info', 'made ready', { eni, nic: nic?.name, commands });
    const failed = failures(synced);
    for (const reason of failed) log('warn', 'could not be made ready', { reason });
    return failed.length;
  });
}

/**
 * @param work returns how much of it failed; it is given what acts, and a provider that may only show whether there is something to do
 */
async function round(
  name: string,
  { env, locations, settings, kept, log, heard }: RoundSettings,
  work: (parts: Parts, log: Log, glance: Parts['provider']) => Promise<number>,
): Promise<Judgment> {
  const warn = (message: string): void => log('warn', message);
  const context = { env, overrides: locations, settings, kept, purpose: `enim agent, ${name}`, warn };
  try {
    const glance = createContext({ ...context, heard }).parts.provider;
    const failed = await work(createContext(context).parts, log, glance);
    return failed === 0 ? DONE : failure(new EnimError('LINK_FAILED', `${failed} parts of ${name} failed.`));
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    log('warn', `${name}: ${thrown.message}`, { code: thrown.code, details: thrown.details, hint: thrown.hint });
    return failure(thrown);
  }
}
