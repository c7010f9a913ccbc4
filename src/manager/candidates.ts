/** Which ENIs may be given out now, and why the others may not. Pure. */
import type { HomeView } from '../link/driver.js';
import type { Attachment, Endpoint } from '../model/attachment.js';
import { sameKey } from '../model/attachment.js';
import { isSameNic } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { Link } from '../model/link.js';
import type { Quarantine } from '../model/quarantine.js';
import type { ProvidedEni } from '../providers/provider.js';
import { findMisplaced, identify, identityOf, RENEW_SLOTS, sayMisplaced } from './identify.js';
import { protections } from './protect.js';

/** One ENI's fitness for being given to an endpoint. `reason` is a sentence. */
export type Fitness =
  | { readonly id: string; readonly fit: true; readonly link: Link }
  | {
      readonly id: string;
      readonly fit: false;
      readonly why: 'held' | 'shared' | 'missing' | 'misplaced' | 'ambiguous';
      readonly reason: string;
    }
  | {
      readonly id: string;
      readonly fit: false;
      readonly why: 'unsafe' | 'quarantined' | 'disconnected';
      readonly reason: string;
      readonly link: Link;
    };

const SHARING = 'pods get addresses of it, and none the whole';

/**
 * Judges one ENI. What the endpoint itself holds already counts as free.
 *
 * @param endpoint null for nobody in particular
 * @param attachments all that are recorded
 * @param quarantine of the ENI, if one is in force
 */
export function judge(
  provided: ProvidedEni,
  endpoint: Endpoint | null,
  attachments: readonly Attachment[],
  home: HomeView,
  quarantine: Quarantine | null = null,
): Fitness {
  const { eni, holder } = provided;
  const id = eni.id;
  const recorded = attachments.find((attachment) => isSameNic(attachment.eni, eni)) ?? holder;
  if (recorded !== null && (endpoint === null || !sameKey(recorded, endpoint))) {
    return {
      id,
      fit: false,
      why: 'held',
      reason: `ENI ${id} is held by ${recorded.owner}, container ${recorded.containerID}.`,
    };
  }
  if (provided.isShared)
    return { id, fit: false, why: 'shared', reason: `ENI ${id} is in Secondary mode: ${SHARING}.` };
  const identity = identityOf(eni);
  const [link, ...others] = identify(home.links, identity);
  if (link === undefined) {
    const misplaced = findMisplaced(home.links, identity);
    if (misplaced !== undefined)
      return { id, fit: false, why: 'misplaced', reason: `ENI ${id}: ${sayMisplaced(misplaced, identity)}.` };
    return { id, fit: false, why: 'missing', reason: `ENI ${id}: no device with MAC ${eni.mac} is at home.` };
  }
  if (others.length > 0) {
    const names = [link, ...others].map(({ name }) => name).join(', ');
    return { id, fit: false, why: 'ambiguous', reason: `ENI ${id}: several links have its MAC ${eni.mac}: ${names}.` };
  }
  const own = [eni.ipv4, eni.ipv6].flatMap((address) => (address === null ? [] : [address.address]));
  const reasons = protections(link, home.use, own);
  if (reasons.length === 0 && quarantine !== null) {
    const end = quarantine.until === null ? `enim provider restore ${id}` : quarantine.until;
    return {
      id,
      fit: false,
      why: 'quarantined',
      link,
      reason: `ENI ${id} is in quarantine: ${quarantine.reason}; until ${end}.`,
    };
  }
  if (reasons.length === 0 && !link.carrier) {
    return {
      id,
      fit: false,
      why: 'disconnected',
      link,
      reason: `ENI ${id}: its NIC ${link.name} is up, but has no carrier.`,
    };
  }
  if (reasons.length === 0) return { id, fit: true, link };
  return {
    id,
    fit: false,
    why: 'unsafe',
    link,
    reason: `ENI ${id}: its NIC ${link.name} is not spare: ${reasons.join('; ')}.`,
  };
}

