/** How an ENI's NIC is set up inside the pod: the sysctls, the `ip` commands, and what must be seen afterwards. Pure. */
import { basename, dirname } from 'node:path';
import { type Cidr, contains, parseCidr } from '../model/address.js';
import type { EniAddress, EniRoute } from '../model/eni.js';
import type { Link } from '../model/link.js';
import type { Setup } from '../model/setup.js';
import type { IpCommand } from './kernel.js';

/** A value for some per-interface sysctls of the pod's netns. */
export interface Sysctls {
  readonly value: string;
  readonly paths: readonly string[];
}

/** Those that are set in pods, whatever the family of the addresses. */
export const SET_IN_PODS = [
  ...['ipv4/conf/arp_notify', 'ipv4/neigh/retrans_time_ms', 'ipv4/neigh/mcast_solicit'],
  ...['ipv6/conf/ndisc_notify', 'ipv6/conf/accept_dad', 'ipv6/neigh/retrans_time_ms', 'ipv6/neigh/mcast_solicit'],
] as const;

/** Where the sysctl of an interface stands, in the netns of whoever opens it. */
export function sysctlPath(key: string, ifname: string): string {
  return `/proc/sys/net/${dirname(key)}/${ifname}/${basename(key)}`;
}

/**
 * Written after the move, before the link goes up.
 *
 * - arp_notify, ndisc_notify: the kernel announces the addresses (gratuitous ARP, unsolicited NA) as the link goes up, so that
 *   neighbours forget the pod that had them before (Documentation/networking/ip-sysctl).
 * - retrans_time_ms, mcast_solicit: the gateway is looked for as the link goes up, often before the port at the other end forwards;
 *   30 questions in 3 s find it as soon as it does, where 3 leave the pod's first packet waiting for a second.
 * - accept_dad 0: the cloud gives each address to one ENI only, so duplicate detection could only delay the pod by a second or
 *   more, or fail while an old pod lives on.
 */
export function sysctlsFor({ addresses }: Setup, ifname: string): Sysctls[] {
  const has6 = addresses.some(({ address }) => isIPv6(address));
  const has4 = addresses.some(({ address }) => !isIPv6(address));
  const families = [...(has4 ? ['ipv4'] : []), ...(has6 ? ['ipv6'] : [])];
  const pathsOf = (...names: readonly string[]): string[] =>
    SET_IN_PODS.filter((key) => families.includes(key.slice(0, 4)) && names.includes(basename(key))).map((key) =>
      sysctlPath(key, ifname),
    );
  return [
    { value: '1', paths: pathsOf('arp_notify', 'ndisc_notify') },
    { value: '100', paths: pathsOf('retrans_time_ms') },
    { value: '30', paths: pathsOf('mcast_solicit') },
    { value: '0', paths: pathsOf('accept_dad') },
  ].filter(({ paths }) => paths.length > 0);
}

/**
 * The commands that give the NIC its MAC, MTU, addresses and routes; addresses come before `up`, which
 * announces them. Repeating it is harmless.
 */
export function planConfigure({ addresses, routes, mtu, mac }: Setup, ifname: string): IpCommand[] {
  return [
    ...(mac === null
      ? []
      : [
          ['link', 'set', 'dev', ifname, 'down'],
          ['link', 'set', 'dev', ifname, 'address', mac],
        ]),
    ...(mtu === null ? [] : [['link', 'set', 'dev', ifname, 'mtu', String(mtu)]]),
    ...addresses.map(({ address }) => ['address', 'replace', address, 'dev', ifname]),
    ['link', 'set', 'dev', ifname, 'up'],
    ...addresses.flatMap((each) => gatewayRoute(each, ifname)),
    ...routes.map((route) => routeCommand(route, ifname)),
    // Lets the kernel resolve the gateway now, and again if the port is not forwarding yet: its request tells the gateway, and by
    // broadcast every IPv4 neighbour, whose the address is. The announcement that goes out with `up` is sent only once.
    ...addresses.flatMap(({ gateway }) =>
      gateway === null ? [] : [['neighbour', 'replace', gateway, 'dev', ifname, 'use']],
    ),
  ];
}

/** A gateway outside the address's own network (a /32, say) needs a route to itself first. */
function gatewayRoute({ address, gateway }: EniAddress, ifname: string): IpCommand[] {
  const cidr = parseCidr(address) as Cidr;
  if (gateway === null || contains(cidr, gateway) || gateway.startsWith('fe80:')) return [];
  return [['route', 'replace', `${gateway}/${cidr.family === 4 ? 32 : 128}`, 'dev', ifname, 'scope', 'link']];
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}

function routeCommand({ dst, gw }: EniRoute, ifname: string): IpCommand {
  return ['route', 'replace', dst, ...(gw === undefined ? [] : ['via', gw]), 'dev', ifname];
}

/** What is missing from a NIC that was set up: nothing, or clauses such as "10.0.0.10/24 is not on it". */
export function configurationFaults(link: Link, { addresses, mtu, mac }: Setup): string[] {
  const faults: string[] = [];
  if (!link.up) faults.push('it is down');
  if (mtu !== null && link.mtu !== mtu) faults.push(`its MTU is ${link.mtu}, not ${mtu}`);
  if (mac !== null && link.mac !== mac) faults.push(`its MAC is ${link.mac}, not ${mac}`);
  for (const wanted of addresses) {
    const present = link.addresses.find(({ address }) => address === wanted.address);
    if (present === undefined) faults.push(`${wanted.address} is not on it`);
    else if (present.dadFailed) faults.push(`another host has ${wanted.address} (IPv6 DAD failed)`);
    else if (present.tentative) faults.push(`${wanted.address} is still tentative (IPv6 DAD)`);
  }
  return faults;
}
