import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { list } from '../../fabric/answers.js';
import { type CniCall, callPlugin, errorOf, resultOf } from '../../fabric/cni.js';
import { expectUnchanged } from '../../fabric/expectations.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('the CNI plugin in the place of host-device', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2, settings: () => null });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const call = (network: Readonly<Record<string, unknown>>, more: CniCall = {}): CniCall => ({
    netns: pod.path,
    ...more,
    network: { cniVersion: '1.0.0', ...network },
  });
  const device = (index = 0): string => node.eni(index).ifname;

  it('takes the device that is named, without settings and without addresses', async () => {
    const result = await resultOf(node, 'ADD', call({ device: device(1) }));
    expect(result).toEqual({
      cniVersion: '1.0.0',
      interfaces: [{ name: 'eth0', mac: node.eni(1).mac, sandbox: pod.path }],
    });
    expect((await pod.link('eth0'))?.flags).toContain('UP');
    expect(await node.link(device(0))).toBeDefined();
  });

  it('takes it by its MAC, too, in either case', async () => {
    await resultOf(node, 'ADD', call({ hwaddr: node.eni(1).mac.toUpperCase() }));
    expect(await pod.link('eth0')).toMatchObject({ address: node.eni(1).mac });
  });

  it('gives it the addresses that the runtime asks for', async () => {
    const result = await resultOf(
      node,
      'ADD',
      call({ device: device(), runtimeConfig: { ips: ['192.0.2.7/24', '2001:db8::7'] } }),
    );
    expect(result.ips).toEqual([
      { address: '192.0.2.7/24', interface: 0 },
      { address: '2001:db8::7/128', interface: 0 },
    ]);
  });

  it('brings it home under its name, with its MTU and MAC, and a second DEL succeeds (plugins#995, sriov-cni#316)', async () => {
    const before = await node.kernelState();
    await resultOf(node, 'ADD', call({ device: device() }));
    await pod.ip('link set dev eth0 mtu 1300', 'link set dev eth0 down', 'link set dev eth0 address 02:00:00:00:00:09');
    for (const netns of [pod.path, '', '']) await resultOf(node, 'DEL', call({ device: device() }, { netns }));
    expect(await node.kernelState()).toEqual(before);
  });

  it('answers an ADD repeated the same, and CHECK', async () => {
    const result = await resultOf(node, 'ADD', call({ device: device() }));
    expect(await resultOf(node, 'ADD', call({ device: device() }))).toEqual(result);
    await resultOf(node, 'CHECK', call({ device: device(), prevResult: result }));
  });

  it('gives one device to one pod at a time', async () => {
    const other = await node.pod('web-1');
    await resultOf(node, 'ADD', call({ device: device() }));
    const second = call({ device: device() }, { netns: other.path, containerID: 'c2' });
    expect(await errorOf(node, 'ADD', second)).toMatchObject({ code: 104, msg: expect.stringContaining(device()) });
    await resultOf(node, 'DEL', call({ device: device() }));
    await resultOf(node, 'ADD', second);
  });

  it('shows in the list who has it, and gc reclaims it when the pod has gone (containerd#5438)', async () => {
    await resultOf(node, 'ADD', call({ device: device() }));
    expect(await list(node)).toMatchObject([
      { state: 'used', mac: node.eni(0).mac, attachment: { owner: 'default/web-0' } },
    ]);
    await node.simulateCardReturn(pod, 'eth0');
    expect(await node.enim(['gc', '--grace', '0s'])).toMatchObject({ code: 0 });
    expect(await node.link(device())).toBeDefined();
    expect(await list(node)).toEqual([]);
  });

  it('knows what the settings say of the device', async () => {
    const { id, mac, ipv4 } = node.eni(0);
    node.writeSettings(JSON.stringify({ static: { enis: [{ id, mac, ipv4 }] } }));
    const result = await resultOf(node, 'ADD', call({ device: device() }));
    expect(result.ips).toEqual([{ address: ipv4.address, gateway: ipv4.gateway, interface: 0 }]);
  });

  it.each([
    [{ device: 'nosuch0' }, 104, 'No device with the name nosuch0 is at home.'],
    [{ hwaddr: '02:00:00:00:00:fe' }, 104, 'No device with the MAC 02:00:00:00:00:fe is at home.'],
    [{ pciBusID: '0000:7f:1f.7' }, 104, 'No device with the address 0000:7f:1f.7 is at home.'],
    [{ runtimeConfig: { deviceID: '7f:1f.7' } }, 104, 'No device with the address 0000:7f:1f.7 is at home.'],
    [{ kernelpath: '/sys/devices/pci0000:7f/0000:7f:1f.7' }, 104, 'No device with the path'],
    [{ kernelpath: '/sys/devices/../../etc' }, 7, 'kernelpath'],
    [{ pciBusID: '../../../etc' }, 7, 'pciBusID'],
    [{ device: 'a/b' }, 7, 'device'],
  ])('refuses %j by code %i', async (network, code, says) => {
    const error = await expectUnchanged(node, () => errorOf(node, 'ADD', call(network)));
    expect([error.code, error.msg]).toEqual([code, expect.stringContaining(says)]);
  });

  it('does not take a device that the node uses, unless it is told to', async () => {
    await node.ip(`addr add 10.9.9.9/24 dev ${device()}`, `link set dev ${device()} up`);
    const error = await expectUnchanged(node, () => errorOf(node, 'ADD', call({ device: device() })));
    expect(error).toMatchObject({ code: 106, msg: expect.stringContaining('10.9.9.9/24') });
    const before = await node.kernelState();
    await resultOf(node, 'ADD', call({ device: device(), force: true }));
    await resultOf(node, 'DEL', call({ device: device() }));
    expect(await node.kernelState()).toEqual(before);
  });

  it('does not lose it when it is killed half way (sriov-cni#212)', async () => {
    for (const delay of [10, 20, 30, 40, 50]) {
      const running = node.start(['timeout', '-s', 'KILL', `0.0${delay}`, 'enim'], {
        env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1', CNI_NETNS: pod.path, CNI_IFNAME: 'eth0' },
        input: JSON.stringify({ cniVersion: '1.0.0', name: 'eninet', type: 'enim', device: device() }),
      });
      await running.result;
      expect(await callPlugin(node, 'DEL', call({ device: device() }))).toMatchObject({ code: 0 });
      expect(await node.link(device())).toMatchObject({ address: node.eni(0).mac });
    }
  });
});
