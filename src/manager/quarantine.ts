/** Keeping an ENI from being given out: by a human, or because its NIC did not come home as it must. */
import type { Eni } from '../model/eni.js';
import type { Quarantine } from '../model/quarantine.js';
import { getKnown } from './known.js';
import type { Parts } from './parts.js';

/** How long an ENI rests that enim itself does not trust, in milliseconds; then it is tried again. */
const COOL_DOWN_MS = 5 * 60_000;

/**
 * Puts an ENI into quarantine, whoever has it now; a pod keeps it.
 *
 * @param duration in milliseconds; null until it is restored
 * @throws EnimError NOT_THERE
 */
export async function quarantine(
  parts: Parts,
  eni: string,
  { reason, duration }: { readonly reason: string; readonly duration: number | null },
): Promise<Quarantine> {
  return put(parts, await getKnown(parts, eni), reason, duration);
}

/** Does so because enim does not trust the ENI; it is tried again after a while. */
export function distrust(parts: Parts, eni: Eni, reason: string): Promise<Quarantine> {
  return put(parts, eni, reason, COOL_DOWN_MS);
}

/**
 * Ends the quarantine; false if there was none.
 *
 * @throws EnimError NOT_THERE
 */
export async function restore(parts: Parts, eni: string): Promise<boolean> {
  const quarantines = await parts.store.quarantine.list();
  const known = await getKnown(parts, eni).catch((thrown: unknown) => {
    // Nobody need be asked for what stands under this ID.
    if (!Object.hasOwn(quarantines, eni)) throw thrown;
    return { id: eni, mac: '' };
  });
  return parts.store.quarantine.lift(known);
}

async function put(parts: Parts, { id, mac }: Eni, reason: string, duration: number | null): Promise<Quarantine> {
  const now = parts.clock();
  const until = duration === null ? null : new Date(now.getTime() + duration).toISOString();
  const entry: Quarantine = { reason, since: now.toISOString(), until, mac };
  await parts.store.quarantine.put(id, entry);
  return entry;
}
