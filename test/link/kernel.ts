/**
 * A kernel in memory, spoken to through `ip`, `nsenter` and `tee` as the real one is. It knows the commands that enim uses and
 * refuses all others; it refuses what Linux refuses (taken names, a rename while up, a gateway off the link), and loses what
 * Linux loses in a move.
 */
import type { Conversation, Outcome, Programs } from '../../src/exec.js';
import { contains, parseCidr } from '../../src/model/address.js';
import { splitLine } from './batch.js';

/** A route through one device. */
export interface KernelRoute {
  dst: string;
  family: 4 | 6;
  gateway?: string;
  table?: string;
  metric?: number;
  scope?: string;
  prefsrc?: string;
  protocol?: string;
}

/** A network device. */
export interface Device {
  ifindex: number;
  name: string;
  altnames: string[];
  alias: string | undefined;
  mac: string;
  permanentMac: string;
  mtu: number;
  txqlen: number;
  group: string;
  up: boolean;
  /** Whether something answers at the other end. */
  carrier: boolean;
  promisc: boolean;
  arp: boolean;
  multicast: boolean;
  allmulticast: boolean;
  mode: string;
  packets: Record<string, number>;
  xdp: string[];
  kind: string | undefined;
  /** Name of the link in the same netns that it sits on. */
  lower?: string;
  master: string | undefined;
  bus: string | undefined;
  /** Bytes that it has received, where a test says so. */
  received?: number;
  addresses: { address: string; scope: string; tentative?: boolean; dadfailed?: boolean }[];
  routes: KernelRoute[];
}

/** Inode of the netns that is home. */
export const HOME = 1;

/** What the kernel answers to a command that it refuses. */
export class Refusal extends Error {}

export class Kernel {
  /** Devices by the inode of their netns. */
  readonly devices = new Map<number, Device[]>([[HOME, []]]);
  /** Where the paths of netns lead. */
  readonly paths = new Map<string, number>([[`/proc/${process.pid}/ns/net`, HOME]]);
  /** Every command that changed something, in order: `home: link set dev eni1 up`. */
  readonly changes: string[] = [];
  /** Values that were written to sysctls: `inode path` → value. */
  readonly sysctls = new Map<string, string>();
  /** Called before each command; what it throws is what the command fails with. */
  onCommand: (text: string, keepOpen: readonly number[]) => void = () => {};
  #nextInode = 100;
  /** How many are spoken to inside, by the inode of their netns. */
  readonly #visitors = new Map<number, number>();
  /** Those that only visitors keep alive. */
  readonly #dying = new Set<number>();

