import { describe, expect, it } from '@jest/globals';
import type { Step } from '../../../src/link/arrange.js';
import { type NodeView, planSync } from '../../../src/manager/sync/plan.js';
import type { SyncEni } from '../../../src/model/sync.js';
import { sampleAddress } from '../../model/samples.js';
import { nicOf, sampleNode, sampleRoute, sampleRule, sampleSyncAddress, sampleSyncEni, stepsOf } from './samples.js';

const asLine = (step: Step): string => ('ip' in step ? step.ip.join(' ') : `${step.sysctl}=${step.value}`);
const steps = (enis: readonly SyncEni[], node: NodeView): string[] => stepsOf(planSync(enis, node)).map(asLine);
const names = (enis: readonly SyncEni[], node: NodeView): string[] =>
  planSync(enis, node).enis.map(({ id, name }) => `${id} ${name}`);
const fault = (id: string, reason: string) => ({ id, reason, isFault: true });
const rules = (enis: readonly SyncEni[], node: NodeView): string[] =>
  steps(enis, node).filter((line) => line.includes('rule '));

describe('an ENI whose addresses are for pods', () => {
  it('gets a name, sysctls, its address, a table and rules, in an order that works', () => {
    expect(steps([sampleSyncEni(1)], sampleNode([nicOf(1, { up: true, altnames: ['cce-eni-0'] })]))).toEqual([
      '/proc/sys/net/ipv4/conf/all/rp_filter=0',
      'link property del dev if2 altname cce-eni-0',
      'link set dev if2 down',
      'link set dev if2 name cce-eni-0',
      '/proc/sys/net/ipv4/conf/cce-eni-0/rp_filter=0',
      'address replace 10.0.1.10/24 dev cce-eni-0',
      'link set dev cce-eni-0 up',
      'route replace 10.0.1.1/32 dev cce-eni-0 table 127 scope link',
      'route replace 0.0.0.0/0 via 10.0.1.1 dev cce-eni-0 table 127',
      'rule add to 10.0.1.10 lookup main priority 639',
      'rule add from 10.0.1.10 lookup 127 priority 1152',
    ]);
  });

  it('gets the same for IPv6, without what the cloud makes needless', () => {
    const eni = sampleSyncEni(1, { addresses: [sampleSyncAddress('fd00::10/64')], gateways: ['fd00::1'], index: 3 });
    expect(steps([eni], sampleNode([nicOf(1, { name: 'cce-eni-3' })]))).toEqual([
      '/proc/sys/net/ipv4/conf/all/rp_filter=0',
      '/proc/sys/net/ipv4/conf/cce-eni-3/rp_filter=0',
      '/proc/sys/net/ipv6/conf/cce-eni-3/accept_dad=0',
      '/proc/sys/net/ipv6/conf/cce-eni-3/dad_transmits=0',
      '/proc/sys/net/ipv6/conf/cce-eni-3/autoconf=0',
      '/proc/sys/net/ipv6/conf/cce-eni-3/keep_addr_on_down=1',
      'address replace fd00::10/64 dev cce-eni-3',
      'link set dev cce-eni-3 up',
      'route replace fd00::1/128 dev cce-eni-3 table 130 scope link',
      'route replace ::/0 via fd00::1 dev cce-eni-3 table 130',
      '-6 rule add to fd00::10 lookup main priority 642',
      '-6 rule add from fd00::10 lookup 130 priority 1155',
    ]);
  });

  it('has the reverse path filter off also where the node leads to everywhere', () => {
    const eth0 = nicOf(0, { name: 'eth0' });
    const node = sampleNode([eth0, nicOf(1)]);
    const leading = { ...node, use: { ...node.use, defaultRoutes: [sampleRoute()] } };
    expect(steps([sampleSyncEni(1)], leading)).toContain('/proc/sys/net/ipv4/conf/eth0/rp_filter=0');
  });

  it('gets rules for each address and its public one, but only the primary one on its NIC', () => {
    const addresses = [
      sampleSyncAddress('10.0.1.10/24', { publicIP: '192.0.2.7' }),
      sampleSyncAddress('10.0.1.11/24', { isPrimary: false }),
    ];
    const lines = steps([sampleSyncEni(1, { addresses })], sampleNode([nicOf(1)]));
    expect(lines.filter((line) => line.startsWith('address'))).toEqual(['address replace 10.0.1.10/24 dev cce-eni-0']);
    expect(lines.filter((line) => line.startsWith('rule add from'))).toEqual(
      ['10.0.1.10', '192.0.2.7', '10.0.1.11'].map((host) => `rule add from ${host} lookup 127 priority 1152`),
    );
  });

  it('gets no rules where none are wanted, and loses those that it had', () => {
    const eni = sampleSyncEni(1, { installSourceBasedRouting: false });
    const had = sampleNode([nicOf(1)], { rules: [sampleRule({ from: '10.0.1.10' })] });
    expect(rules([eni], had)).toEqual(['rule del from 10.0.1.10 lookup 127 priority 1152']);
  });

  it('gets only what is missing', () => {
    const nic = nicOf(1, { name: 'cce-eni-0', up: true, addresses: [sampleAddress('10.0.1.10/24')] });
    const node = sampleNode([nic], {
      sysctls: new Map(['all', 'cce-eni-0'].map((dev) => [`/proc/sys/net/ipv4/conf/${dev}/rp_filter`, '0'])),
      routes: [sampleRoute({ dst: '10.0.1.1', gateway: null, dev: 'cce-eni-0', table: '127' })],
      rules: [sampleRule({ from: '10.0.1.10' })],
    });
    expect(steps([sampleSyncEni(1)], node)).toEqual([
      'route replace 0.0.0.0/0 via 10.0.1.1 dev cce-eni-0 table 127',
      'rule add to 10.0.1.10 lookup main priority 639',
    ]);
  });
});

