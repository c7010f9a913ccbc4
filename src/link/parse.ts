/** Reads what `ip -j -d` prints (iproute2 ≥ 5.10; measured on 6.1) into links, routes and rules. Pure. */
import * as v from 'valibot';
import { parseIP, parseMac } from '../model/address.js';
import type { Counters, Flow } from '../model/counters.js';
import type { Link, LinkAddress, LinkRoute } from '../model/link.js';
import type { Rule } from '../model/rule.js';
import { LIMITS } from './netlink/constants.js';

const PACKET_LIMITS = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

// Each once: all are made where a call of the plugin loads this.
const text = v.string();
const number = v.number();
const someText = v.optional(text);
const someNumber = v.optional(number);
const someFlag = v.optional(v.boolean());
const Via = v.optional(v.looseObject({ host: text }));

const Address = v.looseObject({
  family: text,
  local: someText,
  prefixlen: someNumber,
  scope: someText,
  tentative: someFlag,
  dadfailed: someFlag,
});

const RawLink = v.looseObject({
  ifindex: number,
  ifname: text,
  flags: v.array(text),
  mtu: number,
  txqlen: someNumber,
  group: someText,
  link: someText,
  master: someText,
  address: someText,
  permaddr: someText,
  broadcast: someText,
  ...v.entriesFromList(PACKET_LIMITS, someNumber),
  xdp: v.optional(v.looseObject({ attached: v.optional(v.array(v.looseObject({ mode: number }))) })),
  ifalias: someText,
  altnames: v.optional(v.array(text)),
  parentdev: someText,
  linkinfo: v.optional(v.looseObject({ info_kind: someText })),
  addr_info: v.optional(v.array(v.looseObject({}))),
});

const RawRoute = v.looseObject({
  type: someText,
  dst: text,
  gateway: someText,
  via: Via,
  dev: someText,
  table: someText,
  metric: someNumber,
  scope: someText,
  prefsrc: someText,
  protocol: someText,
  /** Router preference: `ip` prints it for IPv6 alone. */
  pref: someText,
  nexthops: v.optional(
    v.array(
      v.looseObject({
        dev: someText,
        gateway: someText,
        via: Via,
        weight: someNumber,
      }),
    ),
  ),
});

const RawFlow = v.looseObject({ bytes: number, packets: number, errors: number, dropped: number });
const RawCounted = v.looseObject({ stats64: v.looseObject({ rx: RawFlow, tx: RawFlow }) });

/** Reads `ip -j -s link show dev NAME`; null where it does not count. */
export function parseCounters(document: unknown): Counters | null {
  const [counted] = Array.isArray(document) ? document : [];
  const read = v.safeParse(RawCounted, counted);
  if (!read.success) return null;
  const flow = ({ bytes, packets, errors, dropped }: v.InferOutput<typeof RawFlow>): Flow => ({
    ...{ bytes, packets, errors, dropped },
  });
  return { received: flow(read.output.stats64.rx), sent: flow(read.output.stats64.tx) };
}

/**
 * Reads the document that one listing of `ip -j` prints, on one line; an empty line is an empty listing.
 *
 * @throws SyntaxError if it is no JSON
 */
export function parseDocument(line: string): unknown {
  const text = line.trim();
  return text === '' ? [] : (JSON.parse(text.replace(NO_JSON, asJson)) as unknown);
}

/** Escapes, so that they are seen as wholes, and control characters, which `ip` prints as they are; a pod can name a link so. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are just what is to be escaped
const NO_JSON = /\\.|[\u0000-\u001f]/g;

function asJson(part: string): string {
  if (part === "\\'") return "'";
  return part.length > 1 ? part : `\\u${part.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Reads `ip -j -d addr show`. Links without a MAC (tunnels) get an empty one.
 *
 * @param modes what `ip -j -d link show` prints, which alone tells the modes
 * @throws ValiError if a document has another shape
 */
export function parseLinks(document: unknown, modes: unknown = []): Link[] {
  const modeOf = new Map(v.parse(v.array(RawMode), modes).map((raw) => [raw.ifindex, toMode(raw)]));
  return v
    .parse(v.array(v.looseObject({ ifindex: someNumber })), document)
    .filter((raw) => raw.ifindex !== undefined)
    .map((raw) => toLink(v.parse(RawLink, raw), modeOf.get(raw.ifindex) ?? null));
}

const RawMode = v.looseObject({
  ifindex: someNumber,
  linkmode: someText,
  linkmode_index: someNumber,
});

function toMode({ linkmode, linkmode_index: index }: v.InferOutput<typeof RawMode>): string | null {
  return linkmode?.toLowerCase() ?? index?.toString() ?? null;
}

/** The places of a program of XDP, by their numbers (XDP_ATTACHED_DRV, …). */
const XDP_PLACES = new Map([
  [1, 'xdpdrv'],
  [2, 'xdpgeneric'],
  [3, 'xdpoffload'],
]);