  addNetns(path: string): number {
    this.#nextInode += 1;
    this.devices.set(this.#nextInode, []);
    this.paths.set(path, this.#nextInode);
    return this.#nextInode;
  }

  /** The netns at a path ends, and the next one gets its number. */
  reuse(path: string): void {
    const inode = this.paths.get(path);
    if (inode === undefined) throw new Error(`There is no netns ${path}.`);
    this.endNetns(inode);
    this.#nextInode = inode - 1;
  }

  /** A card, unless `kind` says otherwise; in `netns`, or at home. */
  addDevice(device: Partial<Device> & Pick<Device, 'name' | 'mac'>, netns = HOME): Device {
    const there = this.in(netns);
    const added: Device = {
      ...{ ifindex: Math.max(1, ...there.map(({ ifindex }) => ifindex)) + 1, altnames: [], alias: undefined },
      ...{ permanentMac: device.mac, mtu: 1500, txqlen: 1000, group: 'default', up: false, promisc: false },
      ...{ carrier: true, arp: true, multicast: true, allmulticast: false, mode: 'DEFAULT', xdp: [] },
      packets: { ...PACKETS },
      ...{ kind: undefined, master: undefined, bus: undefined, addresses: [], routes: [] },
      ...device,
    };
    there.push(added);
    return added;
  }

  /** The devices in a netns. */
  in(inode: number): Device[] {
    const there = this.devices.get(inode);
    if (there === undefined) throw new Error(`There is no netns with inode ${inode}.`);
    return there;
  }

  /**
   * Nothing leads to a netns any more; it ends once nobody is spoken to in it. Then cards go home under the name that they have, or
   * `dev<ifindex>` where that is taken; virtual devices die.
   */
  endNetns(inode: number): void {
    for (const [path, target] of this.paths) if (target === inode) this.paths.delete(path);
    if ((this.#visitors.get(inode) ?? 0) > 0) {
      this.#dying.add(inode);
      return;
    }
    this.#dying.delete(inode);
    const cards = this.in(inode).filter(({ kind }) => kind === undefined);
    this.devices.delete(inode);
    for (const card of cards) {
      strip(card);
      if (this.#isTaken(HOME, card.name)) card.name = `dev${card.ifindex}`;
      this.in(HOME).push(card);
    }
  }

  /** Everything, as text to compare: a line for each device, in the order of netns and names. */
  show(): string {
    return [...this.devices]
      .flatMap(([inode, devices]) => devices.map((device) => `${inode === HOME ? 'home' : inode}: ${describe(device)}`))
      .sort()
      .join('\n');
  }

  readonly run: Programs['run'] = async (program, args, { input = '', keepOpen = [] } = {}) => {
    const [place, [tool, ...rest]] = this.#enter([program, ...args]);
    if (typeof place === 'string') return { code: 1, stdout: '', stderr: `nsenter: ${place}\n` };
    if (tool === 'tee') return this.#tee(place, rest, input);
    if (tool !== 'ip') throw new Error(`The fake kernel has no program "${tool}".`);
    return this.#answer(place, rest, keepOpen);
  };

  /** `ip -batch -`, which ends at the first command that fails. */
  readonly converse: Programs['converse'] = (program, args, { keepOpen = [] } = {}): Conversation => {
    const [place, command] = this.#enter([program, ...args]);
    if (typeof place !== 'string' && command.join(' ') !== 'ip -j -d -batch -')
      throw new Error(`The fake kernel does not talk to "${command.join(' ')}".`);
    let ended: Outcome | null =
      typeof place === 'string' ? { code: 1, stdout: '', stderr: `nsenter: ${place}\n` } : null;
    let sent = 0;
    let leave = this.#visit(place);
    return {
      ask: async (text, wanted) => {
        const lines: string[] = [];
        for (const line of text.split('\n').filter((each) => each !== '')) {
          if (ended !== null || typeof place === 'string') break;
          sent += 1;
          const { code, stdout, stderr } = this.#answer(place, splitLine(line), keepOpen);
          lines.push(...stdout.split('\n').filter((each) => each !== ''));
          if (code !== 0) ended = { code, stdout: '', stderr: `${stderr}Command failed -:${sent}\n` };
        }
        if (ended === null && lines.length < wanted) throw new Error(`Waits for ever for ${wanted} lines of: ${text}`);
        return { lines: lines.slice(0, wanted), ended: lines.length < wanted ? ended : null };
      },
      end: async () => {
        leave();
        leave = () => {};
      },
    };
  };

  /** Whoever is in a netns keeps it alive. */
  #visit(place: number | string): () => void {
    if (typeof place === 'string' || place === HOME) return () => {};
    this.#visitors.set(place, (this.#visitors.get(place) ?? 0) + 1);
    return () => {
      this.#visitors.set(place, (this.#visitors.get(place) ?? 0) - 1);
      if (this.#dying.has(place)) this.endNetns(place);
    };
  }

  #enter(command: readonly string[]): [number | string, readonly string[]] {
    if (command[0] !== 'nsenter') return [HOME, command];
    const path = command[1]?.replace('--net=', '') ?? '';
    if (command[2] !== '--') throw new Error('nsenter needs "--" before the program.');
    return [this.paths.get(path) ?? `cannot open ${path}: No such file or directory`, command.slice(3)];
  }

  #answer(place: number, words: readonly string[], keepOpen: readonly number[]): Outcome {
    const text = `${place === HOME ? 'home' : place}: ${words.join(' ')}`;
    try {
      this.onCommand(text, keepOpen);
      const document = this.#carryOut(place, words);
      if (document === undefined) this.changes.push(text);
      return { code: 0, stdout: document === undefined ? '' : `${JSON.stringify(document)}\n`, stderr: '' };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { code: 1, stdout: '', stderr: `${thrown.message}\n` };
    }
  }

  #tee(place: number, paths: readonly string[], value: string): Outcome {
    for (const path of paths) {
      const name = /^\/proc\/sys\/net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\/[a-z_]+$/.exec(path)?.[1];
      if (name === undefined) throw new Error(`The fake kernel has no sysctl ${path}.`);
      if (!this.in(place).some((device) => device.name === name)) {
        return { code: 1, stdout: value, stderr: `tee: ${path}: No such file or directory\n` };
      }
      this.sysctls.set(`${place} ${path}`, value);
    }
    return { code: 0, stdout: value, stderr: '' };
  }

  #carryOut(place: number, words: readonly string[]): unknown {
    const [object, verb, ...rest] = words;
    const what = `${object} ${verb}`;
    if (words.join(' ') === 'address show dev if1') return [];
    if (what === 'address show') return this.#showLinks(place, rest, toJson);
    // The only listing that tells the modes.
    if (what === 'link show') return this.#showLinks(place, rest, ({ ifindex, mode }) => ({ ifindex, linkmode: mode }));
    if (what === 'route show') return this.#showRoutes(place, rest);
    if (what === 'route get') return this.#wayTo(place, rest[0] ?? '');
    if (what === 'link set') return this.#setLink(place, pairs(rest, ['up', 'down']));
    if (what === 'link del') return this.#deleteLink(place, pairs(rest, []).get('dev'));
    if (what === 'link property') return this.#setAltname(place, rest[0] ?? '', pairs(rest.slice(1), []));
    if (object === 'address')
      return this.#setAddress(place, verb ?? '', rest[0] ?? '', pairs(rest.slice(1), ['nodad']));
    if (what === 'neighbour replace') return this.#setNeighbour(place, rest[0] ?? '', pairs(rest.slice(1), ['use']));
    if (what === 'route replace') return this.#setRoute(place, rest[0] ?? '', rest.slice(1));
    throw new Error(`The fake kernel does not know "ip ${words.join(' ')}".`);
  }

