/** What the kernel dumps, as links and routes. Pure. */
import { formatIP } from '../../model/address.js';
import type { Counters, Flow } from '../../model/counters.js';
import type { Link, LinkAddress, LinkRoute } from '../../model/link.js';
import { CONF, FAMILY, IFA, IFA_FLAG, IFF, IFLA, INFO_KIND, LIMITS, RTA, UNICAST, XDP_PLACES } from './constants.js';
import { type Attributes, listAttributes, type Message, parseAttributes, readMac, readText } from './message.js';
import { group, mode, protocol, scope, table } from './words.js';

/** Of `struct ifinfomsg`, `ifaddrmsg` and `rtmsg`: the bytes before the attributes. */
const LINK_HEADER = 16;
const ADDRESS_HEADER = 8;
const ROUTE_HEADER = 12;

/** Whether the link that a message is about has a master or sits on another link here. */
export function namesOthers(message: Message): boolean {
  const attributes = linkAttributes(message);
  return attributes.has(IFLA.master) || (attributes.has(IFLA.link) && isOnOther(attributes));
}

/** The index of a link in another netns is no index here; that of a veth is its other end. */
function isOnOther(attributes: Attributes): boolean {
  return kindIn(attributes) !== 'veth' && !attributes.has(IFLA.linkNetns);
}

function kindIn(attributes: Attributes): string | null {
  const info = attributes.get(IFLA.linkInfo);
  return info === undefined ? null : readIn(parseAttributes(info), INFO_KIND, readText);
}

/** Names of links by their index. */
export type Names = ReadonlyMap<number, string>;

/** The index of the link that a message is about. */
export function indexIn({ body }: Message): number {
  return body.readInt32LE(4);
}

/** Names of the links in a dump. */
export function namesIn(links: readonly Message[]): Names {
  return new Map(links.map((message) => [indexIn(message), nameIn(linkAttributes(message))] as const));
}

/** Each link's index with all its names: its own, then its altnames. */
export function everyNameIn(links: readonly Message[]): [number, string[]][] {
  return links.map((message) => {
    const attributes = linkAttributes(message);
    return [indexIn(message), [nameIn(attributes), ...altnamesIn(attributes)]];
  });
}

/**
 * The links in a dump.
 *
 * @param addresses the dump of all addresses of the same netns
 * @param names of all links of the netns
 */
export function readLinks(links: readonly Message[], addresses: readonly Message[], names: Names): Link[] {
  const byLink = new Map<number, LinkAddress[]>();
  for (const { body } of addresses) {
    const index = body.readUInt32LE(4);
    byLink.set(index, [...(byLink.get(index) ?? []), ...readAddress(body)]);
  }
  return links.map((message) => readLink(message, byLink.get(indexIn(message)) ?? [], names));
}

function readLink(message: Message, addresses: readonly LinkAddress[], names: Names): Link {
  const attributes = linkAttributes(message);
  const flags = message.body.readUInt32LE(8);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const mac = macIn(attributes, IFLA.address) ?? '';
  return {
    ifindex: indexIn(message),
    name: nameIn(attributes),
    altnames: altnamesIn(attributes),
    alias: readIn(attributes, IFLA.alias, readText),
    mac,
    permanentMac: macIn(attributes, IFLA.permanentAddress) ?? mac,
    mtu: numberIn(attributes, IFLA.mtu) ?? 0,
    txqueuelen: numberIn(attributes, IFLA.queueLength) ?? 0,
    group: group.format(numberIn(attributes, IFLA.group) ?? 0),
    up: has(IFF.UP),
    // RUNNING, which the kernel makes of the operational state, comes a moment after the carrier.
    carrier: !has(IFF.UP) || has(IFF.RUNNING) || has(IFF.LOWER_UP),
    promiscuous: has(IFF.PROMISC),
    arp: !has(IFF.NOARP),
    multicast: has(IFF.MULTICAST),
    allmulticast: has(IFF.ALLMULTI),
    broadcast: macIn(attributes, IFLA.broadcast) ?? '',
    mode: readIn(attributes, IFLA.mode, (bytes) => mode.format(bytes.readUInt8())),
    packets: limitsIn(attributes),
    xdp: programsIn(attributes),
    kind: kindIn(attributes),
    master: linkNamed(names, attributes, IFLA.master),
    lower: isOnOther(attributes) ? linkNamed(names, attributes, IFLA.link) : null,
    busAddress: readIn(attributes, IFLA.parentDevice, readText),
    addresses,
  };
}