function toLink(raw: v.InferOutput<typeof RawLink>, mode: string | null): Link {
  const mac = parseMac(raw.address ?? '') ?? '';
  return {
    ifindex: raw.ifindex,
    name: raw.ifname,
    altnames: raw.altnames ?? [],
    alias: raw.ifalias ?? null,
    mac,
    permanentMac: parseMac(raw.permaddr ?? '') ?? mac,
    mtu: raw.mtu,
    txqueuelen: raw.txqlen ?? 0,
    group: raw.group ?? 'default',
    up: raw.flags.includes('UP'),
    // Without LOWER_UP: the kernel drops NO-CARRIER, which `ip` makes of the operational state, a moment after the carrier is there.
    carrier: !raw.flags.includes('NO-CARRIER') || raw.flags.includes('LOWER_UP'),
    promiscuous: raw.flags.includes('PROMISC'),
    arp: !raw.flags.includes('NOARP'),
    multicast: raw.flags.includes('MULTICAST'),
    allmulticast: raw.flags.includes('ALLMULTI'),
    broadcast: parseMac(raw.broadcast ?? '') ?? '',
    mode,
    packets: Object.fromEntries(
      PACKET_LIMITS.flatMap((word) => {
        const limit = raw[word];
        return limit === undefined ? [] : [[word, limit] as const];
      }),
    ),
    xdp: (raw.xdp?.attached ?? []).flatMap(({ mode: place }) => XDP_PLACES.get(place) ?? []),
    kind: raw.linkinfo?.info_kind ?? null,
    master: raw.master ?? null,
    // For a veth it is the other end.
    lower: raw.linkinfo?.info_kind === 'veth' ? null : (raw.link ?? null),
    busAddress: raw.parentdev ?? null,
    addresses: (raw.addr_info ?? []).flatMap(toAddress),
  };
}

function toAddress(raw: unknown): LinkAddress[] {
  const address = v.parse(Address, raw);
  if (address.local === undefined || address.prefixlen === undefined) return [];
  return [
    {
      // In our spelling: the kernel writes some IPv6 addresses with dots.
      address: `${parseIP(address.local)?.address ?? address.local}/${address.prefixlen}`,
      family: address.family === 'inet6' ? 6 : 4,
      scope: address.scope ?? 'global',
      tentative: address.tentative ?? false,
      dadFailed: address.dadfailed ?? false,
    },
  ];
}

/**
 * Reads `ip -j -d route show table all …`. Only unicast routes count; those that the kernel makes by itself for addresses and
 * for multicast (`proto kernel`) do not, for they come and go with the address. A multipath route is one entry per next hop.
 *
 * @param dev the device when the listing was asked for one: `ip` then leaves `dev` out
 * @throws ValiError if the document has another shape
 */
export function parseRoutes(document: unknown, dev?: string): LinkRoute[] {
  return v.parse(v.array(RawRoute), document).flatMap((raw) => {
    if ((raw.type ?? 'unicast') !== 'unicast' || raw.protocol === 'kernel') return [];
    const hops = raw.nexthops ?? [{ dev: raw.dev, gateway: raw.gateway, via: raw.via }];
    return hops.map((hop) => ({
      dst: raw.dst,
      family: raw.pref !== undefined || raw.dst.includes(':') ? (6 as const) : (4 as const),
      gateway: hop.gateway ?? hop.via?.host ?? null,
      dev: hop.dev ?? dev ?? '',
      table: raw.table ?? 'main',
      metric: raw.metric ?? null,
      scope: raw.scope ?? null,
      prefsrc: raw.prefsrc ?? null,
      protocol: raw.protocol ?? null,
      weight: raw.nexthops === undefined ? null : (hop.weight ?? 1),
    }));
  });
}

/**
 * Of what `parseRoutes` reads, the routes with several next hops of which one at least leads through the device. `ip` shows them only
 * when it is not asked for one.
 *
 * @throws ValiError if the document has another shape
 */
export function parseMultipath(document: unknown, dev: string): LinkRoute[] {
  const routes = v.parse(v.array(RawRoute), document);
  return parseRoutes(routes.filter(({ nexthops }) => nexthops?.some((hop) => hop.dev === dev)));
}

/**
 * Reads `ip -j -d route get …`: the device that the way leads through, whoever made the route.
 *
 * @throws ValiError if the document has another shape
 */
export function parseWay(document: unknown): string | null {
  const [way] = v.parse(v.array(RawRoute), document);
  return way?.dev ?? null;
}

const RawRule = v.looseObject({
  priority: number,
  src: text,
  srclen: someNumber,
  dst: someText,
  dstlen: someNumber,
  table: someText,
});

/** What is printed of a plain rule; whatever else is there makes it a special one. */
const OF_PLAIN_RULES = [...Object.keys(RawRule.entries), 'protocol'];

/**
 * Reads `ip -j -d -4 rule show`, or that of the other family.
 *
 * @throws ValiError if the document has another shape
 */
export function parseRules(document: unknown, family: 4 | 6): Rule[] {
  return v.parse(v.array(RawRule), document).map((raw) => ({
    family,
    priority: raw.priority,
    from: toNetwork(raw.src, raw.srclen),
    to: toNetwork(raw.dst ?? 'all', raw.dstlen),
    table: raw.table ?? null,
    isSpecial: Object.keys(raw).some((key) => !OF_PLAIN_RULES.includes(key)),
  }));
}

function toNetwork(address: string, length: number | undefined): string | null {
  if (address === 'all') return null;
  return `${parseIP(address)?.address ?? address}${length === undefined ? '' : `/${length}`}`;
}
