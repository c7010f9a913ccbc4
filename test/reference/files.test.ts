import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseNetwork } from '../../src/cni/network.js';
import { parseSettings } from '../../src/config/schema.js';
import { expectFits, faultsOf } from './schemas.js';

const eni = { id: 'eni-a', mac: '02:00:5e:10:00:01', ipv4: { address: '10.0.0.11/24', gateway: '10.0.0.1' } };

/** Values of which some are good where they stand, and some are not. */
const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 'static', 'kubernetes', 'enim', '/x', 'a b', '10.0.0.1', [], {}, ['ena']),
  fc.integer({ min: -1, max: 700_000 }),
  fc.double({ noNaN: true }),
);

const entry = fc.record(
  {
    id: value,
    mac: fc.constant(eni.mac),
    mtu: value,
    ifname: value,
    ipv4: fc.constant(eni.ipv4),
    routes: value,
    x: value,
  },
  { requiredKeys: [] },
);

const settings = fc.record(
  {
    provider: value,
    network: value,
    lockWait: value,
    static: fc.oneof(
      value,
      fc.record({ enis: fc.array(entry, { maxLength: 2 }), discover: value }, { requiredKeys: [] }),
    ),
    kubernetes: fc.record({ kubeconfig: value, nodeName: value, timeout: value }, { requiredKeys: [] }),
    agent: fc.record({ gcEvery: value, syncEvery: value }, { requiredKeys: [] }),
    other: value,
  },
  { requiredKeys: [] },
);

describe('the schema of the settings', () => {
  it('takes whatever enim takes', () => {
    fc.assert(
      fc.property(settings, (document) => {
        if ('settings' in parseSettings(document)) expect(faultsOf('settings-file', document)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['an unknown key', { colour: 'red' }],
    ['another provider', { provider: 'cloud' }],
    ['a network name with a space', { network: 'a b' }],
    ['a wait of nothing', { lockWait: 0 }],
    ['a wait that is a text', { lockWait: '10s' }],
    ['an ENI without MAC', { static: { enis: [{ id: 'eni-a' }] } }],
    ['an ID with a slash', { static: { enis: [{ ...eni, id: 'a/b' }] } }],
    ['an MTU below what IPv4 needs', { static: { enis: [{ ...eni, mtu: 67 }] } }],
    ['a rule with an unknown key', { static: { discover: { drivers: 'ena' } } }],
    ['a relative kubeconfig', { kubernetes: { kubeconfig: 'config' } }],
    ['a timeout below its least', { kubernetes: { timeout: 99 } }],
    ['an interval below its least', { agent: { gcEvery: 99 } }],
  ])('refuses %s, as enim does', (_, document) => {
    expect(faultsOf('settings-file', document)).not.toEqual([]);
    expect(parseSettings(document)).toHaveProperty('faults');
  });

  it('takes settings with everything said', () => {
    const document = {
      provider: 'static',
      network: 'enim',
      lockWait: 10_000,
      static: {
        enis: [
          {
            ...{ ...eni, pciAddress: '0000:00:05.0', ifname: 'eni1', mtu: 1450 },
            ipv6: { address: 'fd00::11/64', gateway: 'fd00::1' },
            routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }, { dst: '::/0' }],
          },
        ],
        discover: { driver: 'ena', name: 'ens*', exclude: ['ens5'] },
      },
      kubernetes: { kubeconfig: '/etc/enim/kubeconfig', nodeName: 'node-1', timeout: 5_000 },
      agent: { gcEvery: 0, syncEvery: 60_000 },
    };
    expect(parseSettings(document)).toHaveProperty('settings');
    expectFits('settings-file', document);
  });
});

const plugin = {
  type: 'enim',
  config: '/etc/enim/config.json',
  stateDir: null,
  runDir: '',
  lockWait: 5_000,
  logFile: '/var/log/enim.log',
  logLevel: 'debug',
  mtu: 1450,
  force: false,
  hwaddr: '02:00:5e:10:00:01',
  ipam: { type: 'static', addresses: [] },
  dns: { nameservers: ['10.0.0.2'] },
  capabilities: { mac: true },
};

describe('the schemas of network configurations', () => {
  it('take what the plugin takes', () => {
    const called = {
      ...plugin,
      cniVersion: '1.1.0',
      name: 'eninet',
      runtimeConfig: { mac: '02:00:5e:10:00:09', ips: [] },
    };
    expect(() => parseNetwork(JSON.stringify(called), 'ADD')).not.toThrow();
    expectFits('network-configuration', called);
  });

  it('take a list with other plugins in it', () => {
    expectFits('conflist', { cniVersion: '1.0.0', name: 'eninet', plugins: [plugin, { type: 'tuning', mtu: 'any' }] });
    expectFits('conflist', { cniVersion: '1.0.0', name: 'eninet', plugins: [{ type: 'enim' }] });
  });

  it.each([
    ['a path that is a number', { config: 7 }],
    ['an MTU that is a text', { mtu: '1500' }],
    ['an unknown level', { logLevel: 'trace' }],
    ['a wait of nothing', { lockWait: 0 }],
  ])('refuse %s, as the plugin does', (_, fault) => {
    const called = { ...plugin, ...fault, cniVersion: '1.1.0', name: 'eninet' };
    expect(() => parseNetwork(JSON.stringify(called), 'ADD')).toThrow();
    expect(faultsOf('network-configuration', called)).not.toEqual([]);
    const list = { cniVersion: '1.1.0', name: 'eninet', plugins: [{ ...plugin, ...fault }] };
    expect(faultsOf('conflist', list)).not.toEqual([]);
  });
});
