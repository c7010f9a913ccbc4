/** ENIs, links, endpoints and attachments for tests: whole and valid, each field to be overridden. */
import type { Attachment, Endpoint } from '../../src/model/attachment.js';
import type { Eni } from '../../src/model/eni.js';
import type { Link, LinkAddress, LinkSnapshot } from '../../src/model/link.js';
import { setupOf } from '../../src/model/setup.js';

/** An ENI without addresses, numbered: `eni-3` has MAC `02:e0:00:00:00:03`. */
export function sampleEni(number: number, overrides: Partial<Eni> = {}): Eni {
  return {
    id: `eni-${number}`,
    mac: macOf(number),
    ...{ pciAddress: null, ifname: null, mtu: null, ipv4: null, ipv6: null, routes: null },
    ...overrides,
  };
}

/** MAC of the sample ENI with this number. */
export function macOf(number: number): string {
  return `02:e0:00:00:00:${number.toString(16).padStart(2, '0')}`;
}

export function sampleEndpoint(overrides: Partial<Endpoint> = {}): Endpoint {
  return { network: 'enim', containerID: 'c1', ifname: 'eth0', owner: 'default/web-0', uid: null, ...overrides };
}

/** The link of a real card. */
export function sampleLink(overrides: Partial<Link> = {}): Link {
  const mac = overrides.mac ?? macOf(1);
  return {
    ...{ ifindex: 2, name: 'eni1', altnames: [], alias: null, mac, permanentMac: mac, mtu: 1500, txqueuelen: 1000 },
    ...{
      group: 'default',
      up: false,
      carrier: true,
      promiscuous: false,
      arp: true,
      multicast: true,
      allmulticast: false,
      broadcast: 'ff:ff:ff:ff:ff:ff',
      mode: 'default',
      packets: { gso_max_size: 65536, gso_max_segs: 65535, gro_max_size: 65536 },
      xdp: [],
      kind: null,
      master: null,
      lower: null,
      busAddress: null,
      addresses: [],
    },
    ...overrides,
  };
}

export function sampleAddress(address: string, overrides: Partial<LinkAddress> = {}): LinkAddress {
  return {
    address,
    family: address.includes(':') ? 6 : 4,
    scope: 'global',
    tentative: false,
    dadFailed: false,
    ...overrides,
  };
}

export function sampleSnapshot(overrides: Partial<LinkSnapshot> = {}): LinkSnapshot {
  const mac = overrides.mac ?? macOf(1);
  return {
    ...{ ifindex: 2, name: 'eni1', altnames: [], alias: null, mac, permanentMac: mac, busAddress: null, mtu: 1500 },
    ...{
      txqueuelen: 1000,
      group: 'default',
      up: false,
      promiscuous: false,
      arp: true,
      multicast: true,
      allmulticast: false,
      broadcast: 'ff:ff:ff:ff:ff:ff',
      mode: 'default',
      packets: { gso_max_size: 65536, gso_max_segs: 65535, gro_max_size: 65536 },
      xdp: [],
      master: null,
      addresses: [],
      routes: [],
      sysctls: {},
    },
    ...overrides,
  };
}

export function sampleAttachment(overrides: Partial<Attachment> = {}): Attachment {
  return {
    ...sampleEndpoint(),
    role: 'main',
    eni: sampleEni(1),
    setup: setupOf(overrides.eni ?? sampleEni(1)),
    netns: { path: '/run/netns/web-0', inode: 101 },
    phase: 'attached',
    since: '2026-01-01T00:00:00.000Z',
    bootID: 'boot-1',
    snapshot: sampleSnapshot(),
    ...overrides,
  };
}
