/**
 * add = reserve → move in → configure → commit. The intention is on disk before the link is touched; whatever fails is undone;
 * whoever repeats the call gets the same answer.
 */
import type { HomeView } from '../link/driver.js';
import type { Attachment, Endpoint, NetnsRef } from '../model/attachment.js';
import type { DeviceSelector } from '../model/device.js';
import type { Eni } from '../model/eni.js';
import { EnimError, messageOf } from '../model/errors.js';
import { begun, ended } from '../model/history.js';
import type { Link } from '../model/link.js';
import { type Setup, setupOf } from '../model/setup.js';
import { allocate, forRecord, type Wish } from './allocate.js';
import { bringHome, giveBack } from './home.js';
import { findLink, identityOfAttachment } from './identify.js';
import { type Given, intend } from './intend.js';
import { eniLock, type LockedParts, underLock } from './locked.js';
import type { Parts } from './parts.js';
import { distrust } from './quarantine.js';
import { Undo } from './undo.js';
import { warning } from './warn.js';

/** What is asked for; names are checked already. */
export interface AddRequest {
  readonly owner: string;
  readonly uid?: string | null;
  /** Name of the network; the one for attachments by hand unless given. */
  readonly network?: string;
  /** Null derives one from the netns, so that repeating the call means the same attachment. */
  readonly containerID: string | null;
  /** Path, name or PID. */
  readonly netns: string;
  readonly ifname: string;
  /** This ENI and no other. */
  readonly eni?: string | null;
  /** The ENI that this device is, and no other. */
  readonly device?: DeviceSelector | null;
  /** An ENI with these addresses (prefix lengths do not count), and no other. */
  readonly ips?: readonly string[];
  /** Take a NIC that the node itself seems to use. */
  readonly force?: boolean;
  /** Says how the NIC is set up; as its ENI says unless given. */
  readonly plan?: SetupPlan;
}

/** Where the setup of a NIC comes from, if not from its ENI alone. */
export interface SetupPlan {
  decide(eni: Eni): Promise<Setup>;
  /** Takes back what `decide` had reserved elsewhere, also where that failed half way. */
  undo(): Promise<void>;
}

/** An attachment that stands, and its link as it is in the pod. */
export interface Added {
  readonly attachment: Attachment;
  readonly link: Link;
}

/**
 * Gives the endpoint an ENI.
 *
 * @param signal aborts between two steps: what was done is undone, or, once the pod has the NIC, kept
 * @throws EnimError; nothing is changed then, or the error says what could not be undone
 */
export async function add(parts: Parts, request: AddRequest, signal?: AbortSignal): Promise<Added> {
  const netns = await parts.netns.get(request.netns);
  const endpoint: Endpoint = {
    network: request.network ?? parts.network,
    containerID: request.containerID ?? `netns-${netns.inode}`,
    ifname: request.ifname,
    owner: request.owner,
    uid: request.uid ?? null,
  };
  return warning(parts, endpoint, () => addUnderLock(parts, request, endpoint, netns, signal));
}

function addUnderLock(
  parts: Parts,
  request: AddRequest,
  endpoint: Endpoint,
  netns: NetnsRef,
  signal: AbortSignal | undefined,
): Promise<Added> {
  return underLock(parts, endpoint, async (locked) => {
    locked.links.prepare(netns);
    const before = await locked.store.find(endpoint);
    if (before === undefined) return attach(locked, request, endpoint, netns, signal);
    refuseLease(before);
    const link = findLink((await locked.links.lookInto(netns)) ?? [], identityOfAttachment(before, parts.bootID));
    // The kernel gives the number of a dead netns to the next one, and a derived container ID is that number. No two live ones
    // have the same, so if the NIC is not in this one, the record is of one that is dead.
    const isStale = request.containerID === null && before.netns.inode === netns.inode && link === undefined;
    if (!isStale) refuseOtherOwner(before, endpoint, netns);
    const same = await resume(locked, before, netns, link, request.eni ?? null);
    if (same !== undefined) return same;
    // Whoever asked may have done it himself while this waited for the lock, and what is there is his.
    stopIfAborted(signal);
    const reason = isStale
      ? `add replaced it: its netns was gone, and that of ${endpoint.owner} has its number`
      : 'add replaced it';
    await giveBack(locked, before, { reason });
    return attach(locked, request, endpoint, netns, signal);
  });
}

