/** What the kernel dumps, in the words of `ip -j -d`: the fields that enim reads, and no others. Pure. */
import { formatIP } from '../../model/address.js';
import { FAMILY, IFA, IFA_FLAG, IFF, IFLA, INFO_KIND, RTA, UNICAST } from './constants.js';
import { type Attributes, listAttributes, type Message, parseAttributes, readMac, readText } from './message.js';
import * as words from './words.js';
import { operationalState, protocol, scope, table } from './words.js';

type Fields = Record<string, unknown>;

/** Of `struct ifinfomsg`, `ifaddrmsg` and `rtmsg`: the bytes before the attributes. */
const LINK_HEADER = 16;
const ADDRESS_HEADER = 8;
const ROUTE_HEADER = 12;

/** Names of links by their index. */
export type Names = ReadonlyMap<number, string>;

/** Names of the links in a dump. */
export function namesOf(links: readonly Message[]): Names {
  return new Map(
    links.map(({ body }) => [body.readInt32LE(4), readText(required(linkAttributes(body), IFLA.name))] as const),
  );
}

/** Each link's index with all its names: its own, then its altnames. */
export function everyName(links: readonly Message[]): [number, string[]][] {
  return links.map(({ body }) => {
    const attributes = linkAttributes(body);
    return [body.readInt32LE(4), [readText(required(attributes, IFLA.name)), ...altnamesIn(attributes)]];
  });
}

/** `ip address show`, from the dumps of links and addresses. */
export function showAddresses(links: readonly Message[], addresses: readonly Message[]): Fields[] {
  const names = namesOf(links);
  const byLink = new Map<number, Fields[]>();
  for (const { body } of addresses) {
    const index = body.readUInt32LE(4);
    byLink.set(index, [...(byLink.get(index) ?? []), showAddress(body)]);
  }
  return links.map(({ body }) => {
    const ifindex = body.readInt32LE(4);
    return { ...showLink(body, names), addr_info: byLink.get(ifindex) ?? [] };
  });
}

function showLink(body: Buffer, names: Names): Fields {
  const attributes = linkAttributes(body);
  const flags = body.readUInt32LE(8);
  const info = attributes.get(IFLA.linkInfo);
  const kind = info === undefined ? undefined : parseAttributes(info).get(INFO_KIND);
  const altnames = altnamesIn(attributes);
  const mac = text(attributes, IFLA.address, readMac);
  const permanentMac = text(attributes, IFLA.permanentAddress, readMac);
  // The index of a link in another netns is no index here.
  const lower = attributes.has(IFLA.linkNetns) ? undefined : nameOf(names, attributes.get(IFLA.link));
  return given({
    ifindex: body.readInt32LE(4),
    ifname: text(attributes, IFLA.name, readText),
    flags: showFlags(flags),
    mtu: number(attributes, IFLA.mtu),
    operstate: operationalState(attributes.get(IFLA.operationalState)?.[0] ?? 0),
    txqlen: number(attributes, IFLA.queueLength),
    group: words.group.format(number(attributes, IFLA.group) ?? 0),
    link: lower,
    master: nameOf(names, attributes.get(IFLA.master)),
    address: mac,
    permaddr: permanentMac === mac ? undefined : permanentMac,
    ifalias: text(attributes, IFLA.alias, readText),
    altnames: altnames.length > 0 ? altnames : undefined,
    parentdev: text(attributes, IFLA.parentDevice, readText),
    linkinfo: kind === undefined ? undefined : { info_kind: readText(kind) },
  });
}

function showFlags(flags: number): string[] {
  const isSet = (flag: number): boolean => (flags & flag) !== 0;
  return [
    ...(isSet(IFF.UP) && !isSet(IFF.RUNNING) ? ['NO-CARRIER'] : []),
    ...(isSet(IFF.PROMISC) ? ['PROMISC'] : []),
    ...(isSet(IFF.UP) ? ['UP'] : []),
    ...(isSet(IFF.LOWER_UP) ? ['LOWER_UP'] : []),
  ];
}

