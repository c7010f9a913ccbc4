import { describe, expect, it } from '@jest/globals';
import { configurationFaults, planConfigure, sysctlsFor } from '../../src/link/configure.js';
import type { Eni } from '../../src/model/eni.js';
import { setupOf } from '../../src/model/setup.js';
import { sampleAddress, sampleEni, sampleLink } from '../model/samples.js';

const V4 = { address: '10.0.0.10/24', gateway: '10.0.0.1' };
const V6 = { address: 'fd00::10/64', gateway: 'fd00::1' };

const isRoute = (command: string): boolean => command.startsWith('route');
const plan = (eni: Partial<Eni>): string[] =>
  planConfigure(setupOf(sampleEni(1, eni)), 'eth0').map((command) => command.join(' '));

describe('planConfigure', () => {
  it('gives MTU and addresses first, then goes up, then routes, then looks for its gateways', () => {
    expect(plan({ mtu: 9000, ipv4: V4, ipv6: V6 })).toEqual([
      'link set dev eth0 mtu 9000',
      'address replace 10.0.0.10/24 dev eth0',
      'address replace fd00::10/64 dev eth0',
      'link set dev eth0 up',
      'route replace 0.0.0.0/0 via 10.0.0.1 dev eth0',
      'route replace ::/0 via fd00::1 dev eth0',
      'neighbour replace 10.0.0.1 dev eth0 use',
      'neighbour replace fd00::1 dev eth0 use',
    ]);
  });

  it('leaves the MTU of the NIC where none is prescribed, and goes up without addresses too', () => {
    expect(plan({})).toEqual(['link set dev eth0 up']);
  });

  it('makes no default route without a gateway', () => {
    expect(plan({ ipv4: { ...V4, gateway: null } })).toEqual([
      'address replace 10.0.0.10/24 dev eth0',
      'link set dev eth0 up',
    ]);
  });

  it('reaches a gateway outside the own network on the link first', () => {
    expect(plan({ ipv4: { address: '10.0.0.10/32', gateway: '169.254.1.1' } })).toEqual([
      'address replace 10.0.0.10/32 dev eth0',
      'link set dev eth0 up',
      'route replace 169.254.1.1/32 dev eth0 scope link',
      'route replace 0.0.0.0/0 via 169.254.1.1 dev eth0',
      'neighbour replace 169.254.1.1 dev eth0 use',
    ]);
    expect(plan({ ipv6: { address: 'fd00::10/128', gateway: 'fd00::1' } })).toEqual([
      'address replace fd00::10/128 dev eth0',
      'link set dev eth0 up',
      'route replace fd00::1/128 dev eth0 scope link',
      'route replace ::/0 via fd00::1 dev eth0',
      'neighbour replace fd00::1 dev eth0 use',
    ]);
  });

  it('needs no route to a link-local gateway', () => {
    expect(plan({ ipv6: { address: 'fd00::10/128', gateway: 'fe80::1' } })).toEqual([
      'address replace fd00::10/128 dev eth0',
      'link set dev eth0 up',
      'route replace ::/0 via fe80::1 dev eth0',
      'neighbour replace fe80::1 dev eth0 use',
    ]);
  });

  it('takes the routes of the inventory instead of the default one, with or without gateway', () => {
    expect(
      plan({ ipv4: V4, routes: [{ dst: '10.9.0.0/16', gw: '10.0.0.2' }, { dst: '10.8.0.0/16' }] }).filter(isRoute),
    ).toEqual(['route replace 10.9.0.0/16 via 10.0.0.2 dev eth0', 'route replace 10.8.0.0/16 dev eth0']);
    expect(plan({ ipv4: V4, routes: [] }).filter(isRoute)).toEqual([]);
  });
});

describe('sysctlsFor', () => {
  it('announces each family, and skips DAD for IPv6 (containernetworking/plugins#571)', () => {
    expect(sysctlsFor(setupOf(sampleEni(1, { ipv4: V4, ipv6: V6 })), 'eth0')).toEqual([
      { value: '1', paths: ['/proc/sys/net/ipv4/conf/eth0/arp_notify', '/proc/sys/net/ipv6/conf/eth0/ndisc_notify'] },
      {
        value: '100',
        paths: ['/proc/sys/net/ipv4/neigh/eth0/retrans_time_ms', '/proc/sys/net/ipv6/neigh/eth0/retrans_time_ms'],
      },
      {
        value: '30',
        paths: ['/proc/sys/net/ipv4/neigh/eth0/mcast_solicit', '/proc/sys/net/ipv6/neigh/eth0/mcast_solicit'],
      },
      { value: '0', paths: ['/proc/sys/net/ipv6/conf/eth0/accept_dad'] },
    ]);
  });

  it('leaves IPv6 alone on a node that may have none', () => {
    const paths = sysctlsFor(setupOf(sampleEni(1, { ipv4: V4 })), 'eth0').flatMap((each) => each.paths);
    expect(paths.filter((path) => path.includes('ipv6'))).toEqual([]);
    expect(paths).toHaveLength(3);
    expect(sysctlsFor(setupOf(sampleEni(1)), 'eth0')).toEqual([]);
  });
});

describe('configurationFaults', () => {
  const setup = setupOf(sampleEni(1, { mtu: 9000, ipv4: V4, ipv6: V6 }));
  const good = sampleLink({
    up: true,
    mtu: 9000,
    addresses: [sampleAddress('10.0.0.10/24'), sampleAddress('fd00::10/64')],
  });

  it('is empty for a NIC that is set up', () => {
    expect(configurationFaults(good, setup)).toEqual([]);
  });

  it.each([
    [{ up: false }, 'it is down'],
    [{ mtu: 1500 }, 'its MTU is 1500, not 9000'],
    [{ addresses: [sampleAddress('fd00::10/64')] }, '10.0.0.10/24 is not on it'],
    [{ addresses: [sampleAddress('10.0.0.10/16'), sampleAddress('fd00::10/64')] }, '10.0.0.10/24 is not on it'],
    [
      { addresses: [good.addresses[0] as never, sampleAddress('fd00::10/64', { tentative: true })] },
      'fd00::10/64 is still tentative (IPv6 DAD)',
    ],
    [
      { addresses: [good.addresses[0] as never, sampleAddress('fd00::10/64', { tentative: true, dadFailed: true })] },
      'another host has fd00::10/64 (IPv6 DAD failed)',
    ],
  ])('names what is missing: %j', (change, fault) => {
    expect(configurationFaults({ ...good, ...change }, setup)).toEqual([fault]);
  });

  it('does not mind what else is on it, nor an MTU that nobody prescribed', () => {
    const more = { ...good, addresses: [...good.addresses, sampleAddress('10.7.0.1/24')] };
    expect(configurationFaults(more, { ...setup, mtu: null })).toEqual([]);
  });
});
