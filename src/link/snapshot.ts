/**
 * What left is what returns: the snapshot of a link before it leaves home, and the commands that make the returned link equal to
 * it again. Pure.
 */
import { parseLabel } from '../model/label.js';
import { type Link, type LinkRoute, type LinkSnapshot, type Restored, wordFor } from '../model/link.js';
import type { IpCommand } from './kernel.js';

/** Takes the snapshot of a link at home, together with the routes through it and its sysctls. */
export function takeSnapshot(link: Link, routes: readonly LinkRoute[], sysctls: LinkSnapshot['sysctls']): LinkSnapshot {
  const { kind, lower, carrier, addresses, ...look } = link;
  // Link-local IPv6 addresses are made by the kernel whenever the link goes up.
  const own = addresses.filter(({ scope }) => scope !== 'link').map(({ address, scope }) => ({ address, scope }));
  return { ...look, addresses: own, routes, sysctls };
}

/** What is on or off: its name for people, its key, and `ip`'s option. */
const SWITCHES = [
  ['promiscuity', 'promiscuous', 'promisc'],
  ['ARP', 'arp', 'arp'],
  ['multicast', 'multicast', 'multicast'],
  ['allmulticast', 'allmulticast', 'allmulticast'],
] as const;

/** Where a program of XDP is attached and none was at home. One that was and is gone cannot be attached again. */
function strayPrograms(link: Link, snapshot: LinkSnapshot): string[] {
  return link.xdp.filter((each) => snapshot.xdp?.includes(each) === false);
}

/** The limits that differ, of those that are told of both. */
function changedLimits(link: Link, { packets }: LinkSnapshot): Restored[] {
  return Object.entries(packets).flatMap(([what, to]) => {
    const from = link.packets[what];
    return from === undefined || from === to ? [] : [{ what, from: show(from), to: show(to) }];
  });
}

interface Plan {
  readonly commands: readonly IpCommand[];
  /** How many of the commands, from the first, are for the name. */
  readonly renaming: number;
  readonly restored: readonly Restored[];
}

/**
 * What has to be done so that `link`, at home, looks like `snapshot` again. The up state and the
 * routes are always in it: they are lost in every move, and setting them again is harmless.
 *
 * @param taken names and altnames of all other links at home: they cannot be given back and are left out
 */
export function planRestore(link: Link, snapshot: LinkSnapshot, taken: ReadonlySet<string>): Plan {
  const commands: IpCommand[] = [];
  const restored: Restored[] = [];
  const name = taken.has(snapshot.name) ? link.name : snapshot.name;
  // Others, udev or another enim, may rename it meanwhile, and give its name to another.
  const dev = wordFor(link, taken);
  const put = (what: string, from: unknown, to: unknown, command: readonly string[]): void => {
    if (from === to) return;
    commands.push(['link', 'set', 'dev', dev, ...command]);
    restored.push({ what, from: show(from), to: show(to) });
  };

  const goesDown = link.up && (link.name !== name || link.mac !== snapshot.mac);
  if (goesDown) commands.push(['link', 'set', 'dev', dev, 'down']);
  if (link.name !== name) {
    // The device's own altname refuses the rename (EEXIST); udev likes to make the predictable name one.
    if (link.altnames.includes(name)) commands.push(['link', 'property', 'del', 'dev', dev, 'altname', name]);
    commands.push(['link', 'set', 'dev', dev, 'name', name]);
    restored.push({ what: 'name', from: link.name, to: name });
  }
  const renaming = link.name === name ? 0 : commands.length;
  // Before the MTU, of which a driver takes none that is too large for the program.
  for (const attached of strayPrograms(link, snapshot)) {
    commands.push(['link', 'set', 'dev', dev, attached, 'off']);
    restored.push({ what: 'XDP program', from: attached, to: '-' });
  }
  put('MAC', link.mac, snapshot.mac, ['address', snapshot.mac]);
  put('MTU', link.mtu, snapshot.mtu, ['mtu', String(snapshot.mtu)]);
  put('txqueuelen', link.txqueuelen, snapshot.txqueuelen, ['txqueuelen', String(snapshot.txqueuelen)]);
  put('group', link.group, snapshot.group, ['group', snapshot.group]);
  for (const [what, key, option] of SWITCHES)
    put(what, link[key], snapshot[key] ?? link[key], [option, snapshot[key] ? 'on' : 'off']);
  const broadcast = snapshot.broadcast ?? link.broadcast;
  put('broadcast MAC', link.broadcast, broadcast, ['brd', broadcast]);
  const mode = link.mode === null ? null : (snapshot.mode ?? link.mode);
  put('link mode', link.mode, mode, ['mode', show(mode)]);
  const limits = changedLimits(link, snapshot);
  if (limits.length > 0) {
    // All at once: the kernel sets those for IPv4 along with the others.
    const all = Object.entries(snapshot.packets).filter(([what]) => link.packets[what] !== undefined);
    commands.push(['link', 'set', 'dev', dev, ...all.flatMap(([what, to]) => [what, String(to)])]);
    restored.push(...limits);
  }
  if (parseLabel(link.alias) === undefined) put('alias', link.alias, snapshot.alias, ['alias', snapshot.alias ?? '']);
  else commands.push(['link', 'set', 'dev', dev, 'alias', snapshot.alias ?? '']);

  for (const altname of link.altnames.filter((each) => !snapshot.altnames.includes(each) && each !== name)) {
    commands.push(['link', 'property', 'del', 'dev', dev, 'altname', altname]);
    restored.push({ what: 'altname', from: altname, to: '-' });
  }
  for (const altname of snapshot.altnames.filter((each) => !link.altnames.includes(each) && !taken.has(each))) {
    commands.push(['link', 'property', 'add', 'dev', dev, 'altname', altname]);
    restored.push({ what: 'altname', from: '-', to: altname });
  }
  return {
    commands: [...commands, ...restoreTraffic(goesDown ? withoutIPv6(link) : link, snapshot, dev)],
    renaming,
    restored,
  };
}

