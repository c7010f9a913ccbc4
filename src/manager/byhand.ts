/**
 * Holding an ENI for an owner without attaching it: what `enim provider allocate` and `release` do. gc leaves such an ENI alone.
 */
import { BY_HAND, type Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { ProvidedEni } from '../providers/provider.js';
import { allocate } from './allocate.js';
import { identityOf } from './identify.js';
import { locate, look } from './locate.js';
import { eniLock, underLock } from './locked.js';
import type { Parts } from './parts.js';
import { describe } from './verdict.js';

/**
 * Holds an ENI for the owner; asked again, it is the same one.
 *
 * @param eni this one and no other, if given
 * @throws EnimError CORDONED, NO_FREE_ENI, NOT_THERE
 */
export async function allocateByHand(parts: Parts, owner: string, eni: string | null): Promise<Eni> {
  const endpoint: Endpoint = { network: BY_HAND, containerID: owner.replace('/', '.'), ifname: '-', owner, uid: null };
  const wish = { eni, device: null, ips: [], force: false };
  return underLock(parts, endpoint, async (locked) => allocate(locked, endpoint, wish, await locked.links.lookHome()));
}

/**
 * Frees what is held by hand for the owner; nothing held is an empty list. What it has besides, its del gives back.
 *
 * @throws EnimError UNSAFE if all that the owner has is attached, or the NIC of what is held is not at home
 */
export async function releaseByHand(parts: Parts, owner: string): Promise<readonly Eni[]> {
  const all = (await parts.provider.list()).filter(({ holder }) => holder?.owner === owner);
  const byHand = all.filter(({ holder }) => holder?.network === BY_HAND);
  const held = byHand.length > 0 ? byHand : all;
  for (const each of held) await refuseAway(parts, each, owner);
  for (const { eni, holder } of held) {
    const lock = await parts.locks.acquire(eniLock(eni.id));
    try {
      if (holder !== null) await parts.provider.release(holder);
    } finally {
      lock.release();
    }
  }
  return held.map(({ eni }) => eni);
}

async function refuseAway(parts: Parts, { eni, holder }: ProvidedEni, owner: string): Promise<void> {
  const del = `enim del ${owner} --container-id ${holder?.containerID}`;
  if (holder?.network !== BY_HAND) {
    throw new EnimError('UNSAFE', `ENI ${eni.id} is attached for ${owner}, container ${holder?.containerID}.`, {
      hint: del,
    });
  }
  const where = await locate(look(parts), identityOf(eni), null);
  if (where.at === 'home' || where.at === 'nowhere') return;
  throw new EnimError('UNSAFE', `ENI ${eni.id} must not be released: ${describe(where)}.`, {
    hint: 'bring its NIC home first',
  });
}
