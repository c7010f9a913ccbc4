/** The view that people and scripts get: provider × record × kernel, joined for each ENI. */
import { type Attachment, BY_HAND } from '../model/attachment.js';
import type { Eni, EniAddress } from '../model/eni.js';
import type { Link } from '../model/link.js';
import { type Quarantine, quarantineOf } from '../model/quarantine.js';
import type { ProvidedEni } from '../providers/provider.js';
import { judge } from './candidates.js';
import { identityOf, identityOfAttachment } from './identify.js';
import { joinRecords } from './known.js';
import { type Look, locate, look, recordedOf, type Whereabouts } from './locate.js';
import type { Parts } from './parts.js';
import { describe, recordAgainBy } from './verdict.js';

/** The states of an ENI, as `list` shows them. */
export const ENI_STATES = ['free', 'used', 'shared', 'releasing', 'orphan', 'missing', 'quarantined'] as const;

/**
 * `free`: can be given out. `used`: a pod has it, or it is held by hand. `shared`: pods get addresses of it. `releasing`: on its way home. `orphan`: held for a pod
 * that is gone, or away from home without a record. `missing`: no device. `quarantined`: at home, but not to be given out.
 */
export type EniState = (typeof ENI_STATES)[number];

/** One ENI, as printed by `enim list --json`. */
export interface EniView {
  readonly id: string;
  readonly mac: string;
  readonly provider: string;
  readonly state: EniState;
  /** Where the NIC is now; `netns` is null at home. Null if there is no device. */
  readonly link: {
    readonly name: string;
    readonly ifindex: number;
    readonly netns: string | null;
    readonly up: boolean;
  } | null;
  readonly ipv4: EniAddress | null;
  readonly ipv6: EniAddress | null;
  readonly attachment: {
    readonly owner: string;
    readonly containerID: string;
    readonly ifname: string;
    /** Path; null for an ENI that is held by hand. */
    readonly netns: string | null;
    readonly network: string;
    /** ISO 8601, UTC. */
    readonly since: string;
  } | null;
  /** What is worth knowing beyond the state, as a clause. */
  readonly note: string | null;
}

/** All ENIs of the node, in the provider's order; behind them those that only a record still speaks of. */
export async function list(parts: Parts): Promise<readonly EniView[]> {
  const [provided, attachments, quarantines, machine] = await Promise.all([
    parts.provider.list(),
    parts.store.list(),
    parts.store.quarantine.list(),
    look(parts),
  ]);
  const now = parts.clock();
  return Promise.all(
    joinRecords(provided, attachments).map(async (each) => {
      const quarantine = quarantineOf(quarantines, each.eni, now);
      if (each.attachment !== undefined) return viewAttached(parts, machine, each.attachment, quarantine);
      return viewUnattached(parts, machine, each, quarantine);
    }),
  );
}

/** Whether its NIC is in a netns of others, or may be: of several links nobody can tell which it is. */
export function isAway({ link, state }: EniView): boolean {
  return link === null ? state === 'quarantined' : link.netns !== null;
}

/** The view of an attachment that was just made, without looking again. */
export function viewAdded({ name: provider }: Parts['provider'], attachment: Attachment, link: Link): EniView {
  return {
    ...identity(provider, attachment.eni),
    ...addressesOf(attachment),
    state: 'used',
    link: { name: link.name, ifindex: link.ifindex, netns: attachment.netns.path, up: link.up },
    attachment: summary(attachment),
    note: null,
  };
}

async function viewAttached(
  parts: Parts,
  machine: Look,
  attachment: Attachment,
  quarantine: Quarantine | null,
): Promise<EniView> {
  const { eni, netns, phase } = attachment;
  const where = await locate(machine, identityOfAttachment(attachment, parts.bootID), netns);
  const there = await parts.netns.find(netns.path);
  const isOfThisBoot = attachment.bootID === parts.bootID;
  const isStrange = isOfThisBoot && where.at === 'netns' && where.netns.inode !== netns.inode;
  const alive = isOfThisBoot && (there?.inode === netns.inode || (await isInhabited(machine, where, netns)));
  const isOthers = attachment.role === 'ipam' && alive && phase === 'attached' && where.at !== 'unclear';
  const { state, note } = isOthers
    ? { state: 'used' as const, note: `another plugin moves its NIC; ${describe(where)}` }
    : stateAttached(phase, where, alive, isStrange);
  return {
    ...identity(parts.provider.name, eni),
    ...addressesOf(attachment),
    state,
    link: linkOf(where),
    attachment: summary(attachment),
    note: withQuarantine(note, quarantine),
  };
}

