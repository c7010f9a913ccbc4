/**
 * del = fence → move home → forget → release. It succeeds when there is nothing to do, whatever became of the netns; it never
 * touches what belongs to another container.
 */
import { type Attachment, BY_HAND, type Endpoint, endpointOf, type NetnsRef, sameKey } from '../model/attachment.js';
import { toEni } from '../model/discover.js';
import { EnimError, messageOf } from '../model/errors.js';
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';
import { ambiguous, giveBack, type Return, type ReturnOptions } from './home.js';
import { identityOf } from './identify.js';
import { locate, look, recordedOf } from './locate.js';
import { attachmentLock, type LockedParts, underLock } from './locked.js';
import type { Parts } from './parts.js';
import { rebuild } from './rebuild.js';
import { inheritedFrom, type Named } from './successor.js';

/** What is to be given back; names are checked already. */
export interface DelRequest {
  /** Null means any. */
  readonly owner: string | null;
  /** Null means any network. */
  readonly network: string | null;
  /** Null means the only one that the owner has. */
  readonly containerID: string | null;
  /** Null means any. */
  readonly ifname: string | null;
  /**
   * Where the NIC is supposed to be, as a path, name or PID; may be gone. Tells containers apart where none is named, and is looked
   * into where nothing is recorded.
   */
  readonly netns: string | null;
  /** Where a network configuration names a device: host-device may have moved it in. */
  readonly named?: Named | undefined;
}

/**
 * Brings home what the owner's container holds. Nothing held is an empty list.
 *
 * @param how why, for the history, and by which means
 * @throws EnimError INVALID_ARGUMENT if no container is named and the owner has several; BUSY
 */
export async function del(
  parts: Parts,
  request: DelRequest,
  how: ReturnOptions = { reason: 'del' },
): Promise<readonly Return[]> {
  const held = await findHeldInTime(parts, request);
  const containers = [...new Set(held.map(({ containerID }) => containerID))];
  if (request.containerID === null && containers.length > 1) {
    throw new EnimError(
      'INVALID_ARGUMENT',
      `${request.owner ?? 'The network'} has ${containers.length} containers that hold ENIs.`,
      {
        details: containers,
        hint: `name one of them: enim del ${request.owner ?? held[0]?.owner} --container-id ${containers[0]}`,
      },
    );
  }
  const returns: Return[] = [];
  const failures: unknown[] = [];
  for (const endpoint of held.length > 0 ? held : await findUnheld(parts, request)) {
    // A failure of the one is no reason to leave the other in the pod.
    const done = await delOne(parts, endpoint, request, how).catch((thrown: unknown) => {
      failures.push(thrown);
    });
    if (done !== undefined) returns.push(done);
  }
  if (failures.length > 0) throw together(failures);
  return returns;
}

/** The first, with what the others say. */
function together([first, ...others]: readonly unknown[]): unknown {
  const said = others.flatMap((each) => [messageOf(each), ...(each instanceof EnimError ? each.details : [])]);
  return first instanceof EnimError ? first.with(said) : first;
}

/** An add that is under way may not have been given anything yet. Where it is known which one that would be, it ends first. */
async function findHeldInTime(parts: Parts, request: DelRequest): Promise<Endpoint[]> {
  const { network, containerID, ifname } = request;
  const held = await findHeld(parts, request);
  if (held.length > 0 || network === null || containerID === null || ifname === null) return held;
  await parts.locks.settle(attachmentLock({ network, containerID, ifname }));
  return findHeld(parts, request);
}

/** What matches, both recorded here and known to the provider alone. */
async function findHeld(parts: Parts, request: DelRequest): Promise<Endpoint[]> {
  const attachments = await parts.store.list();
  const recorded = attachments.filter(
    (attachment) => matches(request, attachment) && isInNetns(parts, request, attachment),
  );
  // More than the record of a whole key there cannot be.
  if (recorded.length > 0 && isWhole(request)) return recorded;
  const provided = await parts.provider.list().catch((thrown: unknown) => {
    // What is recorded comes home all the same; that the rest could not be asked for is said when its ENI is to be freed.
    if (recorded.length > 0 && thrown instanceof EnimError) return [];
    throw thrown;
  });
  const allocated = provided.flatMap(({ holder }) =>
    holder !== null && !attachments.some((attachment) => sameKey(attachment, holder)) ? [holder] : [],
  );
  return [...recorded, ...allocated.filter((holder) => matches(request, holder))];
}

function isWhole({ network, containerID, ifname }: DelRequest): boolean {
  return network !== null && containerID !== null && ifname !== null;
}

