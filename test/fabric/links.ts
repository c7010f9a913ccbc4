/** What the kernel says of links and routes, and its normal form for comparing before with after. */
import { must } from './exec.js';

/** One link as `ip -j -d addr` prints it; only what tests look at. */
export interface RawLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly broadcast?: string;
  readonly gso_max_size?: number;
  readonly gso_max_segs?: number;
  readonly gro_max_size?: number;
  readonly xdp?: { readonly attached?: readonly { readonly mode: number }[] };
  readonly txqlen?: number;
  readonly group?: string;
  readonly master?: string;
  readonly address?: string;
  readonly ifalias?: string;
  readonly altnames?: readonly string[];
  readonly operstate: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly RawAddress[];
}

interface RawAddress {
  readonly family: string;
  readonly local?: string;
  readonly prefixlen?: number;
  readonly scope?: string;
  readonly tentative?: boolean;
}

/** A link without what the kernel changes by itself (index, carrier, its own link-local addresses). */
export interface LinkState {
  readonly name: string;
  readonly altnames: readonly string[];
  readonly alias: string | null;
  readonly mac: string;
  readonly mtu: number;
  readonly txqueuelen: number;
  readonly group: string;
  readonly master: string | null;
  readonly up: boolean;
  readonly promiscuous: boolean;
  readonly arp: boolean;
  readonly multicast: boolean;
  readonly allmulticast: boolean;
  readonly broadcast: string | null;
  /** Sizes up to which packets are joined and cut, and places of programs of XDP. */
  readonly limits: readonly (number | undefined)[];
  readonly xdp: readonly number[];
  readonly addresses: readonly string[];
}

/** Links and routes of one netns. */
export interface NetnsState {
  readonly links: readonly LinkState[];
  readonly routes: readonly string[];
}

/** All links in a netns below /run/netns. */
export async function readLinks(netns: string): Promise<RawLink[]> {
  return JSON.parse(await must('ip', ['-n', netns, '-j', '-d', 'addr', 'show'])) as RawLink[];
}

/** The normal form of a netns, equal exactly when nothing changed that a user could notice. */
export async function readNetnsState(netns: string): Promise<NetnsState> {
  const [links, ...routes] = await Promise.all([readLinks(netns), readRoutes(netns, '-4'), readRoutes(netns, '-6')]);
  return { links: links.map(normalise).sort((a, b) => a.name.localeCompare(b.name)), routes: routes.flat().sort() };
}

function normalise(raw: RawLink): LinkState {
  return {
    name: raw.ifname,
    altnames: [...(raw.altnames ?? [])].sort(),
    alias: raw.ifalias ?? null,
    mac: raw.address ?? '',
    mtu: raw.mtu,
    txqueuelen: raw.txqlen ?? 0,
    group: raw.group ?? 'default',
    master: raw.master ?? null,
    up: raw.flags.includes('UP'),
    promiscuous: raw.flags.includes('PROMISC'),
    arp: !raw.flags.includes('NOARP'),
    multicast: raw.flags.includes('MULTICAST'),
    allmulticast: raw.flags.includes('ALLMULTI'),
    broadcast: raw.broadcast ?? null,
    limits: [raw.gso_max_size, raw.gso_max_segs, raw.gro_max_size],
    xdp: (raw.xdp?.attached ?? []).map(({ mode }) => mode),
    addresses: addressesOf(raw),
  };
}

/** The addresses of a link with their prefix lengths, sorted; without the link-local ones that the kernel makes. */
export function addressesOf(raw: RawLink): string[] {
  return (raw.addr_info ?? [])
    .filter(({ local, scope }) => local !== undefined && scope !== 'link')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .sort();
}

interface RawRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly metric?: number;
  readonly protocol?: string;
}

/** The routes that somebody set, as `dst via gateway dev link table T metric M`; not those that the kernel makes for addresses. */
export async function readRoutes(netns: string, family: '-4' | '-6'): Promise<string[]> {
  const text = await must('ip', ['-n', netns, '-j', family, 'route', 'show', 'table', 'all']);
  return (JSON.parse(text || '[]') as RawRoute[])
    .filter(({ type = 'unicast', protocol }) => type === 'unicast' && protocol !== 'kernel')
    .map(({ dst, gateway, dev, table, metric }) => {
      const via = gateway === undefined ? '' : ` via ${gateway}`;
      return `${family === '-6' ? 'inet6' : 'inet'} ${dst}${via} dev ${dev} table ${table ?? 'main'} metric ${metric ?? 0}`;
    });
}