/** Whoever has an ENI keeps it; that it is given to nobody else afterwards should not come as a surprise. */
function withQuarantine(note: string | null, quarantine: Quarantine | null): string | null {
  if (quarantine === null) return note;
  return [...(note === null ? [] : [note]), `in quarantine: ${quarantine.reason}`].join('; ');
}

/** One cannot tell which without waiting for the one who may be at it. */
const ATTACHING = 'being attached, or its add was interrupted: repeat it, or del it';

/** Whether the NIC is in its netns, which has lost its path, with processes that still run there. */
async function isInhabited(machine: Look, where: Whereabouts, { inode }: Attachment['netns']): Promise<boolean> {
  return where.at === 'netns' && where.netns.inode === inode && (await machine.pidsIn(inode)).length > 0;
}

/**
 * @param alive the netns that the record names still exists
 * @param isStrange the NIC is in another netns
 */
function stateAttached(
  phase: Attachment['phase'],
  where: Whereabouts,
  alive: boolean,
  isStrange: boolean,
): { state: EniState; note: string | null } {
  if (where.at === 'unclear') return { state: 'quarantined', note: describe(where) };
  if (phase === 'releasing')
    return { state: 'releasing', note: `${describe(where)}; enim gc finishes it if nobody does` };
  if (isStrange) return { state: 'orphan', note: `${describe(where)}, which is not its pod’s` };
  if (!alive) return { state: where.at === 'nowhere' ? 'missing' : 'orphan', note: 'its netns is gone; run: enim gc' };
  if (where.at === 'nowhere') return { state: 'missing', note: 'its netns is alive, but no device is in it' };
  if (where.at === 'home') {
    return phase === 'attaching'
      ? { state: 'used', note: ATTACHING }
      : { state: 'orphan', note: 'its netns is alive, but the NIC is home; run: enim gc' };
  }
  if (phase === 'attaching') return { state: 'used', note: ATTACHING };
  return { state: 'used', note: where.link.carrier ? null : 'its NIC has no carrier' };
}

async function viewUnattached(
  parts: Parts,
  machine: Look,
  provided: ProvidedEni,
  quarantine: Quarantine | null,
): Promise<EniView> {
  const { eni, holder, since } = provided;
  const base = { ...identity(parts.provider.name, eni), attachment: null };
  const where = await locate(machine, identityOf(eni), recordedOf(provided));
  if (where.at === 'unclear') return { ...base, state: 'quarantined', link: null, note: describe(where) };
  const link = linkOf(where);
  const next = where.at === 'netns' ? recordAgainBy(eni.id, where.link.alias, holder) : 'enim gc';
  if (holder !== null) {
    const { owner, containerID, ifname, network } = holder;
    const attachment = { owner, containerID, ifname, netns: null, network, since: since ?? '' };
    if (network === BY_HAND)
      return { ...base, state: 'used', link, attachment, note: withQuarantine('held by hand', quarantine) };
    return { ...base, state: 'orphan', link, attachment, note: `allocated, but nothing is recorded; run: ${next}` };
  }
  if (where.at === 'nowhere')
    return { ...base, state: 'missing', link, note: where.misplaced ?? `no device with MAC ${eni.mac}` };
  if (where.at === 'netns')
    return { ...base, state: 'orphan', link, note: `away from home without a record; run: ${next}` };
  if (provided.isShared) return { ...base, state: 'shared', link, note: 'in Secondary mode: pods get addresses of it' };
  const fitness = judge(provided, null, [], await machine.home(), quarantine);
  return fitness.fit
    ? { ...base, state: 'free', link, note: null }
    : { ...base, state: 'quarantined', link, note: fitness.reason };
}

function identity(
  provider: string,
  { id, mac, ipv4, ipv6 }: Eni,
): Pick<EniView, 'id' | 'mac' | 'provider' | 'ipv4' | 'ipv6'> {
  return { id, mac, provider, ipv4, ipv6 };
}

/** What the pod has, which need not be what its ENI says. */
function addressesOf({ setup: { addresses } }: Attachment): Pick<EniView, 'ipv4' | 'ipv6'> {
  const isIPv6 = ({ address }: EniAddress): boolean => address.includes(':');
  return { ipv4: addresses.find((each) => !isIPv6(each)) ?? null, ipv6: addresses.find(isIPv6) ?? null };
}

function linkOf(where: Whereabouts): EniView['link'] {
  if (!('link' in where)) return null;
  const { name, ifindex, up } = where.link;
  return { name, ifindex, netns: where.at === 'netns' ? where.netns.path : null, up };
}

function summary({ owner, containerID, ifname, netns, network, since }: Attachment): EniView['attachment'] {
  return { owner, containerID, ifname, netns: netns.path, network, since };
}