function limitsIn(attributes: Attributes): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const [word, type] of Object.entries(LIMITS)) {
    const limit = numberIn(attributes, type);
    if (limit !== undefined) limits[word] = limit;
  }
  return limits;
}

function programsIn(attributes: Attributes): string[] {
  const xdp = attributes.get(IFLA.xdp);
  if (xdp === undefined) return [];
  const told = parseAttributes(xdp);
  return Object.entries(XDP_PLACES).flatMap(([word, { attribute }]) => (told.has(attribute) ? [word] : []));
}

function readAddress(body: Buffer): LinkAddress[] {
  const attributes = parseAttributes(body.subarray(ADDRESS_HEADER));
  const flags = numberIn(attributes, IFA.flags) ?? body.readUInt8(2);
  // Of a link with a peer IFA_ADDRESS is the peer's; IPv6 has no IFA_LOCAL otherwise.
  const local = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  if (local === undefined) return [];
  return [
    {
      address: `${formatIP(local)}/${body.readUInt8(1)}`,
      family: body.readUInt8(0) === FAMILY.IPv6 ? 6 : 4,
      scope: scope.format(body.readUInt8(3)),
      tentative: (flags & IFA_FLAG.tentative) !== 0,
      dadFailed: (flags & IFA_FLAG.dadFailed) !== 0,
    },
  ];
}

/** Which routes are wanted. */
export interface RouteChoice {
  /** Those that lead to everywhere. */
  readonly isDefault: boolean;
  /** Index of the device that they lead through, with one of their next hops at least; null means any. */
  readonly device: number | null;
}

/** The unicast routes in a dump, without those that the kernel makes by itself for addresses. */
export function readRoutes(routes: readonly Message[], names: Names, { isDefault, device }: RouteChoice): LinkRoute[] {
  return routes.flatMap(({ body }) => {
    const [family, length] = [body.readUInt8(0), body.readUInt8(1)];
    if (family !== FAMILY.IPv4 && family !== FAMILY.IPv6) return [];
    const madeBy = protocol.format(body.readUInt8(5));
    if (body.readUInt8(7) !== UNICAST || madeBy === 'kernel' || (isDefault && length !== 0)) return [];
    const attributes = routeAttributes(body);
    const hops = attributes.get(RTA.multipath);
    const alone = { index: numberIn(attributes, RTA.device), gateway: gatewayIn(attributes), weight: null };
    const ways = hops === undefined ? [alone] : readHops(hops);
    if (device !== null && !ways.some(({ index }) => index === device)) return [];
    const destination = attributes.get(RTA.destination);
    const route = {
      dst: destination === undefined || length === 0 ? 'default' : showNetwork(destination, length),
      family: family === FAMILY.IPv6 ? (6 as const) : (4 as const),
      table: table.format(numberIn(attributes, RTA.table) ?? body.readUInt8(4)),
      metric: numberIn(attributes, RTA.metric) ?? null,
      scope: scope.format(body.readUInt8(6)),
      prefsrc: readIn(attributes, RTA.source, formatIP),
      protocol: madeBy,
    };
    return ways.map(({ index, gateway, weight }) => ({ ...route, gateway, dev: names.get(index ?? 0) ?? '', weight }));
  });
}

