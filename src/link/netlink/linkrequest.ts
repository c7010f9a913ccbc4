/** Changes of a link, as requests to the kernel: the same bytes that `ip link set` and `ip link property` send. Pure. */
import { bytesOfMac } from '../../model/address.js';
import { decimal, numbered, optionsIn, type Request, type Surroundings } from './command.js';
import { IFF, IFLA, LIMITS, NLM, NO_PROGRAM, RTM, XDP, XDP_PLACES } from './constants.js';
import { attribute, bytesOfText, nested, text, u32 } from './message.js';
import * as words from './words.js';

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

export function linkRequest(rest: readonly string[], surroundings: Surroundings): Request | undefined {
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

export function propertyRequest([verb, ...rest]: readonly string[], surroundings: Surroundings): Request | undefined {
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

/** A `struct ifinfomsg`. */
export function linkHeader(index: number, flags: number, changed: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(changed, 12);
  return header;
}
