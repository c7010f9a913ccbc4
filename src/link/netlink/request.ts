/** The commands that change something, as requests to the kernel: the same bytes that `ip` sends. Pure. */
import { bytesOfIP, bytesOfMac, type Cidr, parseCidr, parseIP } from '../../model/address.js';
import type { IpCommand } from '../kernel.js';
import {
  FAMILY,
  FRA,
  IFA,
  IFA_FLAG,
  IFF,
  IFLA,
  LIMITS,
  NEIGHBOUR,
  NLM,
  NO_PROGRAM,
  ON_LINK,
  RTA,
  RTM,
  TO_TABLE,
  UNICAST,
  XDP,
  XDP_PLACES,
} from './constants.js';
import { attribute, bytesOfText, nested, text, u32 } from './message.js';
import * as words from './words.js';

/** A request without its number. */
export interface Request {
  readonly type: number;
  /** Beside those that every request has. */
  readonly flags: number;
  readonly body: Buffer;
}

/** What a request needs to know of the netns that it goes to. */
export interface Surroundings {
  /** Index of the link of this name; throws if there is none. */
  indexOf(name: string): number;
  /** A descriptor of the netns at this path; throws if there is none. */
  openNetns(path: string): number;
}

type Options = ReadonlyMap<string, string>;

/**
 * The request that a command stands for.
 *
 * @returns undefined for a command that only `ip` itself can carry out
 * @throws whatever the surroundings throw
 */
export function requestFor(command: IpCommand, surroundings: Surroundings): Request | undefined {
  const [object, verb, ...rest] = command;
  switch (`${object} ${verb}`) {
    case 'link set':
      return linkRequest(rest, surroundings);
    case 'link property':
      return propertyRequest(rest, surroundings);
    case 'address add':
    case 'address replace':
    case 'address del':
      return addressRequest(verb ?? '', rest, surroundings);
    case 'route replace':
      return routeRequest(rest, surroundings);
    case 'neighbour replace':
      return neighbourRequest(rest, surroundings);
    case 'rule add':
    case 'rule del':
      return ruleRequest(FAMILY.IPv4, verb ?? '', rest);
    case '-6 rule':
      return ruleRequest(FAMILY.IPv6, rest[0] ?? '', rest.slice(1));
    default:
      return undefined;
  }
}

/** Flags of a request that makes something, by its verb. */
const MAKING: Readonly<Record<string, number>> = {
  add: NLM.create | NLM.exclusive,
  replace: NLM.create | NLM.replace,
  del: 0,
};

const LINK_OPTIONS = [
  ...['dev', 'alias', 'netns', 'name', 'address', 'mtu', 'txqueuelen', 'group', 'master', 'mode'],
  ...Object.keys(LIMITS),
  ...Object.keys(XDP_PLACES),
];

/** Options that are `on` or `off`: the flag of each, and the word that sets it. */
const SWITCHES = {
  promisc: [IFF.PROMISC, 'on'],
  arp: [IFF.NOARP, 'off'],
  multicast: [IFF.MULTICAST, 'on'],
  allmulticast: [IFF.ALLMULTI, 'on'],
} as const;

function linkRequest(rest: readonly string[], surroundings: Surroundings): Request | undefined {
  const options = optionsIn(rest, [...LINK_OPTIONS, ...Object.keys(SWITCHES)], ['up', 'down']);
  const name = options?.get('dev');
  if (options === undefined || name === undefined) return undefined;
  const attributes: Buffer[] = [];
  // What cannot be put into bytes is for `ip`, which says what is wrong with it.
  let isFit = true;
  const put = (option: string, type: number, bytesOf: (value: string) => Buffer | undefined): void => {
    const value = options.get(option);
    const bytes = value === undefined ? undefined : bytesOf(value);
    if (bytes !== undefined) attributes.push(attribute(type, bytes));
    else if (value !== undefined) isFit = false;
  };
  put('alias', IFLA.alias, bytesOfText);
  put('name', IFLA.name, text);
  put('address', IFLA.address, bytesOfMac);
  put('mtu', IFLA.mtu, decimal);
  put('txqueuelen', IFLA.queueLength, decimal);
  put('group', IFLA.group, (value) => numbered(words.group.parse(value)));
  put('mode', IFLA.mode, modeByte);
  for (const [option, type] of Object.entries(LIMITS)) put(option, type, decimal);
  for (const [option, { flag }] of Object.entries(XDP_PLACES)) put(option, IFLA.xdp, (value) => noProgram(value, flag));
  let wanted = options.has('up') ? IFF.UP : 0;
  let changed = options.has('up') || options.has('down') ? IFF.UP : 0;
  for (const [option, [flag, setting]] of Object.entries(SWITCHES)) {
    const value = options.get(option);
    if (value === undefined) continue;
    if (value !== 'on' && value !== 'off') isFit = false;
    changed |= flag;
    if (value === setting) wanted |= flag;
  }
  if (!isFit) return undefined;
  put('master', IFLA.master, (value) => u32(surroundings.indexOf(value)));
  put('netns', IFLA.netnsFd, (value) => u32(surroundings.openNetns(value)));
  const header = linkHeader(surroundings.indexOf(name), wanted, changed);
  return { type: RTM.newLink, flags: 0, body: Buffer.concat([header, ...attributes]) };
}