/** Its NIC is moved by another plugin, which would go on doing so behind our back. */
function refuseLease({ role, eni, owner, containerID }: Attachment): void {
  if (role === 'main') return;
  throw new EnimError('UNSAFE', `ENI ${eni.id} of ${owner} was given to another plugin, which moves its NIC.`, {
    hint: `enim del ${owner} --container-id ${containerID}`,
  });
}

function refuseOtherOwner(attachment: Attachment, { owner }: Endpoint, netns: NetnsRef): void {
  if (attachment.owner === owner) return;
  const isHere = attachment.netns.inode === netns.inode;
  throw new EnimError(
    'INVALID_ARGUMENT',
    `${attachment.ifname} of container ${attachment.containerID} belongs to ${attachment.owner}, not to ${owner}.`,
    {
      hint: isHere
        ? `choose another name with --ifname, or give that one back first: enim del ${attachment.owner} --container-id ${attachment.containerID}`
        : 'name another container with --container-id',
    },
  );
}

/**
 * The answer of an earlier add whose NIC is where it should be; sets it up anew where that was interrupted or undone.
 *
 * @param wished the ENI that it has to be; null means any
 * @throws EnimError INVALID_ARGUMENT if it is another one
 */
async function resume(
  parts: LockedParts,
  attachment: Attachment,
  netns: NetnsRef,
  link: Link | undefined,
  wished: string | null,
): Promise<Added | undefined> {
  if (attachment.phase === 'releasing' || attachment.netns.inode !== netns.inode || attachment.bootID !== parts.bootID)
    return undefined;
  if (link === undefined || link.name !== attachment.ifname) return undefined;
  if (wished !== null && wished !== attachment.eni.id) throw isAnother(attachment, wished);
  if (attachment.phase === 'attached' && parts.links.faults(link, attachment.setup).length === 0)
    return { attachment, link };
  const lock = await parts.locks.acquire(eniLock(attachment.eni.id));
  try {
    const now = await parts.links.configure(netns, attachment.ifname, attachment.setup);
    // Killed after the move, it may have recorded nothing; what is recorded twice counts once.
    if (attachment.phase === 'attaching') await parts.history.record(begun(attachment, parts.clock()));
    return { attachment: await commit(parts, attachment), link: now };
  } finally {
    lock.release();
  }
}

function isAnother({ ifname, containerID, owner, eni }: Attachment, wished: string): EnimError {
  return new EnimError(
    'INVALID_ARGUMENT',
    `${ifname} of container ${containerID} is ENI ${eni.id} already, not ${wished}.`,
    {
      hint: `choose another name with --ifname, or give that one back first: enim del ${owner} --container-id ${containerID}`,
    },
  );
}

async function attach(
  parts: LockedParts,
  request: AddRequest,
  endpoint: Endpoint,
  netns: NetnsRef,
  signal: AbortSignal | undefined,
): Promise<Added> {
  const undo = new Undo();
  try {
    const [home] = await Promise.all([parts.links.lookHome(), refuseTakenIfname(parts, netns, endpoint.ifname)]);
    stopIfAborted(signal);
    const eni = await allocate(parts, endpoint, await wishOf(parts, request, home), home, forRecord(netns));
    undo.push(`give ENI ${eni.id} back`, () => parts.provider.release(endpoint));
    const lock = await parts.locks.acquire(eniLock(eni.id));
    try {
      return await moveIn(parts, request, { ...endpoint, eni, netns }, home, undo, signal);
    } catch (thrown) {
      // The next pod should not meet the same NIC at once. That it cannot be written down must not keep the NIC from home.
      if (thrown instanceof EnimError && thrown.code === 'NIC_UNSOUND')
        await distrust(parts, eni, `an add failed: ${thrown.message}`).catch(() => undefined);
      // While the ENI's lock is still held.
      throw await undo.after(thrown);
    } finally {
      lock.release();
    }
  } catch (thrown) {
    throw await undo.after(thrown);
  }
}