/** The per-interface sysctls that the kernel tells along with a link and that are known here, as their paths and values. */
export function sysctlsIn(message: Message): [string, string][] {
  const attributes = linkAttributes(message);
  const perFamily = attributes.get(IFLA.perFamily);
  if (perFamily === undefined) return [];
  const families = parseAttributes(perFamily);
  return Object.entries(CONF).flatMap(([version, { family, attribute, places }]) => {
    const values = readIn(families, family, (its) => parseAttributes(its).get(attribute));
    return Object.entries(places).flatMap(([key, place]): [string, string][] =>
      // An older kernel has fewer.
      values === undefined || values === null || values.length < (place + 1) * 4
        ? []
        : [[`/proc/sys/net/${version}/conf/${nameIn(attributes)}/${key}`, String(values.readInt32LE(place * 4))]],
    );
  });
}

/** The counters of a link; null if the kernel has left them out. */
export function readCounters(message: Message): Counters | null {
  return readIn(linkAttributes(message), IFLA.statistics, (bytes) => {
    // `struct rtnl_link_stats64`: packets, bytes, errors, dropped; of each what was received, then what was sent.
    const number = (index: number): number => Number(bytes.readBigUInt64LE(index * 8));
    const flow = (at: 0 | 1): Flow => ({
      ...{ bytes: number(2 + at), packets: number(at), errors: number(4 + at), dropped: number(6 + at) },
    });
    return { received: flow(0), sent: flow(1) };
  });
}

/** Index of the device that the way leads through which the kernel has answered with. */
export function wayIn({ body }: Message): number | undefined {
  return numberIn(routeAttributes(body), RTA.device);
}

/** A network as `ip` writes it: a single address without its length. */
export function showNetwork(destination: Buffer, length: number): string {
  return `${formatIP(destination)}${length === destination.length * 8 ? '' : `/${length}`}`;
}

function gatewayIn(attributes: Attributes): string | null {
  // A gateway of the other family: its family, then its address.
  return readIn(attributes, RTA.via, (via) => formatIP(via.subarray(2))) ?? readIn(attributes, RTA.gateway, formatIP);
}

interface Hop {
  readonly index: number;
  readonly gateway: string | null;
  readonly weight: number;
}

/** Each is a `struct rtnexthop` of 8 bytes that says its own length, with attributes behind it. */
function readHops(bytes: Buffer): Hop[] {
  const hops: Hop[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = Math.max(8, bytes.readUInt16LE(at));
    const attributes = parseAttributes(bytes.subarray(at + 8, at + length));
    const weight = bytes.readUInt8(at + 3) + 1;
    hops.push({ index: bytes.readInt32LE(at + 4), gateway: gatewayIn(attributes), weight });
    at += (length + 3) & ~3;
  }
  return hops;
}

/** Of messages about links, each of which is read for its names, and for all else. */
const attributesOfLinks = new WeakMap<Message, Attributes>();

function linkAttributes(message: Message): Attributes {
  const attributes = attributesOfLinks.get(message) ?? parseAttributes(message.body.subarray(LINK_HEADER));
  attributesOfLinks.set(message, attributes);
  return attributes;
}

function routeAttributes(body: Buffer): Attributes {
  return parseAttributes(body.subarray(ROUTE_HEADER));
}

function nameIn(attributes: Attributes): string {
  const name = readIn(attributes, IFLA.name, readText);
  if (name === null) throw new Error('The kernel showed a link without a name.');
  return name;
}

function altnamesIn(attributes: Attributes): string[] {
  const properties = attributes.get(IFLA.properties);
  return properties === undefined ? [] : listAttributes(properties).map(([, value]) => readText(value));
}

/** Undefined for the addresses of tunnels and the like, which are no MACs. */
function macIn(attributes: Attributes, type: number): string | undefined {
  const value = attributes.get(type);
  return value?.length === 6 ? readMac(value) : undefined;
}

function readIn<T>(attributes: Attributes, type: number, read: (value: Buffer) => T): T | null {
  const value = attributes.get(type);
  return value === undefined || value.length === 0 ? null : read(value);
}

function numberIn(attributes: Attributes, type: number): number | undefined {
  return attributes.get(type)?.readUInt32LE(0);
}

function linkNamed(names: Names, attributes: Attributes, type: number): string | null {
  return names.get(numberIn(attributes, type) ?? 0) ?? null;
}
