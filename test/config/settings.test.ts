import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULTS, parseSettings } from '../../src/config/schema.js';

const ENI = { id: 'eni-a', mac: '02:e0:00:00:00:01' };

/** The faults of a settings file, a line each. */
function faults(json: unknown): string[] {
  const result = parseSettings(json);
  return 'faults' in result ? result.faults.map(({ field, fault }) => `${field} ${fault}`) : [];
}

/** The faults of one inventory entry. */
function faultsOfEni(entry: Record<string, unknown>): string[] {
  return faults({ static: { enis: [{ ...ENI, ...entry }] } });
}

describe('settings of a cluster', () => {
  it('may be left out, or say kubeconfig and node', () => {
    const kubernetes = { kubeconfig: '/etc/enim/kubeconfig', nodeName: 'node-1.example.org', timeout: 30_000 };
    expect(parseSettings({ provider: 'kubernetes', kubernetes })).toMatchObject({
      settings: { provider: 'kubernetes', kubernetes },
    });
    expect(parseSettings({ provider: 'kubernetes' })).toMatchObject({
      settings: { kubernetes: { kubeconfig: null, nodeName: null, timeout: 10_000 } },
    });
  });

  it.each([
    [{ kubeconfig: 'kubeconfig' }, 'kubernetes.kubeconfig "kubeconfig" is no absolute path'],
    [{ nodeName: 'Node 1' }, 'kubernetes.nodeName "Node 1" can be no name of a node'],
    [{ nodeName: 'a'.repeat(64) }, `kubernetes.nodeName "${'a'.repeat(64)}" can be no name of a node`],
    [{ timeout: 99 }, 'kubernetes.timeout 99 is not between 100 and 600000 ms'],
    [{ timeout: 600_001 }, 'kubernetes.timeout 600001 is not between 100 and 600000 ms'],
    [{ kubeConfig: '/x' }, 'kubernetes.kubeConfig is no known key; did you mean "kubeconfig"?'],
  ])('are refused as %j', (kubernetes, fault) => {
    expect(faults({ provider: 'kubernetes', kubernetes })).toEqual([fault]);
  });
});

describe('settings', () => {
  it('may be empty', () => {
    expect(parseSettings({})).toEqual({ settings: DEFAULTS });
  });

  it('come in one canonical spelling, whatever they were written in', () => {
    const entry = {
      ...{ id: 'eni-a', mac: '02-E0-00-00-00-01', pciAddress: '00:05.0', ifname: 'eni1', mtu: 9000 },
      ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' },
      ipv6: { address: 'FD00:0::10/64', gateway: 'FD00::1' },
      routes: [{ dst: '10.9.0.0/16', gw: '10.0.0.1' }, { dst: '::/0' }],
    };
    const result = parseSettings({
      provider: 'static',
      network: 'n',
      lockWait: 5,
      static: { enis: [entry], discover: { driver: 'ena' } },
    });
    expect(result).toEqual({
      settings: {
        ...{
          provider: 'static',
          network: 'n',
          lockWait: 5,
          agent: { gcEvery: 30_000, syncEvery: 30_000, logLevel: 'info' },
        },
        static: {
          enis: [
            {
              ...{ id: 'eni-a', mac: '02:e0:00:00:00:01', pciAddress: '0000:00:05.0', ifname: 'eni1', mtu: 9000 },
              ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' },
              ipv6: { address: 'fd00::10/64', gateway: 'fd00::1' },
              routes: [{ dst: '10.9.0.0/16', gw: '10.0.0.1' }, { dst: '::/0' }],
            },
          ],
          discover: { driver: ['ena'], name: null, exclude: [] },
        },
        kubernetes: { kubeconfig: null, nodeName: null, timeout: 10_000 },
      },
    });
  });

  it('may leave everything but ID and MAC of an ENI open', () => {
    expect(parseSettings({ static: { enis: [ENI] } })).toMatchObject({
      settings: {
        static: {
          enis: [{ ...ENI, pciAddress: null, ifname: null, mtu: null, ipv4: null, ipv6: null, routes: null }],
          discover: null,
        },
      },
    });
  });
});