/** Where no container is named, the netns tells which of several is meant. */
function isInNetns({ netns }: Parts, request: DelRequest, attachment: Attachment): boolean {
  return (
    request.containerID !== null || request.netns === null || attachment.netns.path === netns.pathOf(request.netns)
  );
}

function matches({ owner, network, containerID, ifname }: DelRequest, endpoint: Endpoint): boolean {
  return (
    (owner === null || endpoint.owner === owner) &&
    // What is held by hand is given back by hand.
    (network === null ? endpoint.network !== BY_HAND : endpoint.network === network) &&
    (containerID === null || endpoint.containerID === containerID) &&
    (ifname === null || endpoint.ifname === ifname)
  );
}

/**
 * NICs in the netns that the caller names, when nothing else knows of them: their label says that they are meant, or host-device has left
 * one to us.
 */
async function findUnheld(parts: Parts, request: DelRequest): Promise<Endpoint[]> {
  const seen = await lookAt(parts, request.netns);
  const labelled = seen.links.flatMap(({ alias }) => {
    const endpoint = parseLabel(alias)?.endpoint ?? null;
    return endpoint !== null && matches(request, endpoint) ? [endpoint] : [];
  });
  if (labelled.length > 0) return labelled;
  const left = await inherited(parts, request, seen);
  return left === undefined ? [] : [endpointOf(left)];
}

function delOne(
  parts: Parts,
  endpoint: Endpoint,
  request: DelRequest,
  how: ReturnOptions,
): Promise<Return | undefined> {
  return underLock(parts, endpoint, async (locked) => {
    // Another process may have finished it while we waited for the lock.
    const attachment =
      (await locked.store.find(endpoint)) ??
      (await unrecorded(locked, endpoint)) ??
      (await leftIn(locked, endpoint, request));
    return attachment === undefined ? undefined : giveBack(locked, attachment, how);
  });
}

/** A netns, if it is there, and the links in it. */
interface Seen {
  readonly netns: NetnsRef | undefined;
  readonly links: readonly Link[];
}

/** The links in the netns that the caller names; none where it names none, or one that is gone. */
async function lookAt(parts: Parts, path: string | null): Promise<Seen> {
  const netns = path === null ? undefined : await parts.netns.get(path).catch(noneThere);
  return { netns, links: (netns === undefined ? undefined : await parts.links.lookInto(netns)) ?? [] };
}

/** One that may not be looked at may well be there. */
function noneThere(thrown: unknown): undefined {
  if (!(thrown instanceof EnimError && ['NOT_THERE', 'INVALID_ARGUMENT'].includes(thrown.code))) throw thrown;
}

/** A record for what is in the netns that the caller names, and nothing else knows of. */
async function leftIn(parts: LockedParts, endpoint: Endpoint, request: DelRequest): Promise<Attachment | undefined> {
  const seen = await lookAt(parts, request.netns);
  return labelled(parts, endpoint, seen) ?? inherited(parts, request, seen);
}

/**
 * A record for a card that carries the endpoint's label although no provider knows it, for a network configuration had named the
 * device. Virtual devices do not count: a pod can make one and label it as it likes.
 */
function labelled(parts: LockedParts, endpoint: Endpoint, { netns, links }: Seen): Attachment | undefined {
  const link = links.find(({ alias, kind }) => {
    const whose = parseLabel(alias)?.endpoint ?? null;
    return kind === null && whose !== null && sameKey(whose, endpoint);
  });
  if (link === undefined || netns === undefined) return undefined;
  return rebuild(parts, toEni({ link, driver: null, refusals: [] }), endpoint, { at: 'netns', netns, link });
}

/** A record for what host-device has left in the netns that the caller names. */
async function inherited(parts: Parts, { named }: DelRequest, { netns, links }: Seen): Promise<Attachment | undefined> {
  return named === undefined || netns === undefined ? undefined : inheritedFrom(parts, named, netns, links);
}

/** A record for an ENI of which there is none: the provider gave it to the endpoint, or its NIC carries the endpoint's label. */
async function unrecorded(parts: LockedParts, endpoint: Endpoint): Promise<Attachment | undefined> {
  const machine = look(parts);
  const isTheirs = ({ alias }: Link): boolean => {
    const whose = parseLabel(alias)?.endpoint ?? null;
    return whose !== null && sameKey(whose, endpoint);
  };
  for (const each of await parts.provider.list()) {
    const { eni, holder } = each;
    if (holder !== null && !sameKey(holder, endpoint)) continue;
    const where = await locate(machine, identityOf(eni), recordedOf(each));
    if (where.at === 'unclear' && where.sightings.some(({ link }) => isTheirs(link))) throw ambiguous(where.message);
    if (holder !== null || ('link' in where && isTheirs(where.link))) return rebuild(parts, eni, endpoint, where);
  }
  return undefined;
}
