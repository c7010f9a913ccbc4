/**
 * gc: finds what abnormal ends have left behind and does for it what its own del should have done. It looks twice, a grace period
 * apart, and acts only where both looks agree; it works on an attachment only while it holds that attachment's lock, so it never
 * meets an add or del that is under way, nor another gc.
 */
import { type Endpoint, sameKey } from '../../model/attachment.js';
import { isSameNic } from '../../model/eni.js';
import { messageOf } from '../../model/errors.js';
import { look } from '../locate.js';
import { attachmentLock, eniLock, type LockedParts, withLock } from '../locked.js';
import type { Parts } from '../parts.js';
import type { Verdict } from '../verdict.js';
import { findWithdrawn, withdrawnOf } from '../withdrawn.js';
import type { Collected, Finding } from './finding.js';
import { judgeLeftoverNow } from './leftover.js';
import { judgeRecorded } from './recorded.js';
import { judgeUnrecorded } from './unrecorded.js';

/** How to run. */
export interface GcRequest {
  /** Decide, and change nothing. */
  readonly dryRun: boolean;
  /** Only what belongs to this network; null means all. */
  readonly network?: string | null;
  /** Time between the two looks, in milliseconds. */
  readonly grace: number;
  /** Who is asked at the first look: what it says may be a moment old. If that shows nothing to reclaim, nothing else is asked. */
  readonly glance?: Parts['provider'];
}

/**
 * Judges every ENI that is not plainly free, and reclaims what is dead.
 *
 * @param signal ends it between two steps
 */
export async function gc(
  parts: Parts,
  { dryRun, grace, network = null, glance = parts.provider }: GcRequest,
  signal?: AbortSignal,
): Promise<readonly Collected[]> {
  const look = async (provider: Parts['provider']): Promise<Finding[]> =>
    (await survey({ ...parts, provider })).filter(({ endpoint }) => network === null || endpoint?.network === network);
  const first = await look(glance);
  if (!first.some(({ act }) => act !== undefined)) return first.map((finding) => outcome(finding));
  await parts.sleep(grace, signal);
  if (signal?.aborted) return [];
  const collected: Collected[] = [];
  for (const finding of await look(parts.provider)) {
    if (signal?.aborted) break;
    const before = first.find((each) => each.eni === finding.eni && isSameEndpoint(each.endpoint, finding.endpoint));
    collected.push(before?.action === finding.action ? await carryOut(parts, finding, dryRun) : outcome(wait(finding)));
  }
  return collected;
}

/** What gc would decide by one look; it takes no lock and changes nothing. An operation that is under way may look dead. */
export async function judge(parts: Parts): Promise<readonly Verdict[]> {
  return (await survey(parts)).map(({ action, reason }) => ({ action, reason }));
}

function isSameEndpoint(a: Endpoint | null, b: Endpoint | null): boolean {
  return a === null || b === null ? a === b : sameKey(a, b);
}

function outcome(
  { eni, action, reason }: Finding,
  { done = false, error = null, remaining = [] }: Partial<Collected> = {},
): Collected {
  return { eni, action, reason, done, error, remaining };
}

/** Dead at one look only: it may be an add or a del that was just under way. */
function wait(finding: Finding): Finding {
  if (finding.act === undefined) return finding;
  return { ...finding, action: 'skip', reason: `changed within the grace period, to be seen again: ${finding.reason}` };
}

async function carryOut(parts: Parts, finding: Finding, dryRun: boolean): Promise<Collected> {
  if (finding.act === undefined) return outcome(finding);
  const lock = await parts.locks.tryAcquire(lockOf(finding));
  if (lock === undefined) return outcome({ ...finding, action: 'skip', reason: 'another enim is working on it' });
  const work = async (locked: LockedParts): Promise<Collected> => {
    if (dryRun) return outcome(finding);
    try {
      const result = await finding.act?.(locked);
      if (result !== undefined) return outcome(finding, { done: true, ...result });
      return outcome({ ...finding, action: 'skip', reason: 'another enim has just done it' });
    } catch (thrown) {
      return outcome(finding, { error: messageOf(thrown) });
    }
  };
  return withLock(parts, lock, work, ({ error }) => error === null && finding.endpoint !== null);
}

function lockOf({ eni, endpoint }: Finding): string {
  if (endpoint !== null) return attachmentLock(endpoint);
  if (eni !== null) return eniLock(eni);
  throw new Error('A finding is of an ENI or of an endpoint.');
}

/** One look at everything. */
async function survey(parts: Parts): Promise<Finding[]> {
  // Before any netns is entered: our own children would count as processes of the pod.
  const processes = await parts.netns.processes();
  const [provided, attachments, machine] = await Promise.all([parts.provider.list(), parts.store.list(), look(parts)]);
  const withdrawn = await findWithdrawn(parts, attachments);
  const recorded = await Promise.all(
    attachments.map((attachment) =>
      judgeRecorded(parts, machine, processes, attachment, withdrawnOf(withdrawn, attachment)),
    ),
  );
  const others = await Promise.all(
    provided
      .filter(({ eni }) => !attachments.some((each) => isSameNic(each.eni, eni)))
      .map((each) => judgeUnrecorded(parts, machine, attachments, each, withdrawnOf(withdrawn, each.holder))),
  );
  const ofEnis = [...recorded, ...others.filter((finding) => finding !== undefined)];
  // What still holds an ENI, or is recorded, is given up together with that.
  const left = withdrawn.filter(
    ({ eni, endpoint }) => eni === null && !ofEnis.some((each) => isSameEndpoint(each.endpoint, endpoint)),
  );
  return [...ofEnis, ...(await Promise.all(left.map((each) => judgeLeftoverNow(parts, machine, each))))];
}
