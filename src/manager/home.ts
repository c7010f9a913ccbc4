/**
 * Bringing an attachment's NIC home: record the intention, find the NIC, move it, make it what it was, and only then let go of
 * the record and tell the provider. Killed at any point, the same call finishes the rest.
 */
import type { Moved } from '../link/move.js';
import { type Attachment, type AttachmentKey, endpointOf, sameKey } from '../model/attachment.js';
import { isSameNic } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import { ended } from '../model/history.js';
import { isLabelOfAnother, parseLabel } from '../model/label.js';
import type { Link, Restored } from '../model/link.js';
import { confirm, identityOfAttachment } from './identify.js';
import { isOccupied, locate, look, type Whereabouts } from './locate.js';
import { besideOthers, eniLock, type LockedParts } from './locked.js';
import type { Parts } from './parts.js';
import { distrust } from './quarantine.js';

/** How a return ended. */
export interface Return {
  readonly attachment: Attachment;
  /** The link at home; null if the device is gone from this machine. */
  readonly link: Link | null;
  /** What the pod or the kernel had changed, and was put back. */
  readonly restored: readonly Restored[];
  /** What could not be put back. */
  readonly remaining: readonly Restored[];
}

/** A card is nowhere for 20–180 ms after its netns died (measured); then the kernel has it home. */
const RETURN_WAIT_MS = 3_000;
const RETURN_POLL_MS = 50;

/** Why, and by which means. */
export interface ReturnOptions {
  /** For the history, as plain text. */
  readonly reason: string;
  /** Binds the driver of a card anew that is in no netns which can be reached. */
  readonly forceRebind?: boolean;
}

const GONE = { link: null, restored: [], remaining: [] } as const;

/**
 * Brings the NIC home and frees the ENI.
 *
 * The record goes before the provider is told, or with one write. The other way round a crash between the two would leave a record of
 * an ENI that already belongs to somebody else; this way it leaves an ENI that nobody uses, which the next del or gc gives back.
 *
 * @returns undefined if the ENI is somebody else's by now: then only the record goes
 * @throws EnimError LINK_LOST if the device is plugged in but in no netns that can be reached
 */
export async function giveBack(
  parts: LockedParts,
  attachment: Attachment,
  { reason, forceRebind = false }: ReturnOptions,
): Promise<Return | undefined> {
  const lock = await parts.locks.acquire(eniLock(attachment.eni.id));
  try {
    if ((await parts.netns.find(attachment.netns.path)) !== undefined) parts.links.prepare(attachment.netns);
    const recorded = await parts.store.list();
    const isRecorded = recorded.some((each) => sameKey(each, attachment));
    // After the record goes and under the ENI's lock, which whoever is given it needs to tell: so it is told in its order.
    const tell = (why: string, restored: readonly Restored[]): Promise<void> => {
      const since = isRecorded ? attachment.since : null;
      return parts.history.record(ended(attachment, parts.clock(), { since, reason: why, restored }));
    };
    // Whoever had the lock while we waited for it may have been given this ENI, and have its NIC in a pod by now.
    if (await belongsToAnother(parts, recorded, attachment)) {
      await parts.store.forget(attachment);
      if (isRecorded) await tell(`${reason}; the ENI was another’s by then`, []);
      return undefined;
    }
    const seen = await locate(look(parts), identityOfAttachment(attachment, parts.bootID), attachment.netns);
    if (isWithAnother(seen, attachment, isRecorded && attachment.bootID === parts.bootID)) {
      const failure = await letGo(parts, attachment, async () => {
        if (isRecorded) await tell(`${reason}; the NIC was another’s by then`, []);
      });
      if (failure !== null) throw failure.thrown;
      return undefined;
    }
    if (attachment.phase !== 'releasing') await parts.store.put({ ...attachment, phase: 'releasing' });
    const home = await bringHome(parts, attachment, { seen, forceRebind });
    const failure = await letGo(parts, attachment, () => tell(reason, home.restored));
    if (failure !== null) throw toldLater(failure.thrown, attachment, home.link);
    return { attachment, ...home };
  } finally {
    lock.release();
  }
}