function showAddress(body: Buffer): Fields {
  const attributes = parseAttributes(body.subarray(ADDRESS_HEADER));
  const flags = number(attributes, IFA.flags) ?? body.readUInt8(2);
  const isSet = (flag: number): true | undefined => ((flags & flag) !== 0 ? true : undefined);
  // Of a link with a peer IFA_ADDRESS is the peer's; IPv6 has no IFA_LOCAL otherwise.
  const local = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  return given({
    family: body.readUInt8(0) === FAMILY.IPv6 ? 'inet6' : 'inet',
    local: local === undefined ? undefined : formatIP(local),
    prefixlen: body.readUInt8(1),
    scope: scope.format(body.readUInt8(3)),
    tentative: isSet(IFA_FLAG.tentative),
    dadfailed: isSet(IFA_FLAG.dadFailed),
  });
}

/** Which routes are wanted. */
export interface RouteFilter {
  /** Those that lead to everywhere. */
  readonly isDefault: boolean;
  /** Those through this device; null means any. */
  readonly device: number | null;
}

/** `ip route show table all`, from the dumps of routes and of links. */
export function showRoutes(routes: readonly Message[], names: Names, { isDefault, device }: RouteFilter): Fields[] {
  return routes.flatMap(({ body }) => {
    const [family, length] = [body.readUInt8(0), body.readUInt8(1)];
    if (family !== FAMILY.IPv4 && family !== FAMILY.IPv6) return [];
    // `ip` can name the other types; nobody asks for them.
    if (body.readUInt8(7) !== UNICAST || (isDefault && length !== 0)) return [];
    const attributes = parseAttributes(body.subarray(ROUTE_HEADER));
    const hops = attributes.get(RTA.multipath);
    const nexthops = hops === undefined ? undefined : showHops(hops, names);
    const through = number(attributes, RTA.device);
    // The kernel's own notion: a route with several ways is no route of one device.
    if (device !== null && through !== device) return [];
    const destination = attributes.get(RTA.destination);
    return [
      given({
        type: 'unicast',
        dst: destination === undefined || length === 0 ? 'default' : showNetwork(destination, length),
        ...showGateway(attributes),
        dev: through === undefined ? undefined : names.get(through),
        table: table.format(number(attributes, RTA.table) ?? body.readUInt8(4)),
        protocol: protocol.format(body.readUInt8(5)),
        scope: scope.format(body.readUInt8(6)),
        prefsrc: text(attributes, RTA.source, formatIP),
        metric: number(attributes, RTA.metric),
        pref: family === FAMILY.IPv6 ? 'medium' : undefined,
        nexthops,
      }),
    ];
  });
}

function showNetwork(destination: Buffer, length: number): string {
  return `${formatIP(destination)}${length === destination.length * 8 ? '' : `/${length}`}`;
}

function showGateway(attributes: Attributes): Fields {
  const via = attributes.get(RTA.via);
  // A gateway of the other family: its family, then its address.
  if (via !== undefined) return { via: { host: formatIP(via.subarray(2)) } };
  return { gateway: text(attributes, RTA.gateway, formatIP) };
}

/** Each is a `struct rtnexthop` of 8 bytes that says its own length, with attributes behind it. */
function showHops(bytes: Buffer, names: Names): Fields[] {
  const hops: Fields[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = Math.max(8, bytes.readUInt16LE(at));
    const attributes = parseAttributes(bytes.subarray(at + 8, at + length));
    hops.push(given({ ...showGateway(attributes), dev: names.get(bytes.readInt32LE(at + 4)) }));
    at += (length + 3) & ~3;
  }
  return hops;
}

function altnamesIn(attributes: Attributes): string[] {
  const properties = attributes.get(IFLA.properties);
  return properties === undefined ? [] : listAttributes(properties).map(([, value]) => readText(value));
}

function linkAttributes(body: Buffer): Attributes {
  return parseAttributes(body.subarray(LINK_HEADER));
}

function required(attributes: Attributes, type: number): Buffer {
  const value = attributes.get(type);
  if (value === undefined) throw new Error(`The kernel left out attribute ${type}.`);
  return value;
}

function text(attributes: Attributes, type: number, read: (value: Buffer) => string): string | undefined {
  const value = attributes.get(type);
  return value === undefined || value.length === 0 ? undefined : read(value);
}

function number(attributes: Attributes, type: number): number | undefined {
  return attributes.get(type)?.readUInt32LE(0);
}

function nameOf(names: Names, index: Buffer | undefined): string | undefined {
  return index === undefined ? undefined : names.get(index.readUInt32LE(0));
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
