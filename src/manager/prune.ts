/**
 * CNI's GC: the runtime says which attachments of a network are alive, and all others of that network are given back. Attachments of
 * other networks are left alone (containernetworking/cni#1086).
 */
import { type AttachmentKey, keyOf, sameKey } from '../model/attachment.js';
import { messageOf } from '../model/errors.js';
import { del } from './del.js';
import type { Parts } from './parts.js';

/** What became of one attachment that the runtime does not know. */
export interface Pruned {
  readonly key: AttachmentKey;
  /** Null if it was given back. */
  readonly error: string | null;
}

/**
 * For hearing that nobody waits for us any more, in milliseconds; twice, for after the first a process that was held up has not heard
 * anything yet.
 */
const HEAR_MS = 5;

const REASON = 'prune: the runtime does not know it any more';

/**
 * Gives back everything of the network but what is valid; goes on after a failure.
 *
 * @param valid container ID and ifname of each attachment that is alive
 * @param signal ends it between two attachments, and before the first if it was aborted before we had looked: the list is as old as the
 *   call, and what was attached since then is not in it
 */
export async function prune(
  parts: Parts,
  network: string,
  valid: readonly Omit<AttachmentKey, 'network'>[],
  signal?: AbortSignal,
): Promise<readonly Pruned[]> {
  const recorded = await parts.store.list();
  const provided = (await parts.provider.list()).flatMap(({ holder }) => (holder === null ? [] : [holder]));
  const keys = new Map([...recorded, ...provided].map((key) => [keyOf(key), key]));
  const stale = [...keys.values()].filter(
    (key) => key.network === network && !valid.some((each) => sameKey({ ...each, network }, key)),
  );
  const pruned: Pruned[] = [];
  if (stale.length > 0 && signal !== undefined) for (const _ of [1, 2]) await parts.sleep(HEAR_MS, signal);
  for (const { containerID, ifname } of stale) {
    if (signal?.aborted) break;
    const key = { network, containerID, ifname };
    const error = await del(parts, { ...key, owner: null, netns: null }, { reason: REASON }).then(
      () => null,
      messageOf,
    );
    pruned.push({ key, error });
  }
  return pruned;
}
