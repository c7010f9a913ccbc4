/** What a link (the kernel's network device) looks like, and which of it is kept while the NIC is away from home. */

/** An address on a link. */
export interface LinkAddress {
  /** With prefix length. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly scope: string;
  /** IPv6: duplicate address detection is not through yet. */
  readonly tentative: boolean;
  /** IPv6: another host has it. */
  readonly dadFailed: boolean;
}

/** A route through a link, or one next hop of a route that has several, in `ip route`'s words; `table` is a name or a number. */
export interface LinkRoute {
  readonly dst: string;
  readonly family: 4 | 6;
  readonly gateway: string | null;
  readonly dev: string;
  readonly table: string;
  readonly metric: number | null;
  readonly scope: string | null;
  readonly prefsrc: string | null;
  readonly protocol: string | null;
  /** Share of a next hop; null for a route that has one only. */
  readonly weight: number | null;
}

/** A link at one moment, in one netns. */
export interface Link {
  readonly ifindex: number;
  readonly name: string;
  readonly altnames: readonly string[];
  readonly alias: string | null;
  /** The MAC in force now; a pod may change it. */
  readonly mac: string;
  /** The MAC that the hardware has; never changes. */
  readonly permanentMac: string;
  readonly mtu: number;
  readonly txqueuelen: number;
  readonly group: string;
  readonly up: boolean;
  /** False only where the link is up and nothing answers at its other end; one that is down says nothing of that. */
  readonly carrier: boolean;
  readonly promiscuous: boolean;
  /** Whether it asks for the MACs of its neighbours, and answers who asks for its own. */
  readonly arp: boolean;
  readonly multicast: boolean;
  readonly allmulticast: boolean;
  /** The MAC that stands for all; empty where the link has none. */
  readonly broadcast: string;
  /** `default`, or `dormant` where somebody above the kernel (802.1X, say) is to call it ready; null where that is not told. */
  readonly mode: string | null;
  /** Limits of the packets that are joined and cut, by `ip`'s words for them (`gso_max_size`), as far as they are told. */
  readonly packets: Readonly<Record<string, number>>;
  /** How programs of XDP are attached to it, in `ip`'s words: `xdpdrv`, `xdpgeneric`, `xdpoffload`. */
  readonly xdp: readonly string[];
  /** `linkinfo.info_kind`: null for a real card, `veth`, `macvlan`, … for a virtual device. */
  readonly kind: string | null;
  /** Bond, bridge or VRF that it belongs to. */
  readonly master: string | null;
  /** Link in the same netns that it sits on, as a VLAN or a macvlan does. */
  readonly lower: string | null;
  /** Bus address (`0000:00:05.0`, or `virtio3` for virtio). */
  readonly busAddress: string | null;
  readonly addresses: readonly LinkAddress[];
}

/** What a link looked like at home, kept while it is away so that what left is what returns. */
export interface LinkSnapshot {
  readonly ifindex: number;
  readonly name: string;
  readonly altnames: readonly string[];
  readonly alias: string | null;
  readonly mac: string;
  readonly permanentMac: string;
  readonly busAddress: string | null;
  readonly mtu: number;
  readonly txqueuelen: number;
  readonly group: string;
  readonly up: boolean;
  readonly promiscuous: boolean;
  /** Null, as the four after it, where that is not known: then it stays as it is. */
  readonly arp: boolean | null;
  readonly multicast: boolean | null;
  readonly allmulticast: boolean | null;
  readonly broadcast: string | null;
  readonly mode: string | null;
  readonly packets: Readonly<Record<string, number>>;
  /** Null where that is not known. */
  readonly xdp: readonly string[] | null;
  /** Bond, bridge or VRF that it belonged to. */
  readonly master: string | null;
  readonly addresses: readonly { readonly address: string; readonly scope: string }[];
  readonly routes: readonly LinkRoute[];
  /**
   * Values of the per-interface sysctls that enim sets in pods, by their path below /proc/sys/net without the interface, for example
   * `ipv4/conf/arp_notify`. The kernel drops them all in a move.
   */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** One thing that the pod (or the kernel) changed and that was put back. */
export interface Restored {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** Their names and altnames: none of them can be another link's. */
export function namesOf(links: readonly Link[]): Set<string> {
  return new Set(links.flatMap(({ name, altnames }) => [name, ...altnames]));
}

/** For each link that sits on another, the name of that one. */
export function lowersOf(links: readonly Link[]): Map<string, string> {
  return new Map(links.flatMap(({ name, lower }) => (lower === null ? [] : [[name, lower] as const])));
}

/**
 * What `ip` takes for a link: its index ("if7"), so that nobody who renames it meanwhile has another one meant; its name where another
 * link is called so, for a name counts first.
 *
 * @param taken names of other links
 */
export function wordFor({ ifindex, name }: Pick<Link, 'ifindex' | 'name'>, taken: ReadonlySet<string>): string {
  const byIndex = `if${ifindex}`;
  return taken.has(byIndex) ? name : byIndex;
}
