/** A node with one pod, as a bundle has it: its documents, and every place in them. */
import type { Archive } from '../../src/bundle/archive.js';
import { manifestOf } from '../../src/bundle/manifest.js';

/** When the bundle was made. */
export const WHEN = '2026-01-02T03:04:05.000Z';
const BOOT = 'a-boot';
export const MAC = '02:e0:00:00:00:01';

const link = (name: string, mac: string, more: object = {}) => ({
  ...{ ifindex: 7, name, altnames: [], alias: null, mac, permanentMac: mac, mtu: 1500, txqueuelen: 1000 },
  ...{ group: 'default', up: true, carrier: true, promiscuous: false, arp: true, multicast: true, allmulticast: false },
  ...{ broadcast: 'ff:ff:ff:ff:ff:ff' },
  ...{ kind: null, master: null, lower: null, busAddress: '0000:00:05.0', addresses: [], ...more },
});
const counted = { bytes: 10, packets: 1, errors: 0, dropped: 0 };
export const counters = { received: counted, sent: counted };
const around = (name: string) => ({ value: { counters: [[name, counters]], routes: [], rules: [], sysctls: [] } });
const eni = (id: string, mac: string) => ({
  ...{ id, mac, pciAddress: null, ifname: null, mtu: null, ipv6: null, routes: null },
  ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' },
});
const endpoint = { network: 'enim', containerID: 'c0', ifname: 'eth0', owner: 'default/web-0', uid: null };
const { addresses, ...look } = link('eni1', MAC);
const attachment = {
  ...{ ...endpoint, role: 'main', eni: eni('eni-a', MAC), netns: { path: '/run/netns/web-0', inode: 4711 } },
  ...{ phase: 'attached', since: WHEN, bootID: BOOT },
  setup: { addresses: [eni('eni-a', MAC).ipv4], routes: [], mtu: null, mac: null, dns: null },
  snapshot: { ...look, addresses, routes: [], sysctls: {} },
};
const state = {
  ...{ version: 3, generation: 5, written: WHEN, quarantines: {} },
  attachments: { 'enim/c0/eth0': attachment },
  allocations: { 'eni-a': { eni: eni('eni-a', MAC), holder: endpoint, since: WHEN, releasedAt: null } },
};
export const holder = { pid: 12, command: 'nginx' };
const generation = { kind: 'good', generation: 5, written: WHEN, attachments: 1 };
const entry = { value: { kind: 'directory', mode: 0o700, modified: WHEN, unwritable: null, free: 1e9 } };

/** By the names of their files. */
export const DOCUMENTS: Readonly<Record<string, unknown>> = {
  'node.json': {
    ...{ config: '/etc/enim/config.json', stateDir: '/var/lib/enim', runDir: '/run/enim', dropIns: ['/etc/x.network'] },
    sources: { config: 'default', stateDir: 'flag', runDir: 'environment' },
    ...{ open: { value: { bootID: BOOT, network: 'enim' } }, environment: [['PATH', '/bin']] },
  },
  'state/state.json': state,
  'state/record.json': {
    look: {
      value: {
        ...{ path: '/var/lib/enim/state.json', present: generation, previousPath: '/p', previous: { kind: 'none' } },
        ...{ kept: [], unfinished: [{ path: '/var/lib/enim/state.json.new', modified: WHEN }] },
      },
    },
    ...{ present: { value: true }, previous: { value: false }, cordon: { value: { since: WHEN, reason: null } } },
    history: {
      value: {
        events: [{ event: 'attached', ...endpoint, eni: 'eni-a', netns: '/n', at: WHEN, since: WHEN }],
        ignored: 0,
      },
    },
  },
  'provider.json': {
    name: 'static',
    list: {
      value: [
        { eni: eni('eni-a', MAC), holder: endpoint, since: WHEN, releasedAt: null },
        { eni: eni('eni-b', '02:e0:00:00:00:02'), holder: null, since: null, releasedAt: null },
      ],
    },
    health: { value: { ok: true, message: '2 ENIs are known' } },
    registry: {
      withdrawals: { value: [{ endpoint, eni: 'eni-a', reason: 'its pod is gone' }] },
      fates: [['enim/c0/eth0', { value: 'there' }]],
      ...{ node: 'n1', enis: { value: [] } },
    },
  },
  'kernel/home.json': {
    links: { value: [link('eni2', '02:e0:00:00:00:02', { ifindex: 8, busAddress: null, kind: 'veth' })] },
    ...{ use: { value: { defaultRoutes: [], sshDevice: null } }, around: around('eni2') },
  },
  'kernel/netns/4711.json': {
    ...{ path: '/run/netns/web-0', inode: 4711, around: around('eth0') },
    links: { value: [link('eth0', MAC, { alias: 'enim' })] },
  },
  'kernel/netns.json': {
    all: { value: [{ path: '/run/netns/web-0', inode: 4711, pids: [12] }] },
    processes: { value: [[4711, [12]]] },
    holders: {
      value: [
        [
          4711,
          {
            paths: [{ path: '/run/netns/web-0', deleted: false }],
            processes: [holder],
            descriptors: [{ ...holder, fd: 3 }],
          },
        ],
      ],
    },
    paths: [['/run/netns/web-0', { value: 4711 }]],
  },
  'kernel/hardware.json': [
    [
      '0000:00:05.0',
      { value: { pciAddress: '0000:00:05.0', virtio: null, driver: 'ena', isNic: true, hasLink: true } },
    ],
  ],
  'host.json': {
    entries: ['/etc/enim/config.json', '/var/lib/enim', '/run/enim'].map((path) => [path, entry]),
    texts: [['/proc/sys/net/ipv4/conf/all/rp_filter', '0\n']],
    directories: [['/etc/udev/rules.d', []]],
    processes: [{ pid: 1, name: 'systemd', state: 'S' }],
    locks: [
      [
        '/run/enim',
        [
          {
            path: '/run/enim/a.lock',
            sign: 'pid 1 (enim add)',
            since: WHEN,
            holders: [{ pid: 1, name: 'enim', state: 'S' }],
          },
        ],
      ],
    ],
    paths: [['flock', '/usr/bin/flock']],
    ...{ iproute2: { value: 'ip utility, iproute2-6.1.0' }, programs: { value: ['flock'] } },
    privileges: { uid: 0, capabilities: [12, 19, 21] },
  },
};

/** A bundle of them. */
export function archiveOf(documents: Readonly<Record<string, unknown>>): Archive {
  const files = new Map(Object.entries(documents).map(([name, each]) => [name, Buffer.from(JSON.stringify(each))]));
  const origin = { enim: { version: '1', commit: null }, collected: WHEN, missing: [], shortened: [] };
  return { manifest: manifestOf(files, origin), files };
}

/** Every place in a document, as the keys that lead there. */
export function placesIn(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return [at, ...keys.flatMap((key) => placesIn((value as Record<string | number, unknown>)[key], [...at, key]))];
}

/** The document with another value in a place. */
export function changed(value: unknown, [key, ...rest]: readonly (string | number)[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}
