import { describe, expect, it } from '@jest/globals';
import { add } from '../../src/cni/add.js';
import { parseResult } from '../../src/cni/result.js';
import { EnimError } from '../../src/model/errors.js';
import { macOf, sampleEni } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { CniNode } from './node.js';
import { useSignalsAsBefore } from './signals.js';

useSignalsAsBefore();
const OWN = {
  cniVersion: '1.1.0',
  interfaces: [{ name: 'eth0', mac: macOf(1), mtu: 1400, sandbox: '/run/netns/web-0', pciID: '0000:00:11.0' }],
  ips: [
    { address: '10.0.0.11/24', gateway: '10.0.0.1', interface: 0 },
    { address: 'fd00::11/64', gateway: 'fd00::1', interface: 0 },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.0.0.1' },
    { dst: '::/0', gw: 'fd00::1' },
  ],
};

describe('ADD', () => {
  it('answers what the container then has, and records whose it is', async () => {
    const node = new CniNode();
    expect(await add(node.task('ADD'))).toEqual(OWN);
    expect([...node.machine.attachments.values()]).toMatchObject([
      { network: 'enis', containerID: '3f9c', ifname: 'eth0', owner: 'default/web-0', uid: '77a1', role: 'main' },
    ]);
  });

  it('repeated answers the same', async () => {
    const node = new CniNode();
    const first = await add(node.task('ADD'));
    const before = node.machine.show();
    expect(await add(node.task('ADD'))).toEqual(first);
    expect(node.machine.show()).toBe(before);
  });

  it.each(['0.3.1', '0.4.0', '1.0.0', '1.1.0'])(
    'has a MAC for the interface in the sandbox in version %s',
    async (cniVersion) => {
      const result = await add(new CniNode().task('ADD', { cniVersion }));
      expect(parseResult(result).interfaces[0]).toMatchObject({ mac: macOf(1), sandbox: '/run/netns/web-0' });
    },
  );

  it('comes behind the plugins before it', async () => {
    const prevResult = {
      ...{ interfaces: [{ name: 'lo' }, { name: 'net1' }], ips: [{ address: '10.9.0.1/16', interface: 1 }] },
      ...{ routes: [], dns: { domain: 'before' } },
    };
    expect(await add(new CniNode().task('ADD', { prevResult }))).toEqual({
      ...OWN,
      interfaces: [...prevResult.interfaces, ...OWN.interfaces],
      ips: [...prevResult.ips, ...OWN.ips.map((ip) => ({ ...ip, interface: 2 }))],
      dns: { domain: 'before' },
    });
  });

  it('names the PCI device that a virtio card sits on', async () => {
    const node = new CniNode();
    node.makeVirtio('0000:00:09.0');
    expect(await add(node.task('ADD'))).toEqual({
      ...OWN,
      interfaces: [{ ...OWN.interfaces[0], pciID: '0000:00:09.0' }],
    });
  });

  it('sets what the configuration and the pod ask for: MTU, MAC, DNS', async () => {
    const node = new CniNode();
    const asked = { mtu: 1300, runtimeConfig: { mac: macOf(0x77) }, dns: { nameservers: ['10.0.0.2'] } };
    expect(await add(node.task('ADD', asked))).toMatchObject({
      ...{ interfaces: [{ mac: macOf(0x77), mtu: 1300 }], dns: asked.dns },
    });
  });

  it('sets MTU and MAC also where an IPAM plugin gives the addresses', async () => {
    const asked = { mtu: 1300, runtimeConfig: { mac: macOf(0x77) }, ipam: { type: 'host-local' } };
    expect(await add(new CniNode().task('ADD', asked))).toMatchObject({
      ...{ interfaces: [{ mac: macOf(0x77), mtu: 1300 }], ips: [{ address: '10.5.0.7/16' }] },
    });
  });

  it('gives the ENI that has the addresses that the pod asks for', async () => {
    const task = new CniNode().task('ADD', { runtimeConfig: { ips: ['10.0.0.12/24'] } });
    expect(await add(task)).toMatchObject({ interfaces: [{ mac: macOf(2) }] });
  });

  it('gives a device that is in no inventory the addresses that the pod asks for', async () => {
    const node = new CniNode();
    node.machine.inventory.splice(1, 1, sampleEni(2));
    const asked = { device: 'ens2', runtimeConfig: { ips: ['10.8.0.4', 'fd08::4', '10.8.0.5/24'] } };
    expect(parseResult(await add(node.task('ADD', asked))).ips.map(({ address }) => address)).toEqual([
      ...['10.8.0.4/32', 'fd08::4/128', '10.8.0.5/24'],
    ]);
  });

  it('does not change the addresses of a device that has its own', async () => {
    const asked = { device: 'ens2', runtimeConfig: { ips: ['10.8.0.4'] } };
    const ips = parseResult(await add(new CniNode().task('ADD', asked))).ips.map(({ address }) => address);
    expect(ips).toEqual(['10.0.0.12/24', 'fd00::12/64']);
  });
});

