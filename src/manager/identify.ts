/**
 * Which of the links that one sees is a given ENI. Identity is the permanent MAC plus, where it is known, the bus address; never
 * a name or an ifindex from an earlier look. Pure.
 */
import type { Attachment } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';

/** What is known of the NIC that is looked for. */
export interface Identity {
  /** ID of the ENI; stands in the label that its NIC carries while it is away. */
  readonly id: string;
  /** Permanent MAC, canonical. */
  readonly mac: string;
  readonly busAddress: string | null;
  /** Of the link as it left home; null if it is not known to have left. */
  readonly ifindex: number | null;
}

/** The identity of an ENI as its provider describes it. */
export function identityOf({ id, mac, pciAddress }: Eni): Identity {
  return { id, mac, busAddress: pciAddress, ifindex: null };
}

/**
 * The identity of an attachment's NIC, as it was seen before it left home. Where it was plugged in before the last boot says nothing:
 * virtio counts its devices anew, and may give the number of a NIC to a disk.
 *
 * @param bootID of the running system
 */
export function identityOfAttachment({ eni, snapshot, bootID: seenIn }: Attachment, bootID: string): Identity {
  const busAddress = eni.pciAddress ?? (seenIn === bootID ? snapshot.busAddress : null);
  return { id: eni.id, mac: snapshot.permanentMac, busAddress, ifindex: snapshot.ifindex };
}

/** Kinds that sit on other links and copy their MAC, or have no other end; they are never an ENI. */
const NEVER_ENI = new Set([
  ...[
    'macvlan',
    'macvtap',
    'ipvlan',
    'ipvtap',
    'vlan',
    'macsec',
    'bond',
    'bridge',
    'team',
    'vrf',
    'hsr',
    'ifb',
    'tun',
    'vxlan',
  ],
  ...[
    'geneve',
    'gre',
    'gretap',
    'ip6gre',
    'ip6gretap',
    'ipip',
    'sit',
    'ip6tnl',
    'wireguard',
    'xfrm',
    'openvswitch',
    'batadv',
  ],
]);

/** Whether a link of this kind can be an ENI at all: a real card, or a veth or the like that stands in for one. */
export function canBeEni(link: Link): boolean {
  return link.kind === null ? link.name !== 'lo' : !NEVER_ENI.has(link.kind);
}

/**
 * The links that fit, best first: those at the right bus address alone where one is known, else real cards before virtual ones.
 * More than one of equal rank is an ambiguity that nobody may resolve by guessing.
 */
export function identify(links: readonly Link[], identity: Identity): Link[] {
  const { mac, busAddress } = identity;
  // What few links have comes first: a node looks for each of its hundreds of ENIs among as many links.
  const byMac = links.filter((link) => link.permanentMac === mac && canBeEni(link));
  if (byMac.length === 0) return links.filter((link) => isLabelled(link, identity) && canBeEni(link));
  const there = byMac.filter((link) => isAt(link.busAddress, busAddress));
  const real = there.filter((link) => link.kind === null);
  return real.length > 0 ? real : there;
}

/** The link if it is that NIC. For one that was the only one to fit a moment ago. */
export function confirm(link: Link | undefined, identity: Identity): Link | undefined {
  return link === undefined ? undefined : identify([link], identity)[0];
}

/**
 * The one link that fits, or undefined.
 *
 * @throws EnimError AMBIGUOUS_LINK if several fit equally well
 */
export function findLink(links: readonly Link[], identity: Identity): Link | undefined {
  const [link, ...others] = identify(links, identity);
  if (link === undefined || others.length === 0) return link;
  const names = [link, ...others].map(({ name }) => name).join(', ');
  throw new EnimError('AMBIGUOUS_LINK', `Several links have the MAC ${identity.mac} of ENI ${identity.id}: ${names}.`, {
    hint: 'tell them apart by "pciAddress" in the settings, or remove the one that is no ENI',
  });
}

/**
 * A virtual device has no permanent MAC: one whose MAC the pod has changed is known by label and ifindex. A label alone does not
 * count, for a pod can write one on any device of its own; and a card is never known by it.
 */
function isLabelled(link: Link, { id, ifindex }: Identity): boolean {
  return link.kind !== null && link.ifindex === ifindex && parseLabel(link.alias)?.eni === id;
}

/** A card with the MAC, but in another slot: it is not taken for the NIC, for that may be another card of the same MAC. */
export function findMisplaced(links: Iterable<Link>, { mac, busAddress }: Identity): Link | undefined {
  for (const link of links)
    if (link.kind === null && link.permanentMac === mac && !isAt(link.busAddress, busAddress)) return link;
  return undefined;
}

/** Has the inventory say where the cards are now. */
export const RENEW_SLOTS = 'enim provider init --force';

/** Where such a card is, as a clause. */
export function sayMisplaced({ name, busAddress }: Link, wanted: Identity): string {
  return `the NIC with MAC ${wanted.mac} is ${name} at ${busAddress}, not at ${wanted.busAddress}`;
}

function isAt(seen: string | null, wanted: string | null): boolean {
  return wanted === null || seen === null || sameBus(seen, wanted);
}

/** virtio's `parentdev` is `virtioN`, which says nothing of the PCI slot; it neither confirms nor refutes. */
function sameBus(seen: string, wanted: string): boolean {
  return seen.startsWith('virtio') !== wanted.startsWith('virtio') || seen.toLowerCase() === wanted.toLowerCase();
}
