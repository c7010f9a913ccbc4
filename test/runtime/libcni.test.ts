/** enim through libcni, the library that runtimes use: with its cache, its prevResult, its chains, and its capability arguments. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { list, show } from '../fabric/answers.js';
import { must } from '../fabric/exec.js';
import { inventory } from '../fabric/inventory.js';
import { addressesOf } from '../fabric/links.js';
import type { Pod } from '../fabric/pod.js';
import { type Bed, bedFile, createBed, describeWithRuntimes, type PluginConfig } from './bed.js';

describeWithRuntimes('libcni', () => {
  let bed: Bed;
  let pod: Pod;

  const start = async (options: Parameters<typeof createBed>[0] = {}): Promise<void> => {
    bed = await createBed(options);
    pod = await bed.node.pod('web-0');
  };
  const libcni = (verb: string, capabilities: object = {}, netns: string = pod.path): Promise<string> =>
    bed.must('libcni.sh', [verb, pod.netns, netns], { CAP_ARGS: JSON.stringify(capabilities) });

  afterEach(() => bed.destroy());

  describe('with enim alone', () => {
    it('has its ADD in its cache, its CHECK content, and its NIC home after DEL', async () => {
      await start();
      const { mac, ipv4, ipv6 } = bed.node.eni(0);

      const result = JSON.parse(await libcni('add'));
      expect(result).toEqual({
        cniVersion: '1.0.0',
        interfaces: [{ name: 'eth0', mac, sandbox: pod.path }],
        ips: [
          { ...ipv4, interface: 0 },
          { ...ipv6, interface: 0 },
        ],
        routes: [
          { dst: '0.0.0.0/0', gw: ipv4.gateway },
          { dst: '::/0', gw: ipv6.gateway },
        ],
        dns: {},
      });
      expect(JSON.parse(await libcni('cached'))).toEqual(result);
      expect(await pod.run('ping', '-c1', '-W5', ipv4.gateway)).toMatchObject({ code: 0 });
      await libcni('check');
      await libcni('del');
      await bed.expectAllHome();
    });

    it('remembers in its cache whose the NIC is, which is enough for "enim adopt" when state and label are lost', async () => {
      await start({ settings: (enis) => inventory(enis, ({ ifname }) => ({ ifname })) });
      const cache = join(bed.node.dir, 'cache');
      await bed.must('libcni.sh', ['add', 'c-1', pod.path], { CACHE_DIR: cache });
      rmSync(bed.node.stateDir, { recursive: true });
      await pod.run('ip', 'link', 'set', 'dev', 'eth0', 'alias', '');

      expect(await bed.node.enim(['adopt', '--cache-dir', join(cache, 'results'), '--yes'])).toMatchObject({ code: 0 });
      expect(Object.values(bed.node.state()?.attachments ?? {})).toMatchObject([
        { containerID: 'c-1', ifname: 'eth0' },
      ]);
      await bed.must('libcni.sh', ['del', 'c-1', pod.path], { CACHE_DIR: cache });
      await bed.expectAllHome();
    });

    it('answers an ADD that is repeated as before, with the same ENI', async () => {
      await start();

      const first = await libcni('add');
      expect(await libcni('add')).toBe(first);
      const states = (await list(bed.node)).map(({ state }) => state);
      expect(states).toEqual(['used', 'free', 'free']);
    });

    it('has success with a DEL that is repeated, with and without the netns, and when the netns has gone', async () => {
      await start();
      await libcni('add');

      await libcni('del');
      await libcni('del');
      await libcni('del', {}, '');
      await pod.unmount();
      await libcni('del');
      await bed.expectAllHome();
    });

    it('has the NIC home also after a DEL without the netns', async () => {
      await start();
      await libcni('add');

      await libcni('del', {}, '');
      await bed.expectAllHome();
    });

    it('gives the NIC the MTU that the network has, and at home its own', async () => {
      await start({ network: (enim) => [{ ...enim, mtu: 1_400 }] });

      await libcni('add');
      expect(await pod.link('eth0')).toMatchObject({ mtu: 1_400 });
      await libcni('check');
      await libcni('del');
      await bed.expectAllHome();
    });

    it('fails in CHECK when the pod has lost its address', async () => {
      await start();
      await libcni('add');
      await pod.ip(`addr del ${bed.node.eni(0).ipv4.address} dev eth0`);

      const { code, stderr } = await bed.run('libcni.sh', ['check', pod.netns, pod.path]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(bed.node.eni(0).ipv4.address) });
    });
  });

  describe('with other plugins behind enim', () => {
    it('lets tuning have its turn, passes its CHECK, and has the NIC home as it was', async () => {
      const tuning = { type: 'tuning', mtu: 1_400, sysctl: { 'net.ipv4.conf.eth0.arp_ignore': '1' } };
      await start({ network: (enim) => [enim, tuning] });

      await libcni('add');
      expect(await pod.link('eth0')).toMatchObject({ mtu: 1_400 });
      expect((await pod.run('cat', '/proc/sys/net/ipv4/conf/eth0/arp_ignore')).stdout).toBe('1\n');
      await libcni('check');
      await libcni('del');
      await bed.expectAllHome();
    });

    // Without CHECK: portmap looks for its IPv4 rules among those of IPv6, too, and fails.
    it('lets portmap forward ports to the ENI’s addresses', async () => {
      await start({ network: (enim) => [enim, { type: 'portmap', capabilities: { portMappings: true } }] });
      const mappings = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] };

      await libcni('add', mappings);
      expect(await natRules()).toContain(`--to-destination ${bed.node.eni(0).ipv4.address.replace(/\/.*/, '')}:80`);
      await libcni('del', mappings);
      expect(await natRules()).not.toContain('--to-destination');
      await bed.expectAllHome();
    });

    it('has the NIC home when one of them fails, and the runtime calls DEL', async () => {
      await start({ network: (enim) => [enim, { type: 'tuning', sysctl: { 'net.no.such.thing': '1' } }] });

      expect(await bed.run('libcni.sh', ['add', pod.netns, pod.path])).toMatchObject({ code: 1 });
      await libcni('del');
      await bed.expectAllHome();
    });

    async function natRules(): Promise<string> {
      return must('nsenter', [`--net=/run/netns/${bed.node.netns}`, 'iptables-save', '-t', 'nat']);
    }
  });

  describe('in place of host-device', () => {
    it('needs no more than another type in the configuration: device, addresses and routes as it says', async () => {
      const text = bedFile('conf/host-device.conflist');
      await start({ settings: () => null, network: () => text.replace('"host-device"', '"enim"') });
      await must('ip', ['-n', bed.node.fabric, 'addr', 'add', '10.0.0.1/24', 'dev', 'uplink']);
      const before = await bed.node.kernelState();
      const { ENIM_CONFIG = '', ENIM_STATE_DIR = '', ENIM_RUN_DIR = '' } = bed.node.env;
      const call = (verb: string): Promise<string> =>
        bed.must('libcni.sh', [verb, pod.netns, pod.path], { ENIM_CONFIG, ENIM_STATE_DIR, ENIM_RUN_DIR });

      expect(JSON.parse(await call('add'))).toEqual({
        cniVersion: '1.0.0',
        interfaces: [{ name: 'eth0', mac: bed.node.eni(0).mac, sandbox: pod.path }],
        ips: [{ address: '10.0.0.10/24', gateway: '10.0.0.1', interface: 0 }],
        routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
        dns: {},
      });
      expect(await pod.run('ping', '-c1', '-W5', '10.0.0.1')).toMatchObject({ code: 0 });
      await call('check');
      await call('del');
      expect(await bed.node.kernelState()).toEqual(before);
    });
  });

  describe('with capability arguments', () => {
    const capable = (enim: PluginConfig): readonly PluginConfig[] => [
      { ...enim, capabilities: { mac: true, ips: true } },
    ];

    it('gives the ENI that has the address which is asked for', async () => {
      await start({ network: capable });
      const wanted = bed.node.eni(2);

      expect(JSON.parse(await libcni('add', { ips: [wanted.ipv4.address] })).ips[0].address).toBe(wanted.ipv4.address);
      expect(await show(bed.node, wanted)).toMatchObject({ state: 'used' });
    });

    it('refuses an address that no ENI has', async () => {
      await start({ network: capable });

      const env = { CAP_ARGS: JSON.stringify({ ips: ['192.0.2.7/24'] }) };
      const { code, stderr } = await bed.run('libcni.sh', ['add', pod.netns, pod.path], env);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('192.0.2.7') });
      await bed.expectAllHome();
    });

    it('gives the NIC the MAC that is asked for, and at home its own', async () => {
      await start({ network: capable });
      const mac = '02:11:22:33:44:55';

      expect(JSON.parse(await libcni('add', { mac })).interfaces[0].mac).toBe(mac);
      const link = await pod.link('eth0');
      expect(link).toMatchObject({ address: mac });
      expect(link === undefined ? [] : addressesOf(link)).toContain(bed.node.eni(0).ipv4.address);
      await libcni('check', { mac });
      await libcni('del', { mac });
      await bed.expectAllHome();
    });
  });
});
