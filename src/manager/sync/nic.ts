/** What makes one NIC what its ENI wants of it. Pure. */
import type { Step } from '../../link/arrange.js';
import type { IpCommand } from '../../link/kernel.js';
import type { Link, LinkRoute } from '../../model/link.js';
import type { Numbered } from './number.js';

/** Values of sysctls, by their paths. */
export type Sysctls = ReadonlyMap<string, string>;

/** What is seen of it. */
interface Seen {
  readonly routes: readonly LinkRoute[];
  readonly sysctls: Sysctls;
}

/** Steps until the NIC is named, up, and leads to its gateways by its own table; none if it does. */
export function nicSteps(numbered: Numbered, seen: Seen): Step[] {
  const { eni, link, name } = numbered;
  const renaming = renamingOf(link, name);
  if (eni.mode === 'Primary') return asSteps([...renaming, ...(renaming.length > 0 && link.up ? [goUp(name)] : [])]);
  // A link that goes down loses its routes and its IPv6 addresses.
  const stays = renaming.length === 0;
  const isUp = stays && link.up;
  const present = stays ? link.addresses.map(({ address }) => address) : [];
  const missing = eni.addresses.filter(({ address, isPrimary }) => isPrimary && !present.includes(address));
  return [
    ...asSteps(renaming),
    ...sysctlSteps(numbered, seen.sysctls),
    ...asSteps([
      ...missing.map(({ address }) => ['address', 'replace', address, 'dev', name]),
      ...(isUp ? [] : [goUp(name)]),
      ...missingRoutes(numbered, isUp ? seen.routes.filter(({ dev }) => dev === link.name) : []),
    ]),
  ];
}

/** By index, just looked up, for udev renames a card as well. */
function renamingOf({ ifindex, name, altnames, up }: Link, wanted: string): IpCommand[] {
  if (name === wanted) return [];
  const dev = `if${ifindex}`;
  return [
    ...(altnames.includes(wanted) ? [['link', 'property', 'del', 'dev', dev, 'altname', wanted]] : []),
    ...(up ? [['link', 'set', 'dev', dev, 'down']] : []),
    ['link', 'set', 'dev', dev, 'name', wanted],
  ];
}

function goUp(name: string): IpCommand {
  return ['link', 'set', 'dev', name, 'up'];
}

/**
 * - rp_filter: the main table leads to a neighbour by another NIC than the one that its packets come in on.
 * - accept_dad, dad_transmits, autoconf: the cloud gives the addresses, each to one ENI.
 * - keep_addr_on_down: who takes the NIC down and up again finds it as it was.
 */
function wantedSysctls(name: string, hasIPv6: boolean): [string, string][] {
  const ipv6 = `/proc/sys/net/ipv6/conf/${name}`;
  return [
    [reversePathFilter(name), '0'],
    ...(hasIPv6
      ? ([
          [`${ipv6}/accept_dad`, '0'],
          [`${ipv6}/dad_transmits`, '0'],
          [`${ipv6}/autoconf`, '0'],
          [`${ipv6}/keep_addr_on_down`, '1'],
        ] as [string, string][])
      : []),
  ];
}

/** All that a plan may look at for links of these names. */
export function sysctlPaths(names: readonly string[]): string[] {
  return [reversePathFilter('all'), ...names.flatMap((name) => wantedSysctls(name, true).map(([path]) => path))];
}

/** Steps that switch off the reverse path filter of a device, or of `all`: the stricter of the two counts. */
export function filterSteps(devices: readonly string[], sysctls: Sysctls): Step[] {
  return devices
    .map(reversePathFilter)
    .filter((path) => sysctls.get(path) !== '0')
    .map((sysctl) => ({ sysctl, value: '0' }));
}

function reversePathFilter(device: string): string {
  return `/proc/sys/net/ipv4/conf/${device}/rp_filter`;
}

/** What was seen under the old name holds under the new one. */
function sysctlSteps({ eni, link, name }: Numbered, seen: Sysctls): Step[] {
  const hasIPv6 = eni.addresses.some(({ address }) => address.includes(':'));
  const before = wantedSysctls(link.name, hasIPv6).map(([path]) => seen.get(path));
  return wantedSysctls(name, hasIPv6).flatMap(([sysctl, value], at) =>
    before[at] === value ? [] : [{ sysctl, value }],
  );
}

/** The way to each gateway first, for a subnet may not say that it is on the link. */
function missingRoutes({ eni, name, table }: Numbered, routes: readonly LinkRoute[]): IpCommand[] {
  const there = routes.filter((route) => route.table === String(table));
  return eni.gateways.flatMap((gateway) => {
    const [host, everywhere] = gateway.includes(':') ? ['128', '::/0'] : ['32', '0.0.0.0/0'];
    const hasLink = there.some((route) => route.dst === gateway && route.gateway === null);
    const hasDefault = there.some((route) => route.dst === 'default' && route.gateway === gateway);
    const rest = ['dev', name, 'table', String(table)];
    return [
      ...(hasLink ? [] : [['route', 'replace', `${gateway}/${host}`, ...rest, 'scope', 'link']]),
      ...(hasDefault ? [] : [['route', 'replace', everywhere, 'via', gateway, ...rest]]),
    ];
  });
}

function asSteps(commands: readonly IpCommand[]): Step[] {
  return commands.map((ip) => ({ ip }));
}