/**
 * What still tells the link, with the routes through it, from its snapshot, once everything possible was done: `from` is what it
 * is, `to` what it was.
 */
export function remainingDifferences(link: Link, snapshot: LinkSnapshot, routes: readonly LinkRoute[]): Restored[] {
  const compare = (what: string, from: unknown, to: unknown): Restored[] =>
    from === to ? [] : [{ what, from: show(from), to: show(to) }];
  const missing = (there: readonly string[], wanted: readonly string[]): string[] =>
    wanted.filter((each) => !there.includes(each));
  const addresses = link.addresses.map(({ address }) => address);
  const inWords = (each: LinkRoute): string => `${each.dst} via ${each.gateway ?? '-'} table ${each.table}`;
  return [
    ...compare('name', link.name, snapshot.name),
    ...compare('MAC', link.mac, snapshot.mac),
    ...compare('MTU', link.mtu, snapshot.mtu),
    ...compare('txqueuelen', link.txqueuelen, snapshot.txqueuelen),
    ...compare('group', link.group, snapshot.group),
    ...SWITCHES.flatMap(([what, key]) => compare(what, link[key], snapshot[key] ?? link[key])),
    ...compare('broadcast MAC', link.broadcast, snapshot.broadcast ?? link.broadcast),
    ...compare('link mode', link.mode, link.mode === null ? null : (snapshot.mode ?? link.mode)),
    ...changedLimits(link, snapshot),
    ...strayPrograms(link, snapshot).map((from) => ({ what: 'XDP program', from, to: '-' })),
    ...compare('alias', link.alias, snapshot.alias),
    ...compare('master', link.master, snapshot.master),
    ...compare('up', link.up, snapshot.up),
    ...missing(link.altnames, snapshot.altnames).map((altname) => ({ what: 'altname', from: '-', to: altname })),
    ...missing(
      addresses,
      snapshot.addresses.map(({ address }) => address),
    ).map((to) => ({ what: 'address', from: '-', to })),
    ...missing(routes.map(inWords), snapshot.routes.map(inWords)).map((to) => ({ what: 'route', from: '-', to })),
  ];
}

/** A link that goes down keeps its IPv4 addresses and loses the others (net.ipv6.conf.*.keep_addr_on_down is 0 by default). */
function withoutIPv6(link: Link): Link {
  return { ...link, addresses: link.addresses.filter(({ family }) => family === 4) };
}