describe('rules', () => {
  const node = (...seen: Parameters<typeof sampleRule>[0][]): NodeView =>
    sampleNode([nicOf(1, { name: 'cce-eni-0' })], { rules: seen.map(sampleRule) });

  it('of addresses that are gone go, also those of tables that no ENI has any more', () => {
    const seen = node(
      { from: '10.0.1.99' },
      { priority: 639, to: '10.0.1.99', table: 'main' },
      { priority: 1157, from: '10.0.9.9', table: '132' },
      { family: 6, from: 'fd00::99' },
    );
    expect(rules([sampleSyncEni(1)], seen).filter((line) => line.includes(' del '))).toEqual([
      'rule del from 10.0.1.99 lookup 127 priority 1152',
      'rule del to 10.0.1.99 lookup main priority 639',
      'rule del from 10.0.9.9 lookup 132 priority 1157',
      '-6 rule del from fd00::99 lookup 127 priority 1152',
    ]);
  });

  it.each([
    ['asks for more', { from: '10.0.1.99', isSpecial: true }],
    ['is for a network', { from: '10.0.0.0/16' }],
    ['has another priority', { from: '10.0.1.99', priority: 1151 }],
    ['leads to a table of nobody here', { from: '10.0.1.99', table: '126', priority: 1151 }],
    ['leads to a table of the node', { from: '10.0.1.99', table: '254', priority: 1279 }],
    ['is for source and destination', { from: '10.0.1.99', to: '10.0.1.98' }],
    ['leads elsewhere', { to: '10.0.1.99', priority: 639, table: '128' }],
    ['has a priority below those of ENIs', { to: '10.0.1.99', priority: 512, table: 'main' }],
    ['looks into no table', { from: '10.0.1.99', table: null }],
  ])('are not ours if one %s', (_, rule) => {
    expect(rules([sampleSyncEni(1)], node(rule)).filter((line) => line.includes(' del '))).toEqual([]);
  });

  it('stay for an ENI that is left alone', () => {
    const away = sampleSyncEni(2, { index: 7 });
    const seen = node({ priority: 1159, from: '10.0.2.10', table: '134' });
    expect(rules([sampleSyncEni(1), away], seen).filter((line) => line.includes(' del '))).toEqual([]);
  });
});

