/**
 * gc: finds what abnormal ends have left behind and does for it what its own del should have done. It looks twice, a grace period
 * apart, and acts only where both looks agree; it works on an attachment only while it holds that attachment's lock, so it never
 * meets an add or del that is under way, nor another gc.
 */
import { type Attachment, BY_HAND, type Endpoint, endpointOf, sameKey } from '../model/attachment.js';
import { messageOf } from '../model/errors.js';
import { parseLabel } from '../model/label.js';
import type { Restored } from '../model/link.js';
import type { ProvidedEni } from '../providers/provider.js';
import { giveBack } from './home.js';
import { identityOf, identityOfAttachment } from './identify.js';
import { type Look, locate, look, type Whereabouts } from './locate.js';
import { attachmentLock, eniLock, type LockedParts, withLock } from './locked.js';
import type { Parts } from './parts.js';
import { rebuild, recordAgain } from './rebuild.js';
import {
  type Action,
  describe,
  judgeAttachment,
  judgeHolding,
  judgeLeftover,
  type Verdict,
  type Withdrawn,
} from './verdict.js';
import { findCarrier, findWithdrawn, type GivenUp, withdrawnOf } from './withdrawn.js';

/** How to run. */
export interface GcRequest {
  /** Decide, and change nothing. */
  readonly dryRun: boolean;
  /** Only what belongs to this network; null means all. */
  readonly network?: string | null;
  /** Time between the two looks, in milliseconds. */
  readonly grace: number;
}

/** What was decided of one ENI, and whether it was done. */
export interface Collected extends Verdict {
  /** Null for an endpoint that no ENI is held for. */
  readonly eni: string | null;
  readonly done: boolean;
  /** Why it could not be done, if it was tried. */
  readonly error: string | null;
  /** What of the NIC could not be put back, although it is home. */
  readonly remaining: readonly Restored[];
}

/** A verdict with what would have to be done for it. */
interface Finding extends Verdict {
  readonly eni: string | null;
  /** Whose lock protects the work. */
  readonly endpoint: Endpoint | null;
  /**
   * Does the work under that lock. Undefined if it finds that somebody else did it meanwhile. Absent where there is nothing to do.
   */
  readonly act?: (parts: LockedParts) => Promise<Pick<Collected, 'remaining'> | undefined>;
}

/**
 * Judges every ENI that is not plainly free, and reclaims what is dead.
 *
 * @param signal ends it between two steps
 */
export async function gc(
  parts: Parts,
  { dryRun, grace, network = null }: GcRequest,
  signal?: AbortSignal,
): Promise<readonly Collected[]> {
  const look = async (): Promise<Finding[]> =>
    (await survey(parts)).filter(({ endpoint }) => network === null || endpoint?.network === network);
  const first = await look();
  if (!first.some(({ act }) => act !== undefined)) return first.map((finding) => outcome(finding));
  await parts.sleep(grace, signal);
  if (signal?.aborted) return [];
  const collected: Collected[] = [];
  for (const finding of await look()) {
    if (signal?.aborted) break;
    const before = first.find((each) => each.eni === finding.eni && isSameEndpoint(each.endpoint, finding.endpoint));
    collected.push(before?.action === finding.action ? await carryOut(parts, finding, dryRun) : outcome(wait(finding)));
  }
  return collected;
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
  return withLock(parts, lock, async (locked) => {
    if (dryRun) return outcome(finding);
    try {
      const result = await finding.act?.(locked);
      if (result !== undefined) return outcome(finding, { done: true, ...result });
      return outcome({ ...finding, action: 'skip', reason: 'another enim has just done it' });
    } catch (thrown) {
      return outcome(finding, { error: messageOf(thrown) });
    }
  });
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
  const ids = new Set(attachments.map(({ eni }) => eni.id));
  const others = await Promise.all(
    provided
      .filter(({ eni }) => !ids.has(eni.id))
      .map((each) => judgeUnrecorded(parts, machine, attachments, each, withdrawnOf(withdrawn, each.holder))),
  );
  const ofEnis = [...recorded, ...others.filter((finding) => finding !== undefined)];
  // What still holds an ENI, or is recorded, is given up together with that.
  const left = withdrawn.filter(
    ({ eni, endpoint }) => eni === null && !ofEnis.some((each) => isSameEndpoint(each.endpoint, endpoint)),
  );
  return [...ofEnis, ...(await Promise.all(left.map((each) => judgeLeft(parts, machine, each))))];
}

/** Processes by the inode of the netns that they run in. */
type Processes = ReadonlyMap<number, readonly number[]>;

async function judgeRecorded(
  parts: Parts,
  machine: Look,
  processes: Processes,
  attachment: Attachment,
  withdrawn: Withdrawn | null,
): Promise<Finding> {
  const { eni, snapshot } = attachment;
  const { verdict, where } = await judgeNow(parts, machine, processes, attachment, withdrawn);
  const finding: Finding = { ...verdict, eni: eni.id, endpoint: endpointOf(attachment) };
  if (verdict.action !== 'reclaim') return finding;
  const changes = where.at === 'home' ? parts.links.differences(where.link, snapshot, machine.home.links) : [];
  const restoring = changes.map(({ what, from, to }) => `; ${what} ${from} → ${to}`).join('');
  return {
    ...finding,
    reason: `${verdict.reason}${restoring}`,
    act: async (locked) => {
      // Another look, under the lock: the record may be finished, replaced or gone, and the pod may have got its NIC.
      const now = await locked.store.find(attachment);
      if (now === undefined || now.since !== attachment.since) return undefined;
      const given = withdrawn === null ? null : withdrawnOf(await findWithdrawn(parts, [now]), now);
      const { verdict: again } = await judgeNow(parts, await look(parts), await parts.netns.processes(), now, given);
      if (again.action !== 'reclaim') return undefined;
      return giveBack(locked, now, { reason: `gc: ${again.reason}` });
    },
  };
}