describe('a fault', () => {
  it.each([
    [{ mac: '02:e0' }, 'static.enis[0].mac "02:e0" is no MAC address'],
    [{ mac: 5 }, 'static.enis[0].mac is 5, not a string'],
    [{ id: 'a/b' }, 'static.enis[0].id "a/b" is no ID'],
    [{ id: '' }, 'static.enis[0].id "" is no ID'],
    [{ pciAddress: '5' }, 'static.enis[0].pciAddress "5" is no PCI address'],
    [{ ifname: 'a-name-of-16-char' }, 'static.enis[0].ifname "a-name-of-16-char" is longer than 15 bytes'],
    [{ ifname: 'a/b' }, 'static.enis[0].ifname "a/b" has a "/"'],
    [{ mtu: 67 }, 'static.enis[0].mtu 67 is not between 68 and 65535 bytes'],
    [{ mtu: 65_536 }, 'static.enis[0].mtu 65536 is not'],
    [{ mtu: '1500' }, 'static.enis[0].mtu is "1500", not a number'],
    [
      { ipv4: { address: '10.0.0.10' } },
      'static.enis[0].ipv4.address "10.0.0.10" is no IPv4 address with prefix length',
    ],
    [{ ipv4: { address: 'fd00::1/64' } }, 'static.enis[0].ipv4.address "fd00::1/64" is no IPv4 address'],
    [
      { ipv4: { address: '127.0.0.1/8' } },
      'static.enis[0].ipv4.address "127.0.0.1/8" is no address that a pod can have',
    ],
    [
      { ipv4: { address: '10.0.0.10/24', gateway: 'fd00::1' } },
      'static.enis[0].ipv4.gateway "fd00::1" is no IPv4 address',
    ],
    [{ ipv4: {} }, 'static.enis[0].ipv4.address is missing'],
    [{ ipv4: '10.0.0.10/24' }, 'static.enis[0].ipv4 is "10.0.0.10/24", not an object'],
    [{ ipv6: { address: '10.0.0.10/24' } }, 'static.enis[0].ipv6.address "10.0.0.10/24" is no IPv6 address'],
    [{ ipv6: { address: 'ff02::1/64' } }, 'static.enis[0].ipv6.address "ff02::1/64" is no address that a pod can have'],
    [{ routes: {} }, 'static.enis[0].routes is Object, not a list'],
    [{ routes: [{ dst: 'default' }] }, 'static.enis[0].routes[0].dst "default" is no network'],
    [{ routes: [{ dst: '10.9.0.1/16' }] }, 'static.enis[0].routes[0].dst "10.9.0.1/16" has host bits set'],
    [{ routes: [{ dst: '10.9.0.0/16', gw: 'x' }] }, 'static.enis[0].routes[0].gw "x" is no IP address'],
  ])('in an ENI names the field and the value: %j', (entry, fault) => {
    const found = faultsOfEni(entry);
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(fault)).toBe(true);
  });

  it.each([
    [{ mtu: 1500.5 }, 'static.enis[0].mtu', '1500.5'],
    [{ mtu: 1279, ipv6: { address: 'fd00::1/64' } }, 'static.enis[0].mtu', '1279'],
    [{ routes: [{ dst: '10.9.0.0/16', gw: 'fd00::1' }] }, 'static.enis[0].routes[0]', 'fd00::1'],
  ])('of values that do not go together names a field and a value: %j', (entry, field, value) => {
    const [found, ...others] = faultsOfEni(entry);
    expect(others).toEqual([]);
    expect(found?.startsWith(field)).toBe(true);
    expect(found).toContain(value);
  });

  it.each([
    [[], 'the file is a list, not an object'],
    ['x', 'the file is "x", not an object'],
    [null, 'the file is null, not an object'],
    [{ provider: 'aws' }, 'provider "aws" is no provider; known: "static", "kubernetes"'],
    [{ network: 'a b' }, 'network "a b" is no network name'],
    [{ lockWait: 0 }, 'lockWait 0 is not between 1 and 600000 ms'],
    [{ lockWait: 600_001 }, 'lockWait 600001 is not between 1 and 600000 ms'],
    [{ static: [] }, 'static is a list, not an object'],
    [{ static: { enis: {} } }, 'static.enis is Object, not a list'],
    [{ static: { discover: [] } }, 'static.discover is a list, not an object'],
    [{ static: { discover: { name: 5 } } }, 'static.discover.name is 5, not a string'],
    [{ static: { discover: { driver: 5 } } }, 'static.discover.driver is 5, not a text or a list of texts'],
  ])('names the field and the value: %j', (json, fault) => {
    expect(faults(json)).toEqual([fault]);
  });

  it('is reported for each field that is wrong, not just the first', () => {
    expect(
      faults({ provider: 'x', static: { enis: [{ mac: 'y' }, ENI] } }).map((fault) => fault.split(' ')[0]),
    ).toEqual(['provider', 'static.enis[0].id', 'static.enis[0].mac']);
  });
});