describe('a number', () => {
  it('that is given counts; else the one that the NIC is named by; else the lowest free one', () => {
    const enis = [sampleSyncEni(1), sampleSyncEni(2, { index: 0 }), sampleSyncEni(3), sampleSyncEni(4)];
    const node = sampleNode([nicOf(1), nicOf(2), nicOf(3, { name: 'cce-eni-2' }), nicOf(4)]);
    expect(names(enis, node)).toEqual(['eni-1 cce-eni-1', 'eni-2 cce-eni-0', 'eni-3 cce-eni-2', 'eni-4 cce-eni-3']);
  });

  it('is not taken twice, also not from an ENI that is elsewhere, or from a link that is no ENI', () => {
    const enis = [sampleSyncEni(1), sampleSyncEni(2, { index: 0, mode: 'Primary' }), sampleSyncEni(3, { index: 0 })];
    const plan = planSync(enis, sampleNode([nicOf(1), nicOf(3), nicOf(9, { name: 'mine', altnames: ['cce-eni-1'] })]));
    expect(plan.enis).toMatchObject([{ id: 'eni-1', index: 2, name: 'cce-eni-2', ifindex: 2 }]);
    expect(plan.left).toEqual([
      fault('eni-2', 'no device with its MAC 02:e0:00:00:00:02 is at home'),
      fault('eni-3', 'its number 0 is also that of eni-2'),
    ]);
  });

  it('that two have stays with the one whose NIC is named by it', () => {
    const enis = [sampleSyncEni(1, { index: 0 }), sampleSyncEni(2, { index: 0 })];
    const plan = planSync(enis, sampleNode([nicOf(1), nicOf(2, { name: 'cce-eni-0' })]));
    expect(plan.enis).toMatchObject([{ id: 'eni-2', index: 0, name: 'cce-eni-0' }]);
    expect(plan.left).toEqual([fault('eni-1', 'its number 0 is also that of eni-2')]);
  });

  it('whose table is the node’s own is passed over, and refused where it is given', () => {
    const offset = { routeTableOffset: 253 };
    expect(names([sampleSyncEni(1, offset)], sampleNode([nicOf(1)]))).toEqual(['eni-1 cce-eni-3']);
    const given = planSync([sampleSyncEni(1, { ...offset, index: 1 })], sampleNode([nicOf(1)]));
    expect([stepsOf(given), given.left]).toEqual([[], [fault('eni-1', 'its table 254 is none for an ENI')]]);
  });

  it('is refused above 252, and where its table is another’s', () => {
    const enis = [
      sampleSyncEni(1, { index: 253 }),
      sampleSyncEni(2, { index: 1 }),
      sampleSyncEni(3, { index: 0, routeTableOffset: 128 }),
      sampleSyncEni(4, { index: 2, routeTableOffset: 126 }),
    ];
    expect(planSync(enis, sampleNode([nicOf(1), nicOf(2), nicOf(3), nicOf(4)])).left).toEqual([
      fault('eni-1', 'its number 253 is above 252'),
      fault('eni-3', 'its table 128 is also that of another ENI'),
      fault('eni-4', 'its table 128 is also that of another ENI'),
    ]);
  });

  it('is a name that another NIC gives up first', () => {
    const enis = [sampleSyncEni(1, { index: 1 }), sampleSyncEni(2, { index: 0 })];
    const node = sampleNode([nicOf(1), nicOf(2, { name: 'cce-eni-1' })]);
    const renamed = steps(enis, node).filter((line) => line.includes(' name '));
    expect(renamed).toEqual(['link set dev if3 name cce-eni-0', 'link set dev if2 name cce-eni-1']);
  });

  it('whose name stays another link’s leaves the ENI as it is', () => {
    const crossed = [sampleSyncEni(1, { index: 1 }), sampleSyncEni(2, { index: 0 })];
    const node = sampleNode([nicOf(1, { name: 'cce-eni-0' }), nicOf(2, { name: 'cce-eni-1' })]);
    const plan = planSync(crossed, node);
    expect(stepsOf(plan)).toEqual([]);
    expect(plan.left.map(({ reason }) => reason)).toEqual([
      'another link is named cce-eni-1',
      'another link is named cce-eni-0',
    ]);
  });
});