  #seek(place: number, name: string | undefined): Device | undefined {
    const there = this.in(place);
    return (
      there.find((device) => device.name === name || device.altnames.includes(name ?? '')) ??
      there.find(({ ifindex }) => `if${ifindex}` === name)
    );
  }

  #find(place: number, name: string | undefined): Device {
    const found = this.#seek(place, name);
    if (found === undefined) throw new Refusal(`Cannot find device "${name}"`);
    return found;
  }

  #isTaken(place: number, name: string): boolean {
    return this.in(place).some((device) => device.name === name || device.altnames.includes(name));
  }

  #deleteLink(place: number, name: string | undefined): undefined {
    const there = this.in(place);
    there.splice(there.indexOf(this.#find(place, name)), 1);
  }

  #setLink(place: number, options: Map<string, string>): undefined {
    const device = this.#find(place, options.get('dev'));
    options.delete('dev');
    if (options.has('netns')) {
      this.#move(place, device, options.get('netns') ?? '', options.get('name'));
      return;
    }
    for (const [key, value] of options) {
      if (key === 'alias') device.alias = value === '' ? undefined : value;
      else if (key === 'mtu') device.mtu = Number(value);
      else if (key === 'txqueuelen') device.txqlen = Number(value);
      else if (key === 'group') device.group = value;
      else if (key === 'promisc' || key === 'arp' || key === 'multicast' || key === 'allmulticast')
        device[key] = value === 'on';
      else if (key === 'master') device.master = this.#find(place, value).name;
      else if (key === 'mode') device.mode = value.toUpperCase();
      else if (key in device.packets) device.packets[key] = Number(value);
      else if (value === 'off' && key in XDP_PLACES) device.xdp = device.xdp.filter((each) => each !== key);
      else if (key === 'up') device.up = true;
      else if (key === 'down') takeDown(device);
      else if (key === 'name') this.#rename(place, device, value);
      else if (key === 'address') {
        if (device.up) throw new Refusal('RTNETLINK answers: Device or resource busy');
        device.mac = value;
      } else throw new Error(`The fake kernel does not know "ip link set ${key}".`);
    }
  }

  #rename(place: number, device: Device, name: string): void {
    if (device.up) throw new Refusal('RTNETLINK answers: Device or resource busy');
    if (device.name !== name && this.#isTaken(place, name)) throw new Refusal('RTNETLINK answers: File exists');
    device.name = name;
  }

  /** As in net/core/dev.c: under the old name first, then the rename; that one may fail when the device has moved already. */
  #move(place: number, device: Device, path: string, name: string | undefined): void {
    const target = this.paths.get(path);
    if (target === undefined) throw new Refusal(`Error: argument "${path}" is wrong: Invalid "netns" value`);
    const moved = this.#isTaken(target, device.name) ? name : device.name;
    if (moved === undefined || this.#isTaken(target, moved)) throw new Refusal('RTNETLINK answers: File exists');
    if (device.altnames.some((altname) => this.#isTaken(target, altname)))
      throw new Refusal('RTNETLINK answers: File exists');
    this.in(place).splice(this.in(place).indexOf(device), 1);
    strip(device);
    device.name = moved;
    const taken = this.in(target).map(({ ifindex }) => ifindex);
    if (taken.includes(device.ifindex)) device.ifindex = Math.max(...taken) + 1;
    this.in(target).push(device);
    if (name !== undefined) this.#rename(target, device, name);
  }

  #setAltname(place: number, verb: string, options: Map<string, string>): undefined {
    const device = this.#find(place, options.get('dev'));
    const altname = options.get('altname') ?? '';
    if (verb === 'add') {
      if (this.#isTaken(place, altname)) throw new Refusal('RTNETLINK answers: File exists');
      device.altnames.push(altname);
    } else {
      if (!device.altnames.includes(altname)) throw new Refusal('RTNETLINK answers: Invalid argument');
      device.altnames.splice(device.altnames.indexOf(altname), 1);
    }
  }

  #setAddress(place: number, verb: string, address: string, options: Map<string, string>): undefined {
    const device = this.#find(place, options.get('dev'));
    const index = device.addresses.findIndex((each) => each.address === address);
    const added = { address, scope: options.get('scope') ?? 'global' };
    if (verb === 'del' && index < 0) throw new Refusal('RTNETLINK answers: Cannot assign requested address');
    if (verb === 'add' && index >= 0) throw new Refusal('RTNETLINK answers: File exists');
    if (!['add', 'del', 'replace'].includes(verb))
      throw new Error(`The fake kernel does not know "ip address ${verb}".`);
    device.addresses.splice(
      index < 0 ? device.addresses.length : index,
      index < 0 ? 0 : 1,
      ...(verb === 'del' ? [] : [added]),
    );
  }

  #hasAddress(place: number, ip: string): boolean {
    return this.in(place).some(({ addresses }) => addresses.some(({ address }) => address.startsWith(`${ip}/`)));
  }

  #setNeighbour(place: number, address: string, options: Map<string, string>): undefined {
    const device = this.#find(place, options.get('dev'));
    if (!device.up) throw new Refusal('RTNETLINK answers: Network is down');
    if (!options.has('use')) throw new Error(`The fake kernel does not know a neighbour ${address} without "use".`);
  }

  #setRoute(place: number, to: string, words: readonly string[]): undefined {
    const onlink = words.includes('onlink');
    const options = pairs(words, ['onlink']);
    const device = this.#find(place, options.get('dev'));
    if (!device.up) throw new Refusal('Error: Device for nexthop is not up.');
    const gateway = options.get('via');
    const family = to.includes(':') || (to === 'default' && gateway?.includes(':')) ? 6 : 4;
    if (gateway !== undefined && gateway.includes(':') !== (family === 6)) {
      throw new Refusal(`Error: ${family === 4 ? 'inet' : 'inet6'} address is expected rather than "${gateway}".`);
    }
    if (gateway !== undefined && !onlink && !reaches(device, gateway))
      throw new Refusal('Error: Nexthop has invalid gateway.');
    const source = options.get('src');
    if (source !== undefined && !this.#hasAddress(place, source)) throw new Refusal('Error: Invalid prefsrc address.');
    const route: KernelRoute = {
      dst: ['0.0.0.0/0', '::/0'].includes(to) ? 'default' : to,
      family,
      table: options.get('table') ?? 'main',
    };
    if (gateway !== undefined) route.gateway = gateway;
    if (options.has('metric')) route.metric = Number(options.get('metric'));
    for (const [key, field] of [
      ['scope', 'scope'],
      ['src', 'prefsrc'],
      ['proto', 'protocol'],
    ] as const) {
      const value = options.get(key);
      if (value !== undefined) route[field] = value;
    }
    const same = (other: KernelRoute): boolean => keyOfRoute(other) === keyOfRoute(route);
    device.routes = [...device.routes.filter((other) => !same(other)), route];
  }

  #showLinks(place: number, words: readonly string[], toJson: (device: Device) => object): object[] {
    if (words.length === 0) return this.in(place).map(toJson);
    if (words[0] !== 'dev') throw new Error(`The fake kernel does not know "ip … show ${words.join(' ')}".`);
    const found = this.#seek(place, words[1]);
    if (found === undefined) throw new Refusal(`Device "${words[1]}" does not exist.`);
    // Real `ip` puts an empty object where a link was left out by its filter.
    return [{}, toJson(found)];
  }

  #showRoutes(place: number, words: readonly string[]): unknown {
    const text = words.join(' ');
    if (text === 'table all')
      return this.in(place).flatMap((device) =>
        device.routes.map((route) => ({ ...routeJson(route), dev: device.name })),
      );
    if (text === 'table all default') {
      return this.in(place).flatMap((device) =>
        device.routes
          .filter(({ dst }) => dst === 'default')
          .map((route) => ({ ...routeJson(route), dev: device.name })),
      );
    }
    const name = /^table all dev (\S+)$/.exec(text)?.[1];
    if (name === undefined) throw new Error(`The fake kernel does not know "ip route show ${text}".`);
    return this.#find(place, name).routes.map(routeJson);
  }

  #wayTo(place: number, address: string): unknown {
    const device =
      this.in(place).find((each) => each.up && reaches(each, address)) ??
      this.in(place).find(({ routes }) => routes.some(({ dst }) => dst === 'default'));
    if (device === undefined) throw new Refusal('RTNETLINK answers: Network is unreachable');
    return [{ type: 'unicast', dst: address, dev: device.name, table: 'main', flags: [], uid: 0, cache: [] }];
  }
}

