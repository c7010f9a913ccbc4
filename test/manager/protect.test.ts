import { describe, expect, it } from '@jest/globals';
import type { Programs } from '../../src/exec.js';
import type { NodeUse } from '../../src/link/driver.js';
import { createLinkDriver } from '../../src/link/driver.js';
import { judge } from '../../src/manager/candidates.js';
import { protections } from '../../src/manager/protect.js';
import type { Link, LinkRoute } from '../../src/model/link.js';
import { macOf, sampleAddress, sampleEni, sampleLink } from '../model/samples.js';

const NOTHING: NodeUse = { defaultRoutes: [], sshDevice: null, names: new Set(['eni1']), lowers: new Map() };

function defaultRoute(dev: string, table = 'main'): LinkRoute {
  return {
    dst: 'default',
    family: 4,
    gateway: '10.0.0.1',
    dev,
    table,
    metric: null,
    scope: null,
    prefsrc: null,
    protocol: null,
    weight: null,
  };
}

const reasons = (link: Partial<Link>, use: Partial<NodeUse> = {}, own: readonly string[] = []): string[] =>
  protections(sampleLink(link), { ...NOTHING, ...use }, own);

describe('a NIC that the node needs itself', () => {
  it('is none that is merely there, up or down', () => {
    expect([reasons({}), reasons({ up: true })]).toEqual([[], []]);
  });

  it('carries the default route', () => {
    expect(reasons({}, { defaultRoutes: [defaultRoute('eni1', '100'), defaultRoute('eni1')] })).toEqual([
      'it carries the default route',
    ]);
    expect(reasons({}, { defaultRoutes: [defaultRoute('eni1', '100')] })).toEqual([
      'it carries the default route of table 100',
    ]);
    expect(reasons({}, { defaultRoutes: [defaultRoute('eth0')] })).toEqual([]);
  });

  it('leads to the peer of the SSH session', () => {
    expect(reasons({}, { sshDevice: 'eni1' })).toEqual(['the SSH session that enim runs in goes through it']);
    expect(reasons({}, { sshDevice: 'eth0' })).toEqual([]);
  });

  it('belongs to a bond or bridge', () => {
    expect(reasons({ master: 'bond0' })).toEqual(['it is a member of bond0']);
  });

  it('has host addresses that are not the inventory’s (amazon-vpc-cni-k8s#725)', () => {
    const addresses = [
      sampleAddress('10.0.0.10/24'),
      sampleAddress('10.7.0.1/24'),
      sampleAddress('fd07::1/64'),
      sampleAddress('fe80::1/64', { scope: 'link' }),
    ];
    expect(reasons({ addresses }, {}, ['10.0.0.10/24'])).toEqual([
      'it has host addresses that are not the inventory’s: 10.7.0.1/24, fd07::1/64',
    ]);
    expect(reasons({ addresses: addresses.slice(0, 1) }, {}, ['10.0.0.10/24'])).toEqual([]);
  });

  it('could be mistaken for another one by `ip`, which takes a name before an index', () => {
    expect(reasons({ ifindex: 7 }, { names: new Set(['eni1', 'if7']) })).toHaveLength(1);
    expect(reasons({ ifindex: 7, name: 'if7' }, { names: new Set(['if7']) })).toEqual([]);
  });

  it('has all its reasons told', () => {
    expect(reasons({ master: 'br0' }, { defaultRoutes: [defaultRoute('eni1')], sshDevice: 'eni1' })).toHaveLength(3);
  });

  it.each(['vlan', 'macvlan', 'ipvlan'])('lies below a %s that carries the default route', async (kind) => {
    const lower = {
      ifindex: 2,
      ifname: 'eni1',
      flags: ['UP'],
      mtu: 1500,
      address: macOf(1),
      parentbus: 'pci',
      parentdev: '0000:00:05.0',
      addr_info: [],
    };
    const upper = {
      ...{
        ifindex: 3,
        link: 'eni1',
        ifname: 'upper',
        flags: ['UP'],
        mtu: 1500,
        address: macOf(1),
        linkinfo: { info_kind: kind },
      },
      addr_info: [{ family: 'inet', local: '192.0.2.2', prefixlen: 24, scope: 'global' }],
    };
    const route = { dst: 'default', gateway: '192.0.2.1', dev: 'upper' };
    const documents: Record<string, unknown> = { address: [lower, upper], route: [route] };
    const answerTo = (text: string): string => JSON.stringify(documents[text.split(' ')[0] ?? '']);
    const programs: Programs = {
      run: async () => ({ code: 0, stdout: '', stderr: '' }),
      converse: () => ({ ask: async (text) => ({ lines: [answerTo(text)], ended: null }), end: async () => {} }),
    };
    const home = await createLinkDriver(programs).lookHome();
    const provided = { eni: sampleEni(1), holder: null, since: null, releasedAt: null };
    expect(judge(provided, null, [], home)).toMatchObject({ fit: false, why: 'unsafe' });
  });
});