async function wishOf(
  parts: Parts,
  { eni = null, device = null, ips = [], force = false }: AddRequest,
  home: HomeView,
): Promise<Wish> {
  if (device === null) return { eni, ips, force, device: null };
  const link = await parts.links.findDevice(device, home.links);
  if (link !== undefined) return { eni, ips: [], force, device: link };
  throw new EnimError('NOT_THERE', `No device with ${describeDevice(device)} is at home.`, {
    hint: 'see what is there, and who has what: ip link; enim list',
  });
}

function describeDevice(device: DeviceSelector): string {
  switch (device.by) {
    case 'name':
      return `the name ${device.name}`;
    case 'mac':
      return `the MAC ${device.mac}`;
    case 'kernelpath':
      return `the path ${device.path}`;
    case 'bus':
      return `the address ${device.address}`;
  }
}

async function refuseTakenIfname(parts: Parts, netns: NetnsRef, ifname: string): Promise<void> {
  const links = await parts.links.lookInto(netns);
  if (links === undefined)
    throw new EnimError('NOT_THERE', `The netns ${netns.path} has gone.`, { hint: 'ip netns list' });
  const taken = links.find(({ name, altnames }) => name === ifname || altnames.includes(ifname));
  if (taken === undefined) return;
  throw new EnimError(
    'IFNAME_TAKEN',
    `The netns ${netns.path} has an interface ${ifname} already (MAC ${taken.mac || 'none'}).`,
    {
      hint: 'choose another name with --ifname',
    },
  );
}

async function moveIn(
  parts: LockedParts,
  { plan }: AddRequest,
  given: Given,
  home: HomeView,
  undo: Undo,
  signal: AbortSignal | undefined,
): Promise<Added> {
  const { eni, netns, ifname } = given;
  if (plan !== undefined) undo.push('take back what was reserved for its setup', plan.undo);
  const setup = (await plan?.decide(eni)) ?? setupOf(eni);
  const { attachment, link, names } = await intend(parts, given, home, setup);
  let isIn = false;
  // Before it is written: a disk that fails at the end of a write has written all the same.
  undo.push(`forget the attachment of ENI ${eni.id}`, async (thrown) => {
    await parts.store.forget(attachment);
    const end = { since: attachment.since, reason: `rollback: ${messageOf(thrown)}`, restored: [] };
    if (isIn) await parts.history.record(ended(attachment, parts.clock(), end));
  });
  // Write-ahead: from here on, whatever happens, it is known where the NIC came from and what it looked like.
  await parts.store.put(attachment);
  stopIfAborted(signal);
  undo.push(`bring ENI ${eni.id} home`, () => bringHome(parts, attachment));
  await parts.links.moveIn(link, netns, attachment, names);
  isIn = true;
  await parts.history.record(begun(attachment, parts.clock()));
  stopIfAborted(signal);
  const now = await parts.links.configure(netns, ifname, setup);
  stopIfAborted(signal);
  return { attachment: await commit(parts, attachment), link: now };
}

async function commit(parts: Parts, attachment: Attachment): Promise<Attachment> {
  const attached: Attachment = { ...attachment, phase: 'attached' };
  await parts.store.put(attached, 'this boot');
  return attached;
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new EnimError('INTERRUPTED', 'The add was interrupted; what it had done was undone.', { hint: 'run it again' });
}
