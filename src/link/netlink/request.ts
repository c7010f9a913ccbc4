/** The commands that change something, as requests to the kernel: the same bytes that `ip` sends. Pure. */
import { bytesOfIP, type Cidr, parseCidr, parseIP } from '../../model/address.js';
import type { IpCommand } from '../kernel.js';
import { decimal, optionsIn, type Request, type Surroundings } from './command.js';
import { FAMILY, FRA, IFA, IFA_FLAG, NEIGHBOUR, NLM, ON_LINK, RTA, RTM, TO_TABLE, UNICAST } from './constants.js';
import { linkRequest, propertyRequest } from './linkrequest.js';
import { attribute, u32 } from './message.js';
import * as words from './words.js';

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

function familyOf(address: string): number {
  return address.includes(':') ? FAMILY.IPv6 : FAMILY.IPv4;
}

function isLoopback({ address }: Cidr): boolean {
  return address.startsWith('127.');
}
