import { describe, expect, it } from '@jest/globals';
import { check, type Expectation } from '../../src/manager/check.js';
import type { Device } from '../link/kernel.js';
import { macOf, sampleEndpoint } from '../model/samples.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

const KEY = { network: 'enim', containerID: 'c0', ifname: 'eth0' };
/** What the add of `eni-1` answered. */
const TOLD: Expectation = {
  ...{ netns: '/run/netns/web-0', mac: macOf(1), mtu: 1400, addresses: ['10.0.0.11/24', 'fd00::11/64'] },
  routes: [
    { dst: '0.0.0.0/0', gw: '10.0.0.1' },
    { dst: '::/0', gw: 'fd00::1' },
  ],
};

/** A node whose pod has an ENI; its NIC; and the differences that are found. */
async function attached() {
  const machine = nodeWith(2);
  const { inode } = machine.addPod('web-0');
  await addTo(machine);
  const eth0 = machine.kernel.in(inode).find(({ name }) => name === 'eth0') as Device;
  return { machine, inode, eth0, differences: (told: Partial<Expectation> = {}) => compare(machine, told) };
}

const compare = (machine: Machine, told: Partial<Expectation> = {}): Promise<readonly string[]> =>
  check(machine.parts(), KEY, { ...TOLD, ...told });

describe('check', () => {
  it('finds nothing where all is as the add answered, and changes nothing', async () => {
    const { machine, differences } = await attached();
    const before = machine.show();
    expect(await differences()).toEqual([]);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('does not ask for what was not told', async () => {
    const { eth0, differences } = await attached();
    Object.assign(eth0, { mtu: 1300, mac: macOf(9), addresses: [] });
    expect(await differences({ mac: null, mtu: null, addresses: [] })).toEqual([]);
  });

  it('does not mind what else is on the NIC', async () => {
    const { eth0, differences } = await attached();
    eth0.addresses.push({ address: '10.7.0.1/24', scope: 'global' });
    eth0.routes.push({ dst: '10.8.0.0/16', family: 4 });
    expect(await differences()).toEqual([]);
  });

  it.each<[string, (eth0: Device) => void, string[]]>([
    ['down', (eth0) => Object.assign(eth0, { up: false }), ['eth0 is down']],
    ['of another MTU', (eth0) => Object.assign(eth0, { mtu: 1500 }), ['the MTU of eth0 is 1500, not 1400']],
    [
      'of another MAC',
      (eth0) => Object.assign(eth0, { mac: macOf(9) }),
      [`the MAC of eth0 is ${macOf(9)}, not ${macOf(1)}`],
    ],
    ['renamed', (eth0) => Object.assign(eth0, { name: 'eth7' }), ['the NIC is named eth7, not eth0']],
    ['without an address', (eth0) => eth0.addresses.shift(), ['10.0.0.11/24 is not on eth0']],
    [
      'of another prefix length',
      (eth0) => Object.assign(eth0.addresses[0] ?? {}, { address: '10.0.0.11/16' }),
      ['10.0.0.11/24 is not on eth0'],
    ],
    ['without a route', (eth0) => eth0.routes.shift(), ['there is no route to 0.0.0.0/0 via 10.0.0.1 through eth0']],
    [
      'with another gateway',
      (eth0) => Object.assign(eth0.routes[1] ?? {}, { gateway: 'fd00::2' }),
      ['there is no route to ::/0 via fd00::1 through eth0'],
    ],
  ])('names what differs in a NIC that is %s', async (_, change, expected) => {
    const { eth0, differences } = await attached();
    change(eth0);
    const found = await differences();
    // A NIC that is down has no routes that count.
    expect(found.filter((each) => eth0.up || !each.includes('route'))).toEqual(expected);
  });

  it('names everything that differs at once', async () => {
    const { eth0, differences } = await attached();
    Object.assign(eth0, { up: false, mtu: 9_000, mac: macOf(9), name: 'x', addresses: [], routes: [] });
    expect(await differences()).toHaveLength(8);
  });

  it('takes a host route, which `ip` writes without its prefix length, for what it is', async () => {
    const { machine, eth0, differences } = await attached();
    const routes = [{ dst: '10.9.0.1/32' }, { dst: 'fd09::1/128', gw: 'fd00::1' }];
    for (const attachment of machine.attachments.values()) Object.assign(attachment.setup, { routes });
    eth0.routes.push({ dst: '10.9.0.1', family: 4 }, { dst: 'fd09::1', family: 6, gateway: 'fd00::1' });
    expect(await differences({ routes })).toEqual([]);
  });

  it('leaves routes alone that a plugin behind us has added', async () => {
    const { differences } = await attached();
    expect(await differences({ routes: [...TOLD.routes, { dst: '10.99.0.0/16', gw: '10.0.0.1' }] })).toEqual([]);
  });

  it('says that nothing is recorded', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    expect(await compare(machine)).toEqual(['nothing is recorded of eth0 of container c0']);
  });

  it.each(['attaching', 'releasing'] as const)('says that the record is in phase %s', async (phase) => {
    const { machine, differences } = await attached();
    for (const attachment of machine.attachments.values()) Object.assign(attachment, { phase });
    expect(await differences()).toEqual([`its record is in phase "${phase}"`]);
  });

  it('says that the provider has the ENI for free, or for another', async () => {
    const { machine, differences } = await attached();
    await machine.parts().provider.release({ ...sampleEndpoint(), ...KEY });
    expect(await differences()).toEqual(['the provider has ENI eni-1 for free']);
    await machine.parts().provider.allocate(sampleEndpoint({ owner: 'default/db-0' }), ['eni-1']);
    expect(await differences()).toEqual(['the provider has ENI eni-1 for default/db-0']);
  });

  it('says so where the provider does not know the ENI any more', async () => {
    const { machine, differences } = await attached();
    machine.inventory.shift();
    machine.allocations = {};
    expect(await differences()).toEqual(['the provider has ENI eni-1 for free']);
  });

  it('says that the netns is gone, or another one', async () => {
    const { machine, inode, differences } = await attached();
    expect(await differences({ netns: '/run/netns/none' })).toEqual(['the netns /run/netns/none is gone']);
    machine.addPod('web-1');
    expect(await differences({ netns: 'web-1' })).toEqual([
      'the netns web-1 is not the one that was recorded',
      `the NIC of ENI eni-1 (MAC ${macOf(1)}) is not in /run/netns/web-1`,
    ]);
    machine.killPod({ inode });
    expect(await differences()).toEqual(['the netns /run/netns/web-0 is gone']);
  });

  it('takes another path to the same netns for the same', async () => {
    const { machine, inode, differences } = await attached();
    machine.kernel.paths.set('/proc/4000/ns/net', inode);
    expect(await differences({ netns: '/proc/4000/ns/net' })).toEqual([]);
  });

  it('says that the NIC has left the netns', async () => {
    const { machine, inode, differences } = await attached();
    machine.kernel.in(1).push(...machine.kernel.in(inode).splice(1));
    expect(await differences()).toEqual([`the NIC of ENI eni-1 (MAC ${macOf(1)}) is not in /run/netns/web-0`]);
  });
});