/**
 * Forgets the record, and frees the ENI after that or with one write.
 *
 * @param tell is done once the record is gone
 * @returns what the provider has thrown, if anything
 */
async function letGo(
  parts: Parts,
  attachment: Attachment,
  tell: () => Promise<void>,
): Promise<{ readonly thrown: unknown } | null> {
  const forgotten = parts.store.forget(attachment);
  const released = parts.provider
    .release(endpointOf(attachment), { lasting: 'this boot', after: forgotten })
    .then(() => null)
    .catch((thrown: unknown) => ({ thrown }));
  await forgotten;
  await tell();
  return released;
}

async function belongsToAnother(
  parts: Parts,
  recorded: readonly Attachment[],
  attachment: Attachment,
): Promise<boolean> {
  const { provider } = parts;
  const isOther = (key: AttachmentKey): boolean => !sameKey(key, attachment);
  const { eni: own } = attachment;
  if (recorded.some(({ eni, ...key }) => isSameNic(eni, own) && isOther(key))) return true;
  const provided = await provider.list().catch(async (thrown: unknown) => {
    // A pod that has gone must not keep the NIC because somebody cannot be asked.
    if (thrown instanceof EnimError && (await isPlainlyOurs(parts, attachment))) return [];
    throw thrown;
  });
  return provided.some(({ eni, holder }) => isSameNic(eni, own) && holder !== null && isOther(holder));
}

/**
 * Whether the NIC is in the netns of another. Its label says so: a record of an earlier generation does not know who was given the ENI
 * since. And a NIC without one that is not where it is recorded was given away by another plugin, after the kernel had sent it home.
 * Only a record of the netns that the NIC is in outweighs this, for a pod can write a label, or remove it.
 *
 * @param isOfThisBoot whether there is a record, and of this boot
 */
function isWithAnother(seen: Whereabouts, attachment: Attachment, isOfThisBoot: boolean): boolean {
  if (seen.at !== 'netns') return false;
  const { netns } = attachment;
  // The kernel gives the number of a dead netns to the next one.
  const isIn = seen.netns.inode === netns.inode && seen.netns.path === netns.path;
  const { alias } = seen.link;
  if (parseLabel(alias) === undefined) return !isIn;
  return !(isOfThisBoot && isIn) && isLabelOfAnother(alias, attachment);
}

/** Whether the kernel says what the record says; an old record may speak of a NIC that is another's by now. */
async function isPlainlyOurs(parts: Parts, attachment: Attachment): Promise<boolean> {
  const { bootID, netns } = attachment;
  const where = await locate(look(parts), identityOfAttachment(attachment, parts.bootID), netns);
  if (where.at !== 'netns') return true;
  const isIn = bootID === parts.bootID && where.netns.inode === netns.inode;
  return isIn && !isLabelOfAnother(where.link.alias, attachment);
}

function toldLater(thrown: unknown, { eni: { id } }: Attachment, link: Link | null): unknown {
  if (!(thrown instanceof EnimError)) return thrown;
  const where = link === null ? 'gone' : 'home';
  return thrown.with([
    `The NIC of ENI ${id} is ${where}, only its provider does not know yet; the same again or "enim gc" tells it.`,
  ]);
}

/**
 * Moves the NIC home from wherever it is, and makes it what it was; the link is null if it is proved gone. One whose MAC is wrong is not trusted.
 *
 * @param how where it was seen a moment ago, if anybody has looked; and whether its driver is bound anew as a last resort
 *
 * @throws EnimError LINK_LOST, LINK_FAILED
 */
export async function bringHome(
  parts: LockedParts,
  attachment: Attachment,
  how: HomewardOptions = {},
): Promise<Omit<Return, 'attachment'>> {
  const { link, removed } = await moveHome(parts, attachment, how);
  if (link === null) return GONE;
  const { restored, remaining, ...home } = await parts.links.restore(link, attachment.snapshot, besideOthers(parts));
  const wrong = remaining.find(({ what }) => what === 'MAC');
  if (wrong !== undefined)
    await distrust(parts, attachment.eni, `it came home with the MAC ${wrong.from}, not ${wrong.to}`);
  return {
    ...home,
    restored: [...(removed?.restored ?? []), ...restored],
    remaining: [...(removed?.remaining ?? []), ...remaining],
  };
}