/** `dev X name Y up` as a map; words without a value are named. */
function pairs(words: readonly string[], alone: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const key = words[index] as string;
    if (alone.includes(key)) {
      options.set(key, '');
      continue;
    }
    const value = words[index + 1];
    if (value === undefined) throw new Refusal(`Command line is not complete. Try option "help"`);
    options.set(key, value);
    index += 1;
  }
  return options;
}

function reaches({ addresses, routes }: Device, gateway: string): boolean {
  const onLink = routes.filter((route) => route.gateway === undefined && route.dst !== 'default').map(({ dst }) => dst);
  return [...addresses.map(({ address }) => address), ...onLink].some((text) => {
    const cidr = parseCidr(text);
    return cidr !== undefined && contains(cidr, gateway);
  });
}

/** Going down, a device loses its routes and its IPv6 addresses (keep_addr_on_down is off). */
function takeDown(device: Device): void {
  device.up = false;
  device.routes = [];
  device.addresses = device.addresses.filter(({ address }) => !address.includes(':'));
}

function strip(device: Device): void {
  device.up = false;
  device.master = undefined;
  device.routes = [];
  device.addresses = [];
}

function keyOfRoute({ dst, family, table = 'main', metric = family === 6 ? 1024 : 0 }: KernelRoute): string {
  return `${family} ${dst} ${table} ${metric}`;
}

