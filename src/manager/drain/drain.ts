/**
 * drain = cordon → wait for returns, and reclaim what is dead → prove. No ENI can be given out behind the cordon, so an ENI that was
 * once seen to be home stays there, and one look at all of them is a proof. Killed at any point, the same call goes on from there.
 */
import type { Cordon } from '../../model/cordon.js';
import { EnimError } from '../../model/errors.js';
import { cordon } from '../cordon.js';
import type { Collected } from '../gc/finding.js';
import { gc } from '../gc/gc.js';
import type { Parts } from '../parts.js';
import type { Evictions } from './evict.js';
import { takeHome } from './force.js';
import { isHome, type Standing } from './standing.js';
import { surveyStandings } from './survey.js';

/** How to drain. */
export interface DrainRequest {
  /** For the cordon; null keeps the one that was given before. */
  readonly reason: string | null;
  /** How long to wait for returns, in milliseconds. */
  readonly timeout: number;
  /** How long something must be dead before it is reclaimed, in milliseconds. */
  readonly grace: number;
  /** Take the NICs out of pods that still live when the time is over. */
  readonly force: boolean;
  /** Asks the cluster to end the pods; null asks nobody. */
  readonly evictions: Evictions | null;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** How far it is. */
export interface Progress {
  readonly standings: readonly Standing[];
  /** Since the cordon stood, in milliseconds. */
  readonly passed: number;
}

/** Told while it goes on. */
export interface DrainEvents {
  /** The cordon stands. */
  cordoned(cordon: Cordon): void;
  progress(progress: Progress): void;
  /** What failed, and is tried again. */
  warn(message: string): void;
}

/** `timeout`: some are not home. `interrupted`: the signal has ended it. */
export type DrainOutcome = 'drained' | 'timeout' | 'interrupted';

/** How it ended, with the last look. */
export interface Drained {
  readonly outcome: DrainOutcome;
  readonly cordon: Cordon;
  readonly standings: readonly Standing[];
  /** IDs of the ENIs whose NIC was taken out of a living pod. */
  readonly forced: readonly string[];
}

const POLL_MS = 500;

/**
 * Drains the node.
 *
 * @param signal ends it between two steps; the cordon stays
 * @throws EnimError NOT_DRAINED if somebody takes the cordon away meanwhile; what the last look threw, if there was none without
 * failure until the time was over
 */
export async function drain(
  parts: Parts,
  request: DrainRequest,
  events: DrainEvents,
  signal: AbortSignal,
): Promise<Drained> {
  const { grace, timeout, now, evictions } = request;
  const standing = await cordon(parts, request.reason);
  events.cordoned(standing);
  const begun = now();
  const look = async (dryRun: boolean): Promise<readonly Standing[]> => {
    const standings = await round(parts, { dryRun, grace: dryRun ? 0 : grace }, signal);
    mustStand(parts, standing);
    const noted = evictions === null ? standings : evictions.note(standings);
    events.progress({ standings: noted, passed: now() - begun });
    return noted;
  };
  const end = (outcome: DrainOutcome, standings: readonly Standing[], forced: readonly string[] = []): Drained => ({
    ...{ outcome, cordon: standing, standings, forced },
  });

  // What is there is told at once, before anything has to be seen dead twice.
  let last = await look(true);
  for (;;) {
    if (last.every(isHome)) return end('drained', last);
    if (signal.aborted) return end('interrupted', last);
    await evictions?.ask(last, signal);
    const isOver = now() - begun >= timeout;
    try {
      last = await look(false);
    } catch (thrown) {
      if (isOver || !isPassing(thrown)) throw thrown;
      events.warn(thrown.message);
    }
    if (last.every(isHome)) return end('drained', last);
    if (signal.aborted) return end('interrupted', last);
    if (isOver) break;
    await parts.sleep(Math.max(0, Math.min(POLL_MS, timeout - (now() - begun))), signal);
  }
  if (!request.force) return end('timeout', last);
  const { taken, failed } = await takeHome(parts, last, signal);
  const after = (await look(false)).map((each) => {
    const why = failed.get(each.eni);
    return why === undefined || isHome(each) ? each : { ...each, reason: `${each.reason}; not forced: ${why}` };
  });
  if (after.every(isHome)) return end('drained', after, taken);
  return end(signal.aborted ? 'interrupted' : 'timeout', after, taken);
}

/** How each ENI stands now; changes nothing. */
export function checkDrained(parts: Parts): Promise<readonly Standing[]> {
  return round(parts, { dryRun: true, grace: 0 });
}

async function round(
  parts: Parts,
  { dryRun, grace }: { readonly dryRun: boolean; readonly grace: number },
  signal?: AbortSignal,
): Promise<readonly Standing[]> {
  const verdicts: readonly Collected[] = await gc(parts, { dryRun, grace }, signal);
  return surveyStandings(parts, verdicts);
}

/** Without it, what was seen to be home may be in a pod by now; so it may if it was away for a moment, and is another one now. */
function mustStand({ cordon: record }: Parts, { since }: Cordon): void {
  const now = record.find();
  if (now !== null && now.since === since) return;
  throw new EnimError('NOT_DRAINED', 'Somebody has taken the cordon of this node away while it was being drained.', {
    hint: 'see who did that, then drain it again: enim drain',
  });
}

/** Whether the next round may go better. */
function isPassing(thrown: unknown): thrown is EnimError {
  return thrown instanceof EnimError && thrown.code !== 'NOT_DRAINED' && thrown.exitCode !== 2;
}
