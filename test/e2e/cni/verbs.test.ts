import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { list } from '../../fabric/answers.js';
import { type CniCall, type CniResult, callPlugin, errorOf, resultOf } from '../../fabric/cni.js';
import { expectUnchanged } from '../../fabric/expectations.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('the CNI plugin', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const call = (more: CniCall = {}): CniCall => ({ netns: pod.path, ...more });
  const checked = (prevResult: CniResult, more: CniCall = {}): CniCall =>
    call({ ...more, network: { ...more.network, prevResult } });

  describe('ADD', () => {
    it('gives the pod an ENI and answers interface, addresses of both families, routes and DNS', async () => {
      const dns = { nameservers: ['10.0.0.2'], search: ['example.org'] };
      const result = await resultOf(node, 'ADD', call({ network: { dns } }));
      const { mac, ipv4, ipv6 } = node.eni(0);
      expect(result).toEqual({
        cniVersion: '1.1.0',
        interfaces: [{ name: 'eth0', mac, mtu: 1500, sandbox: pod.path }],
        ips: [
          { address: ipv4.address, gateway: ipv4.gateway, interface: 0 },
          { address: ipv6.address, gateway: ipv6.gateway, interface: 0 },
        ],
        routes: [
          { dst: '0.0.0.0/0', gw: ipv4.gateway },
          { dst: '::/0', gw: ipv6.gateway },
        ],
        dns,
      });
      expect((await pod.run('ping', '-c', '1', '-W', '2', ipv4.gateway)).code).toBe(0);
    });

    it.each([
      ['0.3.1', { version: '4' }, {}],
      ['0.4.0', { version: '4' }, {}],
      ['1.0.0', {}, {}],
      ['1.1.0', {}, { mtu: 1500 }],
    ])('answers in the shape of %s', async (cniVersion, version, mtu) => {
      const { interfaces, ips = [], ...rest } = await resultOf(node, 'ADD', call({ network: { cniVersion } }));
      expect(rest.cniVersion).toBe(cniVersion);
      expect(interfaces).toEqual([{ name: 'eth0', mac: node.eni(0).mac, sandbox: pod.path, ...mtu }]);
      expect(ips[0]).toEqual({
        address: node.eni(0).ipv4.address,
        gateway: node.eni(0).ipv4.gateway,
        interface: 0,
        ...version,
      });
    });

    it('repeated answers the same, and takes no second ENI', async () => {
      const first = await resultOf(node, 'ADD', call());
      expect(await resultOf(node, 'ADD', call())).toEqual(first);
      expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'free']);
    });

    it('records pod, UID, network, container ID and ifname', async () => {
      await resultOf(node, 'ADD', call({ ifname: 'net1' }));
      expect(Object.entries(node.state()?.attachments ?? {})).toEqual([
        ['eninet/c1/net1', expect.objectContaining({ owner: 'default/web-0', uid: 'u-1', role: 'main' })],
      ]);
    });

    it.each([
      ['IgnoreUnknown=1;K8S_POD_NAME=web', 'eninet/web'],
      ['', 'eninet/c1'],
      ['K8S_POD_UID=7;X=1;K8S_POD_NAME=a;IgnoreUnknown=1;K8S_POD_NAMESPACE=b', 'b/a'],
    ])('with CNI_ARGS %j belongs to %s', async (args, owner) => {
      await resultOf(node, 'ADD', call({ args }));
      expect((await list(node))[0]?.attachment?.owner).toBe(owner);
    });

    it('puts itself behind the result of the plugins before it', async () => {
      const prevResult = {
        cniVersion: '1.1.0',
        interfaces: [{ name: 'br0' }, { name: 'eth9', sandbox: pod.path }],
        ips: [{ address: '192.0.2.7/24', interface: 1 }],
        routes: [{ dst: '192.0.2.0/24' }],
        dns: { nameservers: ['192.0.2.2'] },
      };
      const result = await resultOf(node, 'ADD', call({ network: { prevResult } }));
      expect(result.interfaces?.map(({ name }) => name)).toEqual(['br0', 'eth9', 'eth0']);
      expect(result.ips?.map((ip) => ip.interface)).toEqual([1, 2, 2]);
      expect(result.routes?.[0]).toEqual({ dst: '192.0.2.0/24' });
      expect(result.dns).toEqual({ nameservers: ['192.0.2.2'] });
    });

    it('refuses a name that the sandbox has already, and changes nothing', async () => {
      await pod.ip('link add name eth0 type bridge');
      const { code, msg } = await expectUnchanged(node, () => errorOf(node, 'ADD', call()));
      expect([code, msg]).toEqual([108, expect.stringContaining('has an interface eth0 already')]);
    });

    it('with nothing left says so by code 103', async () => {
      for (const containerID of ['a', 'b'])
        await resultOf(node, 'ADD', call({ containerID, ifname: `net-${containerID}` }));
      expect(await errorOf(node, 'ADD', call())).toMatchObject({ code: 103, msg: 'No ENI is free (2 known: 2 held).' });
    });

    it('undoes everything where a step fails', async () => {
      const settings = JSON.parse(readFileSync(node.configFile, 'utf8'));
      settings.static.enis[0].routes = [{ dst: '203.0.113.0/24', gw: '198.51.100.1' }];
      node.writeSettings(settings);
      const before = await node.kernelState();
      const { code } = await errorOf(node, 'ADD', call());
      expect(code).toBe(110);
      expect(await node.kernelState()).toEqual(before);
      expect(node.state()?.attachments).toEqual({});
    });

    it('sets the MTU of the network configuration, and the MAC that the runtime asks for; both are undone', async () => {
      const mac = '02:00:00:11:22:33';
      const before = await node.kernelState();
      const result = await resultOf(node, 'ADD', call({ network: { mtu: 1400, runtimeConfig: { mac } } }));
      expect(result.interfaces?.[0]).toMatchObject({ mac, mtu: 1400 });
      expect(await pod.link('eth0')).toMatchObject({ address: mac, mtu: 1400 });
      await resultOf(node, 'CHECK', checked(result));
      await resultOf(node, 'DEL', call());
      expect(await node.kernelState()).toEqual(before);
    });

    it('gives the ENI whose address the runtime asks for', async () => {
      const ips = [node.eni(1).ipv4.address.replace(/\/.*/, '')];
      const result = await resultOf(node, 'ADD', call({ network: { runtimeConfig: { ips } } }));
      expect(result.ips?.[0]?.address).toBe(node.eni(1).ipv4.address);
      const none = call({ containerID: 'c2', ifname: 'net2', network: { args: { cni: { ips: ['192.0.2.99'] } } } });
      expect(await errorOf(node, 'ADD', none)).toMatchObject({ code: 104 });
    });
  });

  describe('DEL', () => {
    it('brings the NIC home as it was, and prints nothing', async () => {
      const before = await node.kernelState();
      await resultOf(node, 'ADD', call());
      await pod.ip('link set dev eth0 mtu 1300', 'link set dev eth0 down', 'link set dev eth0 name other');
      expect(await callPlugin(node, 'DEL', call())).toMatchObject({ code: 0, stdout: '' });
      expect(await node.kernelState()).toEqual(before);
      expect(node.state()?.attachments).toEqual({});
    });

    it.each(['', '/run/netns/none', '/etc/hostname', '/dev/null/x', 'relative/path'])(
      'late, again and with netns %j is success, and touches no successor (sriov-cni#219, #447)',
      async (netns) => {
        await resultOf(node, 'ADD', call());
        await resultOf(node, 'DEL', call());
        const next = await node.pod('web-1');
        const result = await resultOf(node, 'ADD', { netns: next.path, containerID: 'c2' });
        expect(result.ips?.[0]?.address).toBe(node.eni(1).ipv4.address);
        await resultOf(node, 'ADD', { netns: next.path, containerID: 'c3', ifname: 'net1' });
        expect(await callPlugin(node, 'DEL', call({ netns }))).toMatchObject({ code: 0, stdout: '' });
        expect((await next.links()).map(({ ifname }) => ifname)).toEqual(expect.arrayContaining(['eth0', 'net1']));
      },
    );

    it('without a netns, without prevResult and without K8S args finds what the container holds (plugins#1196)', async () => {
      await resultOf(node, 'ADD', call());
      expect(await callPlugin(node, 'DEL', { netns: '', args: '' })).toMatchObject({ code: 0 });
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free']);
    });

    it('leaves the other networks’ attachments of the container alone', async () => {
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'DEL', call({ network: { name: 'othernet' } }));
      expect(await pod.link('eth0')).toBeDefined();
    });
  });

  describe('CHECK', () => {
    it('is content with what ADD has just answered', async () => {
      await resultOf(node, 'CHECK', checked(await resultOf(node, 'ADD', call())));
      expect(await callPlugin(node, 'CHECK', checked(await resultOf(node, 'ADD', call())))).toMatchObject({
        stdout: '',
      });
    });

    it.each([
      ['link set dev eth0 down', /eth0 is down/],
      ['link set dev eth0 mtu 1300', /the MTU of eth0 is 1300, not 1500/],
      ['link set dev eth0 address 02:00:00:00:00:07', /the MAC of eth0 is 02:00:00:00:00:07, not /],
      ['addr flush dev eth0 scope global', /10\.\S+ is not on eth0/],
      ['route del default', /there is no route to 0\.0\.0\.0\/0 via 10\.\S+ through eth0/],
      ['-6 route del default', /there is no route to ::\/0/],
    ])('after "ip %s" says what differs', async (command, difference) => {
      const result = await resultOf(node, 'ADD', call());
      await pod.ip(command.startsWith('-6') ? 'route del ::/0 dev eth0' : command);
      const { code, msg } = await errorOf(node, 'CHECK', checked(result));
      expect(code).toBe(114);
      expect(msg).toMatch(difference);
    });

    it('says that the NIC is gone, that nothing is recorded, or that prevResult is missing', async () => {
      const result = await resultOf(node, 'ADD', call());
      expect(await errorOf(node, 'CHECK', call())).toMatchObject({
        code: 7,
        msg: expect.stringContaining('prevResult'),
      });
      await pod.ip(`link set dev eth0 netns ${node.netns} name stray`);
      expect((await errorOf(node, 'CHECK', checked(result))).msg).toMatch(/is not in /);
      await resultOf(node, 'DEL', call());
      expect((await errorOf(node, 'CHECK', checked(result))).msg).toContain('nothing is recorded');
    });

    it('does not mind routes of later plugins that are gone', async () => {
      const result = await resultOf(node, 'ADD', call());
      const routes = [...(result.routes ?? []), { dst: '198.51.100.0/24' }];
      await resultOf(node, 'CHECK', checked({ ...result, routes }));
    });

    it('changes nothing', async () => {
      const result = await resultOf(node, 'ADD', call());
      await expectUnchanged(node, () => resultOf(node, 'CHECK', checked(result)));
    });
  });

  describe('GC', () => {
    const alive = (...ids: string[]) => ({
      'cni.dev/valid-attachments': ids.map((containerID) => ({ containerID, ifname: 'eth0' })),
    });

    it('keeps exactly what the runtime knows, of this network only (containernetworking/cni#1086)', async () => {
      const [second, third] = [await node.pod('web-1'), await node.pod('web-2')];
      await node.destroy();
      node = await createNode({ enis: 3 });
      pod = await node.pod('web-0');
      const [b, c] = [await node.pod('web-1'), await node.pod('web-2')];
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'ADD', { netns: b.path, containerID: 'c2' });
      await resultOf(node, 'ADD', { netns: c.path, containerID: 'c3', network: { name: 'othernet' } });
      await resultOf(node, 'GC', { network: alive('c1') });
      expect(await pod.link('eth0')).toBeDefined();
      expect(await b.link('eth0')).toBeUndefined();
      expect(await c.link('eth0')).toBeDefined();
      expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'free', 'used']);
      await Promise.all([second, third].map((each) => each.destroy()));
    });

    it('without a list reclaims nothing that is alive, and what is dead', async () => {
      const dead = await node.pod('web-1');
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'ADD', { netns: dead.path, containerID: 'c2' });
      await node.simulateCardReturn(dead, 'eth0');
      await resultOf(node, 'GC', { network: {} });
      expect((await list(node)).map(({ state }) => state)).toEqual(['used', 'free']);
    });

    it('reclaims everything where the runtime knows nothing', async () => {
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'GC', { network: alive() });
      expect(await pod.link('eth0')).toBeUndefined();
    });

    it('refuses a list that it cannot read, and reclaims nothing', async () => {
      await resultOf(node, 'ADD', call());
      const broken = { 'cni.dev/valid-attachments': [{ containerId: 'c1', ifname: 'eth0' }] };
      expect(await errorOf(node, 'GC', { network: broken })).toMatchObject({ code: 7 });
      expect(await pod.link('eth0')).toBeDefined();
    });

    it('goes on after a failure, and reports it', async () => {
      const second = await node.pod('web-1');
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'ADD', { netns: second.path, containerID: 'c2' });
      // Two links with the MAC of the first ENI: it cannot be told which one to bring home.
      await pod.ip(
        `link add name twin type veth peer name twin-peer address ${node.eni(0).mac}`,
        `link set dev twin address ${node.eni(0).mac}`,
      );
      const { code, msg } = await errorOf(node, 'GC', { network: alive() });
      expect([code, msg]).toEqual([110, expect.stringMatching(/eth0 of container c1: .*several links/)]);
      expect(await second.link('eth0')).toBeUndefined();
    });
  });

  describe('STATUS', () => {
    it('is content while an ENI is free, 50 when none is, 51 when a pod has lost its own, too', async () => {
      expect(await callPlugin(node, 'STATUS')).toMatchObject({ code: 0, stdout: '' });
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'ADD', call({ containerID: 'c2', ifname: 'net2' }));
      expect(await errorOf(node, 'STATUS')).toMatchObject({ code: 50, msg: 'No ENI is free (2 known: 2 used).' });
      await pod.ip(`link set dev eth0 netns ${node.netns} name stray`);
      const { code, details } = await errorOf(node, 'STATUS');
      expect([code, details]).toEqual([51, expect.stringContaining('default/web-0 has lost ENI')]);
    });

    it('is 50 where no ENI is known at all', async () => {
      node.writeSettings('{}');
      expect(await errorOf(node, 'STATUS')).toMatchObject({ code: 50 });
    });

    it('is code 7 where the settings are wrong', async () => {
      node.writeSettings('{"provider":"nonsense"}');
      expect(await errorOf(node, 'STATUS')).toMatchObject({ code: 7 });
    });
  });

  describe('VERSION', () => {
    const SUPPORTED = ['0.3.1', '0.4.0', '1.0.0', '1.1.0'];

    it.each(['0.3.1', '0.4.0', '1.0.0', '1.1.0'])('answers a runtime of %s in its version', async (cniVersion) => {
      const { stdout } = await callPlugin(node, 'VERSION', { stdin: JSON.stringify({ cniVersion }) });
      expect(JSON.parse(stdout)).toEqual({ cniVersion, supportedVersions: SUPPORTED });
    });

    it.each(['', 'nonsense', '{}'])('answers whatever is on standard input: %j', async (stdin) => {
      const { code, stdout } = await callPlugin(node, 'VERSION', { stdin });
      expect([code, JSON.parse(stdout)]).toEqual([0, { cniVersion: '1.1.0', supportedVersions: SUPPORTED }]);
    });
  });

  it.each([
    ['0.3.1', 'CHECK'],
    ['0.4.0', 'GC'],
    ['1.0.0', 'STATUS'],
    ['2.0.0', 'ADD'],
    [undefined, 'ADD'],
  ])('at cniVersion %s refuses %s by code 1', async (cniVersion, command) => {
    const { code, msg } = await expectUnchanged(node, () => errorOf(node, command, call({ network: { cniVersion } })));
    expect({ code, msg }).toEqual({ code: 1, msg: expect.stringContaining(cniVersion ?? 'has no cniVersion') });
  });

  it.each(['enim', 'by-hand'])(
    'refuses a network named %j, for a GC of the runtime would take what was attached by hand out of living pods',
    async (name) => {
      await node.enim(['add', 'default/mine', '--netns', pod.netns]);
      const list = { 'cni.dev/valid-attachments': [] };
      const gc = await expectUnchanged(node, () => errorOf(node, 'GC', { network: { name, ...list } }));
      expect(gc).toMatchObject({ code: 7, msg: expect.stringContaining(name) });
      expect(await errorOf(node, 'ADD', call({ containerID: 'c9', ifname: 'net9', network: { name } }))).toMatchObject({
        code: 7,
      });
      expect(await pod.link('eth0')).toBeDefined();
    },
  );

  it('names every variable that is missing, by code 4', async () => {
    const { code, msg } = await errorOf(node, 'ADD', { containerID: '', netns: '', ifname: '' });
    expect(code).toBe(4);
    for (const name of ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME']) expect(msg).toContain(name);
  });

  it('is the subcommand, too, and refuses it without CNI_COMMAND', async () => {
    const env = { CNI_COMMAND: 'VERSION' };
    expect(await node.enim(['cni'], { env, input: '' })).toMatchObject({ code: 0, json: { cniVersion: '1.1.0' } });
    expect(await node.enim(['cni'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CNI_COMMAND is not set'),
    });
    expect((await node.enim(['list', '--output', 'name'], { env })).stdout).toBe(
      `${node.eni(0).id}\n${node.eni(1).id}\n`,
    );
  });

  it('writes a log that is bounded by nobody’s disk being full: it stops nothing', async () => {
    const logFile = join(node.dir, 'log/cni.log');
    await resultOf(node, 'ADD', call({ network: { logFile } }));
    const lines = readFileSync(logFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', command: 'ADD', containerID: 'c1', network: 'eninet' }),
    ]);
    const { code, stderr } = await callPlugin(node, 'DEL', call({ network: { logFile: '/dev/full' } }));
    expect(code).toBe(0);
    expect(stderr).toContain('cannot be written: ENOSPC');
  });
});