/** What a card has at first. */
const PACKETS: Readonly<Record<string, number>> = { gso_max_size: 65536, gso_max_segs: 65535, gro_max_size: 65536 };

const XDP_PLACES: Readonly<Record<string, number>> = { xdpdrv: 1, xdpgeneric: 2, xdpoffload: 3 };

function toJson(device: Device): object {
  const { ifindex, name, mtu, group, txqlen, mac, permanentMac, up, carrier, promisc, arp, multicast, allmulticast } =
    device;
  return {
    ...{
      ifindex,
      ifname: name,
      flags: [
        ...(up && !carrier ? ['NO-CARRIER'] : []),
        ...['BROADCAST', ...(multicast ? ['MULTICAST'] : []), ...(up ? ['UP', ...(carrier ? ['LOWER_UP'] : [])] : [])],
        ...(promisc ? ['PROMISC'] : []),
        ...(allmulticast ? ['ALLMULTI'] : []),
        ...(arp ? [] : ['NOARP']),
      ],
      mtu,
      group,
      txqlen,
    },
    ...{ address: mac, broadcast: 'ff:ff:ff:ff:ff:ff', ...device.packets },
    ...(device.xdp.length === 0 ? {} : { xdp: { attached: device.xdp.map((each) => ({ mode: XDP_PLACES[each] })) } }),
    ...(mac === permanentMac || device.kind !== undefined ? {} : { permaddr: permanentMac }),
    ...(device.alias === undefined ? {} : { ifalias: device.alias }),
    ...(device.altnames.length === 0 ? {} : { altnames: device.altnames }),
    ...(device.kind === undefined ? {} : { linkinfo: { info_kind: device.kind } }),
    ...(device.master === undefined ? {} : { master: device.master }),
    ...(device.lower === undefined ? {} : { link: device.lower }),
    ...(device.bus === undefined
      ? {}
      : { parentbus: device.bus.startsWith('virtio') ? 'virtio' : 'pci', parentdev: device.bus }),
    addr_info: device.addresses.map(({ address, ...rest }) => {
      const [local, prefix] = address.split('/');
      return { family: address.includes(':') ? 'inet6' : 'inet', local, prefixlen: Number(prefix), ...rest };
    }),
  };
}