function modeByte(value: string): Buffer | undefined {
  const mode = words.mode.parse(value);
  return mode === undefined || mode > 0xff ? undefined : Buffer.from([mode]);
}

/** What is in IFLA.xdp where a program is to go; to load one is for `ip`. */
function noProgram(value: string, flag: number): Buffer | undefined {
  if (value !== 'off') return undefined;
  return Buffer.concat([attribute(XDP.program, u32(NO_PROGRAM)), attribute(XDP.flags, u32(flag))]);
}

function propertyRequest([verb, ...rest]: readonly string[], surroundings: Surroundings): Request | undefined {
  const options = optionsIn(rest, ['dev', 'altname'], []);
  const [name, altname] = [options?.get('dev'), options?.get('altname')];
  if (name === undefined || altname === undefined || (verb !== 'add' && verb !== 'del')) return undefined;
  return {
    type: verb === 'add' ? RTM.newLinkProperty : RTM.deleteLinkProperty,
    flags: verb === 'add' ? NLM.create | NLM.exclusive | NLM.append : 0,
    body: Buffer.concat([
      linkHeader(surroundings.indexOf(name), 0, 0),
      nested(IFLA.properties, attribute(IFLA.altname, text(altname))),
    ]),
  };
}

function addressRequest(
  verb: string,
  [address = '', ...rest]: readonly string[],
  surroundings: Surroundings,
): Request | undefined {
  const options = optionsIn(rest, ['dev', 'scope'], ['nodad']);
  const name = options?.get('dev');
  const cidr = parseCidr(address);
  if (options === undefined || name === undefined || cidr === undefined) return undefined;
  const scope = words.scope.parse(options.get('scope') ?? (isLoopback(cidr) && verb !== 'del' ? 'host' : 'global'));
  if (scope === undefined) return undefined;
  const header = Buffer.alloc(8);
  header.writeUInt8(familyOf(cidr.address), 0);
  header.writeUInt8(cidr.prefix, 1);
  header.writeUInt8(options.has('nodad') ? IFA_FLAG.noDad : 0, 2);
  header.writeUInt8(scope, 3);
  header.writeUInt32LE(surroundings.indexOf(name), 4);
  const bytes = bytesOfIP(cidr.address);
  return {
    type: verb === 'del' ? RTM.deleteAddress : RTM.newAddress,
    flags: MAKING[verb] ?? 0,
    body: Buffer.concat([header, attribute(IFA.local, bytes), attribute(IFA.address, bytes)]),
  };
}

function routeRequest([dst = '', ...rest]: readonly string[], surroundings: Surroundings): Request | undefined {
  const options = optionsIn(
    // iproute2 wants the gateway's family named where it is not the destination's; an address says it by itself.
    rest.filter((word, index) => !(word === 'inet6' && rest[index - 1] === 'via')),
    ['via', 'dev', 'table', 'metric', 'src', 'proto', 'scope'],
    ['onlink'],
  );
  const name = options?.get('dev');
  if (options === undefined || name === undefined) return undefined;
  const [gateway, source, metric] = [options.get('via'), options.get('src'), options.get('metric')];
  const destination = destinationOf(dst, gateway);
  const table = words.table.parse(options.get('table') ?? 'main');
  const protocol = words.protocol.parse(options.get('proto') ?? 'boot');
  const scope = words.scope.parse(options.get('scope') ?? scopeOf(destination, gateway));
  const metricBytes = metric === undefined ? undefined : decimal(metric);
  if (destination === undefined || table === undefined || protocol === undefined || scope === undefined)
    return undefined;
  if ([gateway, source].some((each) => each !== undefined && parseIP(each) === undefined)) return undefined;
  if (metric !== undefined && metricBytes === undefined) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt8(familyOf(destination.address), 0);
  header.writeUInt8(destination.prefix, 1);
  header.writeUInt8(table < 256 ? table : 0, 4);
  header.writeUInt8(protocol, 5);
  header.writeUInt8(scope, 6);
  header.writeUInt8(UNICAST, 7);
  header.writeUInt32LE(options.has('onlink') ? ON_LINK : 0, 8);
  return {
    type: RTM.newRoute,
    flags: MAKING.replace ?? 0,
    body: Buffer.concat([
      header,
      attribute(RTA.destination, bytesOfIP(destination.address)),
      ...(gateway === undefined ? [] : [gatewayAttribute(gateway, destination)]),
      ...(table < 256 ? [] : [attribute(RTA.table, u32(table))]),
      ...(metricBytes === undefined ? [] : [attribute(RTA.metric, metricBytes)]),
      ...(source === undefined ? [] : [attribute(RTA.source, bytesOfIP(source))]),
      attribute(RTA.device, u32(surroundings.indexOf(name))),
    ]),
  };
}