describe('ADD with an IPAM plugin', () => {
  const network = { ipam: { type: 'host-local', ranges: [] } };

  it('sets the NIC up as the plugin says, through its gateways where a route names none', async () => {
    const node = new CniNode();
    node.onDelegation = () => ({
      cniVersion: '1.1.0',
      ips: [{ address: '10.5.0.7/16', gateway: '10.5.0.1' }, { address: 'fd05::7/64' }],
      routes: [{ dst: '0.0.0.0/0' }, { dst: 'fd06::/64' }, { dst: '10.6.0.0/16', gw: '10.5.0.9' }],
      dns: { nameservers: ['10.5.0.2'] },
    });
    expect(await add(node.task('ADD', network))).toEqual({
      ...{ cniVersion: '1.1.0', interfaces: OWN.interfaces, dns: { nameservers: ['10.5.0.2'] } },
      ips: [
        { address: '10.5.0.7/16', gateway: '10.5.0.1', interface: 0 },
        { address: 'fd05::7/64', interface: 0 },
      ],
      routes: [{ dst: '0.0.0.0/0', gw: '10.5.0.1' }, { dst: 'fd06::/64' }, { dst: '10.6.0.0/16', gw: '10.5.0.9' }],
    });
    expect(node.delegations).toMatchObject([
      { command: 'ADD', type: 'host-local', path: ['/nowhere/enim-test'], network, env: { CNI_CONTAINERID: '3f9c' } },
    ]);
  });

  it('repeated does not ask it again', async () => {
    const node = new CniNode();
    const first = await add(node.task('ADD', network));
    expect(await add(node.task('ADD', network))).toEqual(first);
    expect(node.delegations).toHaveLength(1);
  });

  it.each<[string, () => unknown, string]>([
    ['fails', () => Promise.reject(new EnimError('BUSY', 'later')), 'BUSY'],
    ['gives no address', () => ({ ips: [] }), 'DELEGATE_FAILED'],
    ['answers nothing', () => undefined, 'UNDECODABLE'],
    ['answers nonsense', () => ({ ips: [{ address: 'x' }] }), 'UNDECODABLE'],
    [
      'gives a route that the kernel refuses',
      () => ({ ips: [{ address: '10.5.0.7/16' }], routes: [{ dst: '10.6.0.0/16', gw: '10.9.9.9' }] }),
      'LINK_FAILED',
    ],
  ])('that %s leaves nothing changed, and takes back what the plugin may have reserved', async (_, answer, code) => {
    const node = new CniNode();
    const before = node.machine.show();
    node.onDelegation = ({ command }) => (command === 'ADD' ? answer() : undefined);
    expect((await enimErrorOf(() => add(node.task('ADD', network)))).code).toBe(code);
    expect([node.machine.show(), node.machine.locks.names]).toEqual([before, []]);
    expect(node.delegations.map(({ command }) => command)).toEqual(['ADD', 'DEL']);
  });

  it('does not ask it where no ENI is free', async () => {
    const node = new CniNode(0);
    expect((await enimErrorOf(() => add(node.task('ADD', network)))).code).toBe('NO_FREE_ENI');
    expect(node.delegations).toEqual([]);
  });
});
