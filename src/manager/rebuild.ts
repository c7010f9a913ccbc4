/**
 * Makes a record anew for an ENI whose own was lost: from what the provider says of it, where its NIC is now, and the label that
 * the NIC carries.
 */
import type { Attachment, Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { labelOf, parseLabel } from '../model/label.js';
import type { Link, LinkSnapshot } from '../model/link.js';
import { setupOf } from '../model/setup.js';
import type { Whereabouts } from './locate.js';
import type { LockedParts } from './locked.js';
import type { Parts } from './parts.js';

/** The record, as good as it can be known. Nothing is written. */
export function rebuild(parts: Parts, eni: Eni, endpoint: Endpoint, where: Whereabouts): Attachment {
  return {
    ...endpoint,
    role: 'main',
    eni,
    setup: setupOf(eni),
    netns: where.at === 'netns' ? where.netns : { path: '', inode: 0 },
    phase: 'attached',
    since: parts.clock().toISOString(),
    bootID: parts.bootID,
    snapshot: 'link' in where ? guessedHome(where.link, eni, where.at === 'home') : unseen(eni),
  };
}

/**
 * Puts a rebuilt record in place, has the NIC in its netns carry the label that goes with it, and tells the provider if that knows the ENI:
 * a device that a network configuration names it does not.
 */
export async function recordAgain(parts: LockedParts, record: Attachment, link: Link): Promise<void> {
  const { store, provider, links } = parts;
  // The ENI may have another ID by now: a virtual device whose MAC the pod changes is known by that alone. Before the record, for where
  // that is missing, the same is done again.
  if (link.alias !== labelOf(record)) await links.label(link, record.netns, record);
  await store.put(record);
  const isKnown = (await provider.list()).some(({ eni }) => eni.id === record.eni.id);
  if (isKnown) await provider.allocate(record, [record.eni.id], { netns: record.netns.path || undefined });
}

/**
 * What the link probably looked like at home: as now, by the name on its label. In a pod, its state and addresses are what an add
 * gave it; at home they are the node's, and stay.
 */
function guessedHome(link: Link, eni: Eni, isHome: boolean): LinkSnapshot {
  const { kind, lower, carrier, addresses, ...look } = link;
  const label = parseLabel(link.alias);
  const own = addresses.filter(({ scope }) => scope !== 'link').map(({ address, scope }) => ({ address, scope }));
  return {
    ...look,
    name: eni.ifname ?? label?.home ?? link.name,
    alias: label === undefined ? link.alias : null,
    up: isHome && link.up,
    addresses: isHome ? own : [],
    routes: [],
    sysctls: {},
  };
}

/** The device is gone; the record only serves to let go of the ENI. */
function unseen(eni: Eni): LinkSnapshot {
  return {
    ...{ ifindex: 0, name: eni.ifname ?? eni.id, altnames: [], alias: null, mac: eni.mac, permanentMac: eni.mac },
    ...{
      busAddress: eni.pciAddress,
      mtu: 1500,
      txqueuelen: 1000,
      group: 'default',
      up: false,
      promiscuous: false,
      master: null,
    },
    ...{ arp: null, multicast: null, allmulticast: null, broadcast: null, mode: null, packets: {}, xdp: null },
    ...{ addresses: [], routes: [], sysctls: {} },
  };
}
