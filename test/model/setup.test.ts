import { describe, expect, it } from '@jest/globals';
import type { Eni } from '../../src/model/eni.js';
import { setupOf } from '../../src/model/setup.js';
import { sampleEni } from './samples.js';

const V4 = { address: '10.0.0.10/24', gateway: '10.0.0.1' };
const V6 = { address: 'fd00::10/64', gateway: 'fd00::1' };

describe('setupOf', () => {
  it.each<[string, Partial<Eni>, unknown[]]>([
    ['no addresses', {}, []],
    ['IPv4', { ipv4: V4 }, [V4]],
    ['IPv6', { ipv6: V6 }, [V6]],
    ['both, IPv4 first', { ipv6: V6, ipv4: V4 }, [V4, V6]],
  ])('has the addresses that the ENI has: %s', (_, eni, addresses) => {
    expect(setupOf(sampleEni(1, eni)).addresses).toEqual(addresses);
  });

  it('has a default route through each gateway where the ENI names no routes', () => {
    expect(setupOf(sampleEni(1, { ipv4: V4, ipv6: V6 })).routes).toEqual([
      { dst: '0.0.0.0/0', gw: '10.0.0.1' },
      { dst: '::/0', gw: 'fd00::1' },
    ]);
    expect(setupOf(sampleEni(1, { ipv4: { ...V4, gateway: null }, ipv6: V6 })).routes).toEqual([
      { dst: '::/0', gw: 'fd00::1' },
    ]);
  });

  it.each([[[]], [[{ dst: '10.9.0.0/16' }, { dst: '::/0', gw: 'fd00::2' }]]])(
    'has the routes that the ENI names, and no others: %j',
    (routes) => {
      expect(setupOf(sampleEni(1, { ipv4: V4, ipv6: V6, routes })).routes).toEqual(routes);
    },
  );

  it('leaves the NIC its own MAC, and its own MTU unless the ENI has one', () => {
    expect(setupOf(sampleEni(1))).toMatchObject({ mtu: null, mac: null });
    expect(setupOf(sampleEni(1, { mtu: 9_000 }))).toMatchObject({ mtu: 9_000, mac: null });
  });
});
