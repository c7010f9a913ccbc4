/**
 * The IPAM role: an ENI is given to an endpoint, and another plugin moves its NIC. What is recorded keeps gc from giving the ENI
 * away, and tells it what to bring home when the pod has gone without a word.
 */
import { type Attachment, type AttachmentKey, type Endpoint, sameKey } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import { begun, ended } from '../model/history.js';
import { setupOf } from '../model/setup.js';
import { allocate, forRecord, notAtHome, type Wish } from './allocate.js';
import { giveBack } from './home.js';
import { homeLook } from './homelook.js';
import { findLink, identityOf, identityOfAttachment } from './identify.js';
import { locate, look } from './locate.js';
import { eniLock, type LockedParts, underLock } from './locked.js';
import type { Parts } from './parts.js';
import { Undo } from './undo.js';
import { warning } from './warn.js';

/**
 * Gives the endpoint an ENI and moves nothing; asked again, it is the same one.
 *
 * @param path of the pod's netns
 * @throws EnimError NO_FREE_ENI and whatever else `add` throws for want of an ENI
 */
export function lease(parts: Parts, endpoint: Endpoint, path: string, wish: Wish): Promise<Attachment> {
  return warning(parts, endpoint, () => leaseUnderLock(parts, endpoint, path, wish));
}

function leaseUnderLock(parts: Parts, endpoint: Endpoint, path: string, wish: Wish): Promise<Attachment> {
  return underLock(parts, endpoint, async (locked) => {
    const netns = await locked.netns.get(path);
    const recorded = await locked.store.find(endpoint);
    if (recorded !== undefined) refuseMain(recorded);
    const before = await finishRelease(locked, recorded);
    if (before?.netns.inode === netns.inode && before.bootID === parts.bootID) return before;
    const home = await locked.links.lookHome();
    const eni = await allocate(locked, endpoint, wish, home, forRecord(netns));
    const undo = new Undo();
    undo.push(`give ENI ${eni.id} back`, () => locked.provider.release(endpoint));
    try {
      const attachment = await record(locked, endpoint, { eni, netns }, undo);
      if (before !== undefined) await tellEnd(locked, before, 'add replaced it');
      await locked.history.record(begun(attachment, parts.clock()));
      return attachment;
    } catch (thrown) {
      throw await undo.after(thrown);
    }
  });
}

/** The lease if it stands. What died on its way home is brought there first: only its record says what it looked like. */
async function finishRelease(parts: LockedParts, lease: Attachment | undefined): Promise<Attachment | undefined> {
  if (lease?.phase !== 'releasing') return lease;
  await giveBack(parts, lease, { reason: 'add replaced it' });
  return undefined;
}

async function record(
  parts: LockedParts,
  endpoint: Endpoint,
  { eni, netns }: Pick<Attachment, 'eni' | 'netns'>,
  undo: Undo,
): Promise<Attachment> {
  const lock = await parts.locks.acquire(eniLock(eni.id));
  try {
    // Whoever had it before may have been restoring it when we looked for one to take.
    const { links } = await parts.links.lookHome();
    const link = findLink(links, identityOf(eni));
    if (link === undefined) throw notAtHome(eni);
    const attachment: Attachment = {
      ...endpoint,
      ...{ role: 'ipam', eni, netns, setup: setupOf(eni), phase: 'attached', bootID: parts.bootID },
      since: parts.clock().toISOString(),
      snapshot: homeLook(await parts.links.snapshot(link), eni),
    };
    // Before it is written: a disk that fails at the end of a write has written all the same.
    undo.push(`forget the attachment of ENI ${eni.id}`, () => parts.store.forget(attachment));
    await parts.store.put(attachment);
    return attachment;
  } finally {
    lock.release();
  }
}

function tellEnd({ history, clock }: Parts, lease: Attachment, reason: string): Promise<void> {
  return history.record(ended(lease, clock(), { since: lease.since, reason, restored: [] }));
}

function refuseMain({ role, eni, owner, containerID }: Attachment): void {
  if (role === 'ipam') return;
  throw new EnimError('UNSAFE', `ENI ${eni.id} of ${owner} was attached by enim itself, not for another plugin.`, {
    hint: `enim del ${owner} --container-id ${containerID}`,
  });
}

/**
 * Takes the ENI back; that there is none is success. Its NIC may still be in the pod, for the other plugin moves it afterwards:
 * nobody is given an ENI whose NIC is not at home. What is enim's to bring home comes home, and is made what it was: only the record
 * says what that is.
 *
 * @throws EnimError LINK_LOST or whatever else `giveBack` throws, of what is enim's
 */
export function endLease(parts: Parts, key: AttachmentKey): Promise<void> {
  return underLock(parts, key, async (locked) => {
    const { store, provider } = locked;
    const attachment = await store.find(key);
    if (attachment !== undefined && (await isOurs(locked, attachment))) {
      await giveBack(locked, attachment, { reason: 'del' });
      return;
    }
    if (attachment !== undefined) {
      await store.forget(attachment);
      await tellEnd(locked, attachment, 'del');
    }
    for (const { holder } of await provider.list()) {
      if (holder !== null && sameKey(holder, key)) await provider.release(holder, { lasting: 'this boot' });
    }
  });
}

/**
 * Whether it is enim's to bring the NIC home. It has moved it itself, before the network configuration named another main plugin: the
 * runtime has no other way to say that the pod is gone. Or the other plugin has no more to move, for the netns is gone or the NIC is home.
 */
async function isOurs(parts: LockedParts, attachment: Attachment): Promise<boolean> {
  const { role, phase, netns, bootID } = attachment;
  if (role === 'main' || phase === 'releasing' || bootID !== parts.bootID) return true;
  if ((await parts.netns.find(netns.path))?.inode !== netns.inode) return true;
  return (await locate(look(parts), identityOfAttachment(attachment, bootID), netns)).at === 'home';
}