interface HomewardOptions {
  readonly seen?: Whereabouts;
  readonly forceRebind?: boolean;
}

/** `removed` is what the pod had put on it; undefined where nobody has looked. */
async function moveHome(
  parts: LockedParts,
  attachment: Attachment,
  { seen, forceRebind = false }: HomewardOptions,
): Promise<{ readonly link: Link | null; readonly removed?: Moved | undefined }> {
  const where = await locateOrWait(parts, attachment, seen).catch(async (thrown: unknown) => {
    const bus = identityOfAttachment(attachment, parts.bootID).busAddress;
    if (!forceRebind || bus === null || !(thrown instanceof EnimError) || thrown.code !== 'LINK_LOST') throw thrown;
    await parts.links.rebind(bus);
    return locateOrWait(parts, attachment);
  });
  if (where.at === 'nowhere') return { link: null };
  if (where.at === 'home') return where;
  if (where.at === 'unclear') throw ambiguous(where.message);
  let removed: Moved | undefined;
  try {
    removed = await parts.links.moveHome(where.link, where.netns, attachment.snapshot.name);
    const link = confirm(await parts.links.lookAt(removed.name), identityOfAttachment(attachment, parts.bootID));
    if (link !== undefined) return { link, removed };
  } catch (thrown) {
    // A move whose renaming failed has moved all the same; and a netns that died meanwhile sends a card home by itself.
    const now = await locateOrWait(parts, attachment);
    if (now.at === 'home') return now;
    if (now.at === 'nowhere') return { link: null };
    throw thrown;
  }
  const now = await locate(look(parts), identityOfAttachment(attachment, parts.bootID), null);
  if (now.at === 'home') return { link: now.link, removed };
  throw new EnimError('LINK_LOST', `ENI ${attachment.eni.id} was moved home, but is not there.`, { hint: 'enim gc' });
}

/** @param message which links fit, as a clause */
export function ambiguous(message: string): EnimError {
  return new EnimError('AMBIGUOUS_LINK', `It cannot be told which NIC to bring home: ${message}.`, {
    hint: 'remove the link that is no ENI, or give the ENI its "pciAddress" in the settings',
  });
}

async function locateOrWait(parts: LockedParts, attachment: Attachment, seen?: Whereabouts): Promise<Whereabouts> {
  const identity = identityOfAttachment(attachment, parts.bootID);
  const bus = identity.busAddress;
  const deadline = parts.clock().getTime() + RETURN_WAIT_MS;
  for (let waited = 0; ; waited += RETURN_POLL_MS) {
    const machine = look(parts);
    const where = waited === 0 && seen !== undefined ? seen : await locate(machine, identity, attachment.netns);
    // No netns outlives a boot, so what is not to be seen after one is not there.
    if (where.at !== 'nowhere' || bus === null || attachment.bootID !== parts.bootID) return where;
    // A disk may have got the number of a virtio NIC that was pulled out.
    if ((await parts.links.hardwareAt(bus))?.isNic !== true) return where;
    if (waited >= RETURN_WAIT_MS || parts.clock().getTime() >= deadline) {
      // Pulled out, and another card is in its place by now. Not sooner: the two ports of one card can share a bus address.
      if (await isOccupied(machine, [bus])) return where;
      break;
    }
    // What we have open in the netns keeps it alive once all others have gone, and the NIC in it.
    if (waited === 0) await parts.links.close();
    await parts.sleep(RETURN_POLL_MS);
  }
  throw new EnimError(
    'LINK_LOST',
    `ENI ${attachment.eni.id} is plugged in at ${bus}, but in no netns that can be reached.`,
    {
      details: [
        'A socket or a descriptor of the former pod may still hold its netns; the kernel returns the NIC when that ends.',
        `As a last resort its driver can be bound anew: enim del ${attachment.owner} --force-rebind`,
      ],
      hint: 'wait for it, then: enim gc',
    },
  );
}