/** Up state, addresses and routes: lost in every move, so putting them back is no news. Routes need the link up. */
function restoreTraffic(link: Link, snapshot: LinkSnapshot, dev: string): IpCommand[] {
  const present = new Set(link.addresses.map(({ address }) => address));
  const wanted = new Set(snapshot.addresses.map(({ address }) => address));
  return [
    ...link.addresses
      .filter(({ address, scope }) => scope !== 'link' && !wanted.has(address))
      .map(({ address }) => ['address', 'del', address, 'dev', dev]),
    ...snapshot.addresses
      .filter(({ address }) => !present.has(address))
      .map(({ address, scope }) => [
        'address',
        'add',
        address,
        'dev',
        dev,
        'scope',
        scope,
        ...(address.includes(':') ? ['nodad'] : []),
      ]),
    ...(link.master === null && snapshot.master !== null
      ? [['link', 'set', 'dev', dev, 'master', snapshot.master]]
      : []),
    ['link', 'set', 'dev', dev, snapshot.up ? 'up' : 'down'],
    ...(snapshot.up ? routeCommands(snapshot, dev) : []),
  ];
}

const EVERYWHERE = { 4: '0.0.0.0/0', 6: '::/0' } as const;

function routeCommands({ name, routes }: LinkSnapshot, dev: string): IpCommand[] {
  const ofOneHop = routes.filter(({ weight }) => weight === null);
  const hops = routes.filter(({ weight }) => weight !== null);
  const byRoute = Map.groupBy(hops, ({ family, dst, table, metric }) => `${family} ${dst} ${table} ${metric}`);
  return [
    ...ofOneHop.map((route) => [
      ...destinationWords('replace', route),
      ...wayWords(route, dev),
      ...traitWords(route),
      ...onlink(route),
    ]),
    ...[...byRoute.values()].flatMap((each) => multipathCommands(each, name, dev)),
  ];
}

/**
 * A route with several next hops is not this NIC's alone: what somebody has put in its place meanwhile stays. When one of its devices
 * leaves, the kernel drops an IPv4 route as a whole, and of an IPv6 route the next hops of that device, each of which joins again.
 */
function multipathCommands(hops: readonly LinkRoute[], name: string, dev: string): IpCommand[] {
  const commandOf = (verb: string, some: readonly LinkRoute[]): IpCommand[] =>
    some
      .slice(0, 1)
      .map((route) => [
        ...destinationWords(verb, route),
        ...traitWords(route),
        ...some.flatMap((hop) => [
          ...['nexthop', ...wayWords(hop, hop.dev === name ? dev : hop.dev)],
          ...['weight', String(hop.weight), ...onlink(hop)],
        ]),
      ]);
  return hops[0]?.family === 4
    ? commandOf('add', hops)
    : hops.filter((hop) => hop.dev === name).flatMap((hop) => commandOf('append', [hop]));
}

/** Of "default" the family is the gateway's, which may be another than the route's. */
function destinationWords(verb: string, { dst, family }: LinkRoute): string[] {
  return ['route', verb, dst === 'default' ? EVERYWHERE[family] : dst];
}

function wayWords(route: LinkRoute, dev: string): string[] {
  return [...(route.gateway === null ? [] : ['via', ...viaFamily(route), route.gateway]), 'dev', dev];
}

function traitWords({ table, metric, prefsrc, protocol, scope, family }: LinkRoute): string[] {
  return [
    ...['table', table],
    ...(metric === null ? [] : ['metric', String(metric)]),
    ...(prefsrc === null ? [] : ['src', prefsrc]),
    ...(protocol === null ? [] : ['proto', protocol]),
    ...(scope === null || family === 6 ? [] : ['scope', scope]),
  ];
}

/** Whether the gateway can be reached was seen when the route was made. */
function onlink({ gateway }: LinkRoute): string[] {
  return gateway === null ? [] : ['onlink'];
}

/** iproute2 wants the family named where it is not the destination's: an IPv4 route through an IPv6 gateway. */
function viaFamily({ family, gateway }: LinkRoute): string[] {
  return family === 4 && gateway?.includes(':') ? ['inet6'] : [];
}

function show(value: unknown): string {
  return value === null || value === '' ? '-' : String(value);
}
