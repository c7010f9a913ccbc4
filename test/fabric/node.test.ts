import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { addressesOf } from './links.js';
import { createNode, type Node } from './node.js';
import { describeAsRoot } from './requirements.js';

describeAsRoot('the test bed', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode();
  });

  afterEach(() => node.destroy());

  it('makes a node whose ENIs have the MACs of its inventory', async () => {
    const links = await node.links();

    expect(links.map(({ ifname }) => ifname).sort()).toEqual(['eni0', 'eni1', 'eni2', 'lo']);
    for (const { ifname, mac } of node.enis) {
      expect(links.find((link) => link.ifname === ifname)?.address).toBe(mac);
    }
  });

  it('leads from a pod that has an ENI to the gateway, in both families', async () => {
    const pod = await node.pod('web');
    const { ifname, ipv4, ipv6 } = node.eni(0);
    await node.ip(`link set dev ${ifname} netns ${pod.netns} name eth0`);
    await pod.ip(
      `addr add ${ipv4.address} dev eth0`,
      `addr add ${ipv6.address} dev eth0 nodad`,
      'link set dev eth0 up',
    );

    for (const gateway of [ipv4.gateway, ipv6.gateway]) {
      expect((await pod.run('ping', '-c', '1', '-W', '5', gateway)).code).toBe(0);
    }
  });

  it('sees every change that a user would notice in the kernel state', async () => {
    const pod = await node.pod('web');
    const before = await node.kernelState();
    expect(await node.kernelState()).toEqual(before);

    const changes = [
      () => node.ip('link set dev eni0 mtu 1400'),
      () => node.ip('link set dev eni0 alias hello'),
      () => node.ip('link property add dev eni0 altname other0'),
      () => node.ip('link set dev eni0 txqueuelen 77'),
      () => node.ip('link set dev eni0 group 7'),
      () => node.ip('link set dev eni0 up'),
      () => node.ip('addr add 10.200.0.1/24 dev eni0'),
      () => node.ip('route add 10.201.0.0/24 via 10.200.0.9 dev eni0'),
      () => node.ip(`link set dev eni1 netns ${pod.netns} name eth0`),
    ];
    let last = before;
    for (const change of changes) {
      await change();
      const now = await node.kernelState();
      expect(now).not.toEqual(last);
      last = now;
    }
  });

  it('sees every change of settings and state, and none of locks', () => {
    const before = node.filesState();
    node.writeSettings({});
    const after = node.filesState();

    expect(Object.keys(before)).toEqual(['config', 'config/config.json']);
    expect(after).not.toEqual(before);
  });

  it('brings a card home as the kernel does when its pod dies', async () => {
    const pod = await node.pod('web');
    const { ifname, ipv4, mac } = node.eni(0);
    await node.ip(`link set dev ${ifname} alias hello`, `link set dev ${ifname} netns ${pod.netns} name eth0`);
    await pod.ip(`addr add ${ipv4.address} dev eth0`, 'link set dev eth0 up mtu 1300');

    expect(await node.simulateCardReturn(pod, 'eth0')).toBe('eth0');

    const link = await node.link('eth0');
    expect(link).toMatchObject({ address: mac, ifalias: 'hello', mtu: 1300 });
    expect(link?.flags).not.toContain('UP');
    expect(link && addressesOf(link)).toEqual([]);
    expect(existsSync(pod.path)).toBe(false);
  });

  it('gives a returning card another name where its own is taken', async () => {
    const [first, second] = [await node.pod('one'), await node.pod('two')];
    await node.ip(
      `link set dev eni0 netns ${first.netns} name eth0`,
      `link set dev eni1 netns ${second.netns} name eth0`,
    );

    expect(await node.simulateCardReturn(first, 'eth0')).toBe('eth0');
    expect(await node.simulateCardReturn(second, 'eth0')).toMatch(/^dev\d+$/);
  });

  it('keeps a pod’s netns while a process or a descriptor holds it', async () => {
    const pod = await node.pod('web');
    const inside = await pod.holdByProcess();
    const outside = await pod.holdByDescriptor();
    await node.ip(`link set dev eni0 netns ${pod.netns} name eth0`);
    await pod.unmount();

    const peer = async () => (await node.links(node.fabric)).some((link) => link.ifname === 'peer-eni0');
    expect(await peer()).toBe(true);
    await inside.release();
    expect(await peer()).toBe(true);
    await outside.release();
  });

  it('removes everything that it made', async () => {
    const pod = await node.pod('web');
    await pod.holdByProcess();
    await node.destroy();

    for (const path of [pod.path, `/run/netns/${node.netns}`, `/run/netns/${node.fabric}`, node.dir]) {
      expect(existsSync(path)).toBe(false);
    }
  });
});