function routeJson({
  family,
  table = 'main',
  protocol = 'boot',
  scope = 'global',
  metric = family === 6 ? 1024 : undefined,
  ...rest
}: KernelRoute): object {
  return {
    type: 'unicast',
    table,
    protocol,
    scope,
    ...(metric === undefined ? {} : { metric }),
    flags: [],
    ...(family === 6 ? { pref: 'medium' } : {}),
    ...rest,
  };
}

function describe(device: Device): string {
  const { name, mac, mtu, txqlen, group, up, alias, altnames, addresses, routes } = device;
  const switched = [
    ...(device.promisc ? [' promisc'] : []),
    ...(device.arp ? [] : [' noarp']),
    ...(device.multicast ? [] : [' nomulticast']),
    ...(device.allmulticast ? [' allmulticast'] : []),
    ...(device.mode === 'DEFAULT' ? [] : [` mode ${device.mode}`]),
    ...Object.entries(device.packets).flatMap(([key, value]) => (value === PACKETS[key] ? [] : [` ${key} ${value}`])),
    ...device.xdp.map((each) => ` ${each}`),
  ].join('');
  return [
    `${name} ${mac} mtu ${mtu} qlen ${txqlen} group ${group} ${up ? 'up' : 'down'}${switched} master ${device.master ?? '-'}`,
    `alias ${alias ?? '-'} altnames ${[...altnames].sort().join(',') || '-'}`,
    `addresses ${
      addresses
        .map(({ address, scope }) => `${address} ${scope}`)
        .sort()
        .join(', ') || '-'
    }`,
    `routes ${
      routes
        .map((route) => `${keyOfRoute(route)} via ${route.gateway ?? '-'} src ${route.prefsrc ?? '-'}`)
        .sort()
        .join(', ') || '-'
    }`,
  ].join(' | ');
}
