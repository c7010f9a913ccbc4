/** Work on an attachment's link: under the attachment's lock, which lasts until the work is done, even if we are killed. */
import type { LinkWork } from '../link/driver.js';
import type { Beside } from '../link/rename.js';
import { type AttachmentKey, keyOf } from '../model/attachment.js';
import type { Lock } from '../store/lock.js';
import type { Parts } from './parts.js';

/** The parts, with what may be done to links. */
export interface LockedParts extends Parts {
  readonly links: LinkWork;
}

/** How the names of all locks of attachments begin. */
export const ATTACHMENT_LOCKS = 'attachment ';

/** Name of the lock that protects one attachment and the link of its ENI; whoever works on an attachment holds it. */
export function attachmentLock(key: AttachmentKey): string {
  return `${ATTACHMENT_LOCKS}${keyOf(key)}`;
}

/** Name of the lock that says whose an ENI is; taken after the attachment's. */
export function eniLock(id: string): string {
  return `eni ${id}`;
}

const BESIDE_TRIES = 20;
const BESIDE_POLL_MS = 50;

/**
 * Work on the NIC of another ENI, under that one's lock. Whoever has it mostly works on the same NIC, and is soon done. But he may
 * be waiting for us in the same way, so in the end it is done without.
 */
export function besideOthers({ locks, sleep }: Parts): Beside {
  return async (eni, work) => {
    for (let tries = 0; tries < BESIDE_TRIES; tries += 1) {
      const lock = await locks.tryAcquire(eniLock(eni));
      if (lock === undefined) {
        await sleep(BESIDE_POLL_MS);
        continue;
      }
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    await work();
  };
}

/**
 * Does the work under a lock that is held already, and releases it.
 *
 * @param isOver whether its file goes as well, for nobody may need this lock again; no program may be left that does some of the work
 */
export async function withLock<T>(
  parts: Parts,
  lock: Lock,
  work: (parts: LockedParts) => Promise<T>,
  isOver: (result: T) => boolean = () => false,
): Promise<T> {
  const links = parts.links.under(lock);
  let end = lock.release;
  try {
    const result = await work({ ...parts, links });
    if (isOver(result)) end = lock.retire;
    return result;
  } finally {
    // A process that stays would hold it for ever.
    await links.close().finally(end);
  }
}

/** Waits for the attachment's lock, and does the work under it. Throws BUSY, and whatever the work throws. */
export async function underLock<T>(
  parts: Parts,
  key: AttachmentKey,
  work: (parts: LockedParts) => Promise<T>,
): Promise<T> {
  return withLock(parts, await parts.locks.acquire(attachmentLock(key)), work, () => true);
}