describe('nothing is done', () => {
  it('to the main NIC of the node', () => {
    const plan = planSync([sampleSyncEni(1, { mode: 'PrimaryWithSecondaryIP' })], sampleNode([nicOf(1)]));
    const left = [{ id: 'eni-1', reason: 'it is the main NIC of the node', isFault: false }];
    expect(plan).toEqual({ node: [], enis: [], stale: [], left });
  });

  it('to a NIC that is not at home, and where several have its MAC', () => {
    expect(planSync([sampleSyncEni(1)], sampleNode([])).left[0]?.reason).toBe(
      'no device with its MAC 02:e0:00:00:00:01 is at home',
    );
    const twice = sampleNode([nicOf(1), nicOf(1, { ifindex: 9, name: 'eth9' })]);
    expect(planSync([sampleSyncEni(1)], twice)).toMatchObject({ node: [], enis: [], left: [{ id: 'eni-1' }] });
  });

  it('for what is excluded, nor, with a fault, for what is wrong by itself', () => {
    const enis = [sampleSyncEni(1, { excluded: 'a pod has it' }), sampleSyncEni(2, { fault: 'its MAC is ""' })];
    const plan = planSync(enis, sampleNode([nicOf(1), nicOf(2)]));
    expect(stepsOf(plan)).toEqual([]);
    expect(plan.left).toEqual([
      { id: 'eni-1', reason: 'a pod has it', isFault: false },
      fault('eni-2', 'its MAC is ""'),
    ]);
  });

  it('to a NIC that still carries a label, for whoever brings it home gives it its name', () => {
    const plan = planSync([sampleSyncEni(1)], sampleNode([nicOf(1, { alias: 'enim:eni=eni-1;home=ens1' })]));
    expect(plan).toMatchObject({ enis: [], left: [{ id: 'eni-1', isFault: false }] });
    expect(plan.left[0]?.reason).toContain('still carries a label');
  });

  it('to a NIC that the node itself needs', () => {
    const node = sampleNode([nicOf(1)]);
    const needed = { ...node, use: { ...node.use, defaultRoutes: [sampleRoute({ dev: 'eth1' })] } };
    expect(planSync([sampleSyncEni(1)], needed)).toMatchObject({
      enis: [],
      left: [fault('eni-1', 'it carries the default route')],
    });
    const own = sampleNode([nicOf(1, { addresses: [sampleAddress('10.9.0.1/24')] })]);
    expect(stepsOf(planSync([sampleSyncEni(1)], own))).toEqual([]);
  });

  it('but naming to one that a pod gets as a whole; it stays up', () => {
    const eni = sampleSyncEni(1, { mode: 'Primary' });
    const naming = ['link set dev if2 down', 'link set dev if2 name cce-eni-0', 'link set dev cce-eni-0 up'];
    expect(steps([eni], sampleNode([nicOf(1, { up: true })]))).toEqual(naming);
    expect(steps([eni], sampleNode([nicOf(1)]))).toEqual(naming.slice(1, 2));
    expect(steps([eni], sampleNode([nicOf(1, { name: 'cce-eni-0' })]))).toEqual([]);
  });
});
