/**
 * The history of ENIs: what happened to whom and why, as events, and the holdings that these make, from when to when. Pure. It is a
 * record for people; what is so now stands in the state file.
 */
import { type Attachment, type AttachmentKey, type Endpoint, endpointOf, keyOf, type Role } from './attachment.js';
import type { Restored } from './link.js';

/** Of which attachment an event is. */
interface Subject extends Endpoint {
  readonly eni: string;
  /** Path of the pod's netns. */
  readonly netns: string;
  /** When it happened; ISO 8601, UTC. */
  readonly at: string;
}

/** An endpoint has the ENI: its NIC is in the pod, or another plugin may move it there. */
export interface Begun extends Subject {
  readonly event: 'attached' | 'leased';
  /** When the ENI was reserved; as in the attachment. */
  readonly since: string;
}

/** An endpoint no longer has the ENI. */
export interface Ended extends Subject {
  readonly event: 'released' | 'lease ended';
  /** As in the attachment; null if its record was lost. */
  readonly since: string | null;
  readonly reason: string;
  /** What the pod had changed, and was put back. */
  readonly restored: readonly Restored[];
}

export type HistoryEvent = Begun | Ended;

/** That an endpoint had an ENI, from when to when. */
export interface Holding extends Endpoint {
  readonly eni: string;
  readonly role: Role;
  readonly netns: string;
  /** Null if it is not known. */
  readonly from: string | null;
  /** Null while it lasts. */
  readonly to: string | null;
  /**
   * Why it ended: `del`, `gc: …` with the verdict, `prune: …` (CNI's GC), `drain --force`, `add replaced it`, or `rollback: …` with what
   * failed. Null while it lasts.
   */
  readonly reason: string | null;
  readonly restored: readonly Restored[];
}

/** The event that an attachment stands. */
export function begun(attachment: Attachment, at: Date): Begun {
  const event = attachment.role === 'ipam' ? 'leased' : 'attached';
  return { event, ...subjectOf(attachment, at), since: attachment.since };
}

/** The event that an attachment is no more. */
export function ended(attachment: Attachment, at: Date, end: Pick<Ended, 'since' | 'reason' | 'restored'>): Ended {
  const event = attachment.role === 'ipam' ? 'lease ended' : 'released';
  return { event, ...subjectOf(attachment, at), ...end };
}

function subjectOf(attachment: Attachment, at: Date): Subject {
  return {
    ...{ at: at.toISOString(), eni: attachment.eni.id },
    ...endpointOf(attachment),
    netns: attachment.netns.path,
  };
}

/**
 * Joins beginnings with ends, in the order of what happened last. An event that is told twice, by whoever finished the work of one
 * that was killed, counts once; one that is missing leaves a gap that is said.
 *
 * @param events in the order in which they were written; those of one ENI were written under its lock
 */
export function pair(events: readonly HistoryEvent[]): readonly Holding[] {
  const over: { readonly index: number; readonly holding: Holding }[] = [];
  const lasting = new Map<string, { readonly index: number; readonly holding: Holding }>();
  for (const [index, event] of events.entries()) {
    const open = lasting.get(event.eni)?.holding;
    if (isBegun(event)) {
      if (open !== undefined && isSame(open, event) && open.from === event.since) continue;
      if (open !== undefined) over.push({ index, holding: { ...open, to: event.at, reason: LOST_END } });
      lasting.set(event.eni, { index, holding: lastingFrom(event) });
    } else if (open !== undefined && isSame(open, event)) {
      over.push({ index, holding: { ...open, to: event.at, reason: event.reason, restored: event.restored } });
      lasting.delete(event.eni);
    } else if (!isTold(over, event)) {
      over.push({ index, holding: overSince(event) });
    }
  }
  return [...over, ...lasting.values()].sort((a, b) => a.index - b.index).map(({ holding }) => holding);
}

const LOST_END = 'its end was not recorded; the ENI was given out again by then';

function isBegun(event: HistoryEvent): event is Begun {
  return event.event === 'attached' || event.event === 'leased';
}

function isSame(holding: Holding, event: AttachmentKey): boolean {
  return keyOf(holding) === keyOf(event);
}

/** Whether this end is one that was recorded before: the process that recorded it did not get to its own end. */
function isTold(over: readonly { readonly holding: Holding }[], event: Ended): boolean {
  const last = over.findLast(({ holding }) => holding.eni === event.eni && isSame(holding, event))?.holding;
  return last !== undefined && (event.since === null || event.since === last.from);
}

function lastingFrom(event: Begun): Holding {
  const role = event.event === 'leased' ? 'ipam' : 'main';
  return { ...holderOf(event), role, from: event.since, to: null, reason: null, restored: [] };
}

function overSince(event: Ended): Holding {
  const role = event.event === 'lease ended' ? 'ipam' : 'main';
  return {
    ...{ ...holderOf(event), role, from: event.since, to: event.at },
    ...{ reason: event.reason, restored: event.restored },
  };
}

function holderOf(event: HistoryEvent): Endpoint & Pick<Holding, 'eni' | 'netns'> {
  return { eni: event.eni, ...endpointOf(event), netns: event.netns };
}

/** What is asked for. */
export interface HistoryQuery {
  /** ID of an ENI, or an owner; null means all. No ID has a slash in it, and every owner has. */
  readonly subject: string | null;
  /** Only what lasted until then or longer; null means all. */
  readonly since: Date | null;
}

/** The holdings that fit. */
export function select(holdings: readonly Holding[], { subject, since }: HistoryQuery): readonly Holding[] {
  return holdings.filter(
    ({ eni, owner, to }) =>
      (subject === null || eni === subject || owner === subject) &&
      (since === null || to === null || Date.parse(to) >= since.getTime()),
  );
}
