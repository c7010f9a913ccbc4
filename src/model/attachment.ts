/** Who uses an ENI (endpoint), and what the store records of it (attachment). */
import type { Eni } from './eni.js';
import type { LinkSnapshot } from './link.js';
import type { Owner } from './names.js';
import type { Setup } from './setup.js';

/** What tells one attachment from every other: CNI's network name, container ID and interface name. */
export interface AttachmentKey {
  readonly network: string;
  readonly containerID: string;
  readonly ifname: string;
}

/** Who uses, or asks for, an ENI. Two containers of one owner are two endpoints. */
export interface Endpoint extends AttachmentKey {
  readonly owner: Owner;
  /** UID of the pod, where one is known. */
  readonly uid: string | null;
}

/** Network name of what was allocated by hand, without an attachment: nobody but a human gives it back. */
export const BY_HAND = 'by-hand';

/**
 * Whether no network configuration may have this name: a GC of the runtime would take what was attached by hand out of living pods.
 *
 * @param byHand under which attachments by hand are recorded
 */
export function isNameByHand(network: string, byHand: string): boolean {
  return network === byHand || network === BY_HAND;
}

/**
 * How far an attachment is. `attaching`: the intention is on disk, the NIC may be anywhere between home and pod.
 * `attached`: the NIC is in the pod and the caller was told so. `releasing`: it is on its way home.
 */
export type Phase = 'attaching' | 'attached' | 'releasing';

/**
 * What enim does for an attachment, in the words of CNI. `main`: moves the NIC and sets it up. `ipam`: only says which ENI it is;
 * another plugin moves the NIC.
 */
export type Role = 'main' | 'ipam';

/** The network namespace of an attachment: its path, and the inode that tells it from a successor at the same path. */
export interface NetnsRef {
  readonly path: string;
  readonly inode: number;
}

/** One attachment as the store keeps it: enough to bring the NIC home even if settings and provider have changed since. */
export interface Attachment extends Endpoint {
  readonly role: Role;
  readonly eni: Eni;
  readonly netns: NetnsRef;
  readonly phase: Phase;
  /** When it was reserved; ISO 8601, UTC. */
  readonly since: string;
  /** /proc/sys/kernel/random/boot_id of the boot in which it was made: no netns outlives its boot. */
  readonly bootID: string;
  /** How its NIC is set up in the pod. */
  readonly setup: Setup;
  /** What the link looked like before it left home. */
  readonly snapshot: LinkSnapshot;
}

/** The key as one string; unambiguous, since none of its parts may hold a slash. */
export function keyOf(key: AttachmentKey): string {
  return `${key.network}/${key.containerID}/${key.ifname}`;
}

/** Whether two keys mean the same attachment. */
export function sameKey(a: AttachmentKey, b: AttachmentKey): boolean {
  return keyOf(a) === keyOf(b);
}

/** Whether they mean the same attachment of the same owner: a derived container ID comes again with the next pod. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return sameKey(a, b) && a.owner === b.owner;
}

/** The endpoint of an attachment, without the rest of the record. */
export function endpointOf({ owner, uid, network, containerID, ifname }: Endpoint): Endpoint {
  return { owner, uid, network, containerID, ifname };
}