async function judgeNow(
  parts: Parts,
  machine: Look,
  processes: Processes,
  attachment: Attachment,
  withdrawn: Withdrawn | null,
): Promise<{ readonly verdict: Verdict; readonly where: Whereabouts }> {
  const { netns } = attachment;
  const there = netns.path === '' ? undefined : await parts.netns.find(netns.path);
  const where = await locate(machine, identityOfAttachment(attachment, parts.bootID), netns);
  const verdict = judgeAttachment(attachment, {
    bootID: parts.bootID,
    netns: there === undefined ? 'gone' : there.inode === netns.inode ? 'same' : 'another',
    pids: processes.get(netns.inode) ?? [],
    where,
    withdrawn,
  });
  return { verdict, where };
}

/** An ENI without a record: free, held by hand, or left by a crash between two records. Undefined if it is plainly free. */
async function judgeUnrecorded(
  parts: Parts,
  machine: Look,
  attachments: readonly Attachment[],
  { eni, holder }: ProvidedEni,
  withdrawn: Withdrawn | null,
): Promise<Finding | undefined> {
  const where = await locate(machine, identityOf(eni), null);
  if (holder?.network === BY_HAND) {
    const verdict = judgeHolding(holder, where, withdrawn);
    return reclaimable(parts, { ...verdict, eni: eni.id, endpoint: holder }, () => rebuild(parts, eni, holder, where));
  }
  if (where.at === 'unclear') return { eni: eni.id, endpoint: holder, action: 'skip', reason: describe(where) };
  const label = where.at === 'nowhere' ? undefined : parseLabel(where.link.alias);
  const endpoint = holder ?? label?.endpoint ?? null;
  const record = endpoint === null ? undefined : rebuild(parts, eni, endpoint, where);
  const finding = { eni: eni.id, endpoint };

  // It was given another one since the record of this was lost; or a pod has written somebody else's label on its NIC. A second
  // record would take the place of that of the other.
  const other = attachments.find((each) => endpoint !== null && sameKey(each, endpoint));
  if (other !== undefined) {
    const reason = `${describe(where)}, and ${other.owner}, whose it was, has ${other.eni.id}; del that first`;
    return { ...finding, action: 'skip', reason };
  }

  if (where.at === 'netns') {
    if (record === undefined || label === undefined) {
      return { ...finding, action: 'skip', reason: `${describe(where)}, and nothing says whose it is` };
    }
    return {
      ...finding,
      action: 'repair',
      reason: `no record, but ${describe(where)}, labelled for ${record.owner}: record it again`,
      act: (locked) =>
        ifStill(parts, finding, 'repair', async () => {
          await recordAgain(locked, record);
          return { remaining: [] };
        }),
    };
  }
  if (record === undefined) return undefined;
  const cause =
    holder === null
      ? `NIC still carries the label of ${record.owner}`
      : `allocated to ${record.owner}, which has no record`;
  const reason = `${cause}; ${describe(where)}`;
  return reclaimable(parts, { ...finding, action: 'reclaim', reason }, () => record);
}

/** With the work, where the verdict on an ENI without a record is to reclaim it. */
function reclaimable(parts: Parts, finding: Finding & { readonly eni: string }, record: () => Attachment): Finding {
  if (finding.action !== 'reclaim') return finding;
  const reason = `gc: ${finding.reason}`;
  return {
    ...finding,
    act: (locked) => ifStill(parts, finding, 'reclaim', () => giveBack(locked, record(), { reason })),
  };
}

/** An endpoint that is given up, of which neither an ENI nor a record speaks. */
async function judgeLeft(parts: Parts, machine: Look, { endpoint, ...withdrawn }: GivenUp): Promise<Finding> {
  const verdict = judgeLeftover(endpoint, withdrawn, await findCarrier(machine, endpoint));
  const finding = { ...verdict, eni: null, endpoint };
  if (verdict.action !== 'reclaim') return finding;
  return {
    ...finding,
    act: async (locked) => {
      // An add that was repeated has recorded it, or is given an ENI for it.
      if ((await locked.store.find(endpoint)) !== undefined) return undefined;
      const now = withdrawnOf(await findWithdrawn(parts, []), endpoint);
      if (now === null || now.eni !== null) return undefined;
      if (judgeLeftover(endpoint, now, await findCarrier(await look(parts), endpoint)).action !== 'reclaim')
        return undefined;
      await parts.provider.release(endpoint);
      return { remaining: [] };
    },
  };
}

/** Works on an ENI without a record if another look, under the lock, comes to the same verdict about the same endpoint. */
async function ifStill<T>(
  parts: Parts,
  { eni: id, endpoint }: { readonly eni: string; readonly endpoint: Endpoint | null },
  action: Action,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const attachments = await parts.store.list();
  if (attachments.some(({ eni }) => eni.id === id)) return undefined;
  const provided = (await parts.provider.list()).find(({ eni }) => eni.id === id);
  const again =
    provided === undefined
      ? undefined
      : await judgeUnrecorded(parts, await look(parts), attachments, provided, await withdrawnNow(parts, provided));
  if (again?.action !== action || again.endpoint === null || endpoint === null) return undefined;
  return sameKey(again.endpoint, endpoint) ? work() : undefined;
}

/** Only what is held by hand is judged by it. */
async function withdrawnNow(parts: Parts, { holder }: ProvidedEni): Promise<Withdrawn | null> {
  return holder?.network === BY_HAND ? withdrawnOf(await findWithdrawn(parts, []), holder) : null;
}