describe('an unknown key', () => {
  it.each([
    [{ providr: 'static' }, 'providr is no known key; did you mean "provider"?'],
    [{ Network: 'x' }, 'Network is no known key; did you mean "network"?'],
    [{ lockwait: 5 }, 'lockwait is no known key; did you mean "lockWait"?'],
    [{ static: { eni: [] } }, 'static.eni is no known key; did you mean "enis"?'],
    [{ static: { discover: { drivers: [] } } }, 'static.discover.drivers is no known key; did you mean "driver"?'],
    [{ static: { enis: [{ ...ENI, macc: 1 }] } }, 'static.enis[0].macc is no known key; did you mean "mac"?'],
    [
      { static: { enis: [{ ...ENI, ipv4: { address: '10.0.0.1/8', gatway: 'x' } }] } },
      'static.enis[0].ipv4.gatway is no known key; did you mean "gateway"?',
    ],
    [
      { static: { enis: [{ ...ENI, routes: [{ dst: '::/0', gateway: 'x' }] }] } },
      'static.enis[0].routes[0].gateway is no known key; known here: dst, gw',
    ],
    [{ zzzzzzzz: 1 }, 'zzzzzzzz is no known key; known here: provider, network, lockWait, static, kubernetes, agent'],
  ])('gets a suggestion: %j', (json, fault) => {
    expect(faults(json)).toEqual([fault]);
  });

  it('is told what is known, also if it has a dot in it', () => {
    expect(faults({ 'a.zzzzzzzz': 1 })).toEqual([
      'a.zzzzzzzz is no known key; known here: provider, network, lockWait, static, kubernetes, agent',
    ]);
  });

  it('is refused even where every object has something of that name', () => {
    expect(faults(JSON.parse('{"toString":1}'))).toHaveLength(1);
  });
});

describe('two ENIs', () => {
  const other = { id: 'eni-b', mac: '02:e0:00:00:00:02' };
  const clash = (first: object, second: object): string[] =>
    faults({
      static: {
        enis: [
          { ...ENI, ...first },
          { ...other, ...second },
        ],
      },
    });

  it.each([
    [{}, { id: 'eni-a' }, 'static.enis[1].id "eni-a" is that of static.enis[0] already'],
    [{}, { mac: '02E000000001' }, 'static.enis[1].mac "02:e0:00:00:00:01" is that of static.enis[0] already'],
    [
      { pciAddress: '00:05.0' },
      { pciAddress: '0000:00:05.0' },
      'static.enis[1].pciAddress "0000:00:05.0" is that of static.enis[0] already',
    ],
    [{ ifname: 'eni1' }, { ifname: 'eni1' }, 'static.enis[1].ifname "eni1" is that of static.enis[0] already'],
    [
      { ipv4: { address: '10.0.0.10/24' } },
      { ipv4: { address: '10.0.0.10/16' } },
      'static.enis[1].ipv4.address "10.0.0.10" is that of static.enis[0] already',
    ],
    [
      { ipv6: { address: 'fd00::10/64' } },
      { ipv6: { address: 'FD00:0::10/64' } },
      'static.enis[1].ipv6.address "fd00::10" is that of static.enis[0] already',
    ],
  ])('must not have one thing in common: %j, %j', (first, second, fault) => {
    expect(clash(first, second)).toEqual([fault]);
  });

  it('may share gateway, MTU and routes', () => {
    const shared = { mtu: 1500, routes: [{ dst: '10.9.0.0/16' }] };
    expect(
      clash(
        { ...shared, ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' } },
        { ...shared, ipv4: { address: '10.0.0.11/24', gateway: '10.0.0.1' } },
      ),
    ).toEqual([]);
  });
});

describe('parseSettings', () => {
  const inventory = fc.record(
    {
      id: fc.oneof(fc.jsonValue(), fc.constant('eni-a')),
      mac: fc.oneof(fc.jsonValue(), fc.constant('02:e0:00:00:00:01')),
      mtu: fc.jsonValue(),
      ipv4: fc.oneof(
        fc.jsonValue(),
        fc.record({ address: fc.oneof(fc.string(), fc.constant('10.0.0.1/8')), gateway: fc.jsonValue() }),
      ),
      routes: fc.oneof(fc.jsonValue(), fc.array(fc.record({ dst: fc.jsonValue(), gw: fc.jsonValue() }))),
    },
    { requiredKeys: [] },
  );
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { provider: fc.jsonValue(), network: fc.jsonValue(), lockWait: fc.jsonValue(), static: fc.jsonValue() },
      { requiredKeys: [] },
    ),
    fc.record({
      static: fc.record(
        { enis: fc.array(inventory, { maxLength: 3 }), discover: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    }),
  );

  it('never throws, and every fault says where and what', () => {
    fc.assert(
      fc.property(json, (value) => {
        const result = parseSettings(value);
        if ('settings' in result) return;
        expect(result.faults.length).toBeGreaterThan(0);
        for (const { field, fault } of result.faults) {
          expect(field).not.toBe('');
          expect(fault).not.toMatch(/^$|undefined|\[object/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