/**
 * The one ENI that the caller asked for.
 *
 * @param force take it although it is not spare, not trusted, or without carrier
 * @throws EnimError NOT_THERE, NO_FREE_ENI, AMBIGUOUS_LINK or UNSAFE
 */
export function pick(fitness: readonly Fitness[], id: string, force: boolean): string {
  const wanted = fitness.find((each) => each.id === id);
  if (wanted === undefined) {
    throw new EnimError('NOT_THERE', `No ENI "${id}" is known.`, {
      hint: 'see the known ones: enim list --output name',
    });
  }
  // There is a NIC, and it is clear which: the rest is for the caller to judge.
  if (wanted.fit || ('link' in wanted && force)) return id;
  switch (wanted.why) {
    case 'held':
      throw new EnimError('NO_FREE_ENI', wanted.reason, { hint: `take another one, or free it first: enim list` });
    case 'shared':
      throw new EnimError('NOT_EXCLUSIVE', wanted.reason, { hint: 'take one in Primary mode: kubectl get enis' });
    case 'missing':
      throw new EnimError('NOT_THERE', wanted.reason, { hint: 'see where it is: enim list' });
    case 'misplaced':
      throw new EnimError('NOT_THERE', wanted.reason, { hint: `if that is its NIC: ${RENEW_SLOTS}` });
    case 'ambiguous':
      throw new EnimError('AMBIGUOUS_LINK', wanted.reason, { hint: 'tell them apart by "pciAddress" in the settings' });
    case 'quarantined':
      throw new EnimError('UNSAFE', wanted.reason, { hint: `if it is sound again: enim provider restore ${id}` });
    case 'disconnected':
    case 'unsafe':
      throw new EnimError('UNSAFE', wanted.reason, { hint: `if you are sure, repeat it with --eni ${id} --force` });
  }
}

/** The error of an add on a node whose ENIs are all shared. */
export function allShared(count: number): EnimError {
  const enis = count === 1 ? 'The only ENI of this node is' : `All ${count} ENIs of this node are`;
  return new EnimError('NOT_EXCLUSIVE', `${enis} in Secondary mode: ${SHARING}.`, {
    hint: 'run the pod on a node with ENIs in Primary mode; the modes are shown by: kubectl get enis',
  });
}

/**
 * The error of an add for which nothing is left, with what became of all ENIs.
 *
 * @param origin command that shows or makes them, where there are none
 * @param orphans IDs of those that gc may reclaim
 */
export function noneFree(fitness: readonly Fitness[], origin: string, orphans: readonly string[] = []): EnimError {
  if (fitness.length === 0) {
    return new EnimError('NO_FREE_ENI', 'No ENI is free: none are known on this node.', { hint: origin });
  }
  const whys = fitness.flatMap((each) => (each.fit ? [] : [orphans.includes(each.id) ? 'orphan' : each.why]));
  const count = (wanted: string): number => whys.filter((why) => why === wanted).length;
  const counts = [
    'held',
    'orphan',
    'shared',
    'missing',
    'misplaced',
    'ambiguous',
    'unsafe',
    'quarantined',
    'disconnected',
  ].flatMap((why) => (count(why) > 0 ? [`${count(why)} ${why}`] : []));
  const others = fitness.flatMap((each) =>
    each.fit || each.why === 'held' || orphans.includes(each.id) ? [] : [each.reason],
  );
  const isReclaimable = count('orphan') > 0;
  return new EnimError(
    'NO_FREE_ENI',
    `No ENI is free (${fitness.length} known: ${counts.join(', ') || 'all taken by now'}).`,
    {
      details: [...(isReclaimable ? [`Orphans: ${orphans.join(', ')}.`] : []), ...others].slice(0, 5),
      hint: isReclaimable
        ? 'reclaim what is dead, then the same command again: enim gc'
        : 'see who holds them, and reclaim what is dead: enim list; enim gc',
    },
  );
}