function ruleRequest(family: number, verb: string, rest: readonly string[]): Request | undefined {
  const options = optionsIn(rest, ['from', 'to', 'lookup', 'priority'], []);
  if (options === undefined || (verb !== 'add' && verb !== 'del')) return undefined;
  const [from, to] = ['from', 'to'].map((word) => {
    const network = options.get(word);
    return network === undefined ? null : destinationOf(network, undefined);
  });
  const table = words.table.parse(options.get('lookup') ?? '');
  const priority = decimal(options.get('priority') ?? '');
  if (from === undefined || to === undefined || table === undefined || priority === undefined) return undefined;
  if ([from, to].some((network) => network !== null && familyOf(network.address) !== family)) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt8(family, 0);
  header.writeUInt8(to?.prefix ?? 0, 1);
  header.writeUInt8(from?.prefix ?? 0, 2);
  header.writeUInt8(table < 256 ? table : 0, 4);
  header.writeUInt8(TO_TABLE, 7);
  return {
    type: verb === 'add' ? RTM.newRule : RTM.deleteRule,
    flags: MAKING[verb] ?? 0,
    body: Buffer.concat([
      header,
      ...(to === null ? [] : [attribute(FRA.destination, bytesOfIP(to.address))]),
      ...(from === null ? [] : [attribute(FRA.source, bytesOfIP(from.address))]),
      ...(table < 256 ? [] : [attribute(FRA.table, u32(table))]),
      attribute(FRA.priority, priority),
    ]),
  };
}

/** Asks which way leads to an address; undefined for a text that is none. */
export function routeQuestion(address: string): Request | undefined {
  const ip = parseIP(address);
  if (ip === undefined) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt8(familyOf(address), 0);
  header.writeUInt8(ip.family === 4 ? 32 : 128, 1);
  const destination = attribute(RTA.destination, bytesOfIP(address));
  return { type: RTM.getRoute, flags: 0, body: Buffer.concat([header, destination]) };
}

/** A network; a single address is the whole of one. */
function destinationOf(dst: string, gateway: string | undefined): Cidr | undefined {
  if (dst === 'default') return parseCidr(gateway?.includes(':') ? '::/0' : '0.0.0.0/0');
  return parseCidr(dst) ?? parseCidr(`${dst}/${dst.includes(':') ? 128 : 32}`);
}

/** What is not behind a gateway is on the link; IPv6 knows no scopes. */
function scopeOf(destination: Cidr | undefined, gateway: string | undefined): string {
  return gateway === undefined && destination?.family === 4 ? 'link' : 'global';
}

function gatewayAttribute(gateway: string, destination: Cidr): Buffer {
  const bytes = bytesOfIP(gateway);
  if (familyOf(gateway) === familyOf(destination.address)) return attribute(RTA.gateway, bytes);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(familyOf(gateway));
  return attribute(RTA.via, Buffer.concat([family, bytes]));
}

function neighbourRequest([address = '', ...rest]: readonly string[], surroundings: Surroundings): Request | undefined {
  const options = optionsIn(rest, ['dev'], ['use']);
  const name = options?.get('dev');
  if (options?.has('use') !== true || name === undefined || parseIP(address) === undefined) return undefined;
  const header = Buffer.alloc(12);
  header.writeUInt8(familyOf(address), 0);
  header.writeInt32LE(surroundings.indexOf(name), 4);
  header.writeUInt16LE(NEIGHBOUR.permanent, 8);
  header.writeUInt8(NEIGHBOUR.use, 10);
  return {
    type: RTM.newNeighbour,
    flags: MAKING.replace ?? 0,
    body: Buffer.concat([header, attribute(NEIGHBOUR.destination, bytesOfIP(address))]),
  };
}

/** A `struct ifinfomsg`. */
export function linkHeader(index: number, flags: number, changed: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(changed, 12);
  return header;
}

/** The options of a command: some have a value, some stand alone. Undefined if there is one that is not known. */
function optionsIn(rest: readonly string[], valued: readonly string[], alone: readonly string[]): Options | undefined {
  const options = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (alone.includes(word)) {
      options.set(word, '');
      continue;
    }
    at += 1;
    const value = rest[at];
    if (!valued.includes(word) || value === undefined) return undefined;
    options.set(word, value);
  }
  return options;
}

function decimal(value: string): Buffer | undefined {
  return numbered(/^\d{1,10}$/.test(value) ? Number(value) : undefined);
}

function numbered(value: number | undefined): Buffer | undefined {
  return value === undefined || value > 0xffffffff ? undefined : u32(value);
}

function familyOf(address: string): number {
  return address.includes(':') ? FAMILY.IPv6 : FAMILY.IPv4;
}

function isLoopback({ address }: Cidr): boolean {
  return address.startsWith('127.');
}
