import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { list } from '../../fabric/answers.js';
import { type CniCall, callPlugin, errorOf, resultOf } from '../../fabric/cni.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('the CNI plugin and IPAM', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  describe('as the IPAM plugin of another', () => {
    const call = (more: CniCall = {}): CniCall => ({
      netns: pod.path,
      ...more,
      network: { type: 'exclusive-device', ipam: { type: 'enim' }, cniVersion: '1.0.0', ...more.network },
    });

    it('allocates, and answers addresses, routes and the device, but moves nothing', async () => {
      const before = await node.kernelState();
      const { mac, ipv4, ipv6, id, ifname } = node.eni(0);
      expect(await resultOf(node, 'ADD', call())).toEqual({
        cniVersion: '1.0.0',
        ips: [
          { address: ipv4.address, gateway: ipv4.gateway },
          { address: ipv6.address, gateway: ipv6.gateway },
        ],
        routes: [
          { dst: '0.0.0.0/0', gw: ipv4.gateway },
          { dst: '::/0', gw: ipv6.gateway },
        ],
        enim: { eni: id, mac, ifindex: (await node.link(ifname))?.ifindex, name: ifname, pciAddress: null },
      });
      expect(await node.kernelState()).toEqual(before);
      expect(await list(node)).toMatchObject([{ state: 'used' }, { state: 'free' }]);
    });

    it('repeated answers the same, also once the NIC is in the pod', async () => {
      const first = await resultOf(node, 'ADD', call());
      await node.ip(`link set dev ${node.eni(0).ifname} netns ${pod.netns} name eth0`);
      expect(await resultOf(node, 'ADD', call())).toEqual(first);
    });

    it('is not collected while the pod lives, wherever the other plugin has the NIC', async () => {
      await resultOf(node, 'ADD', call());
      expect(await node.enim(['gc', '--grace', '0s'])).toMatchObject({ code: 0 });
      await node.ip(`link set dev ${node.eni(0).ifname} netns ${pod.netns} name eth0`);
      expect(await node.enim(['gc', '--grace', '0s'])).toMatchObject({ code: 0 });
      expect(await pod.link('eth0')).toBeDefined();
      expect((await list(node))[0]).toMatchObject({ state: 'used' });
    });

    it('is collected when the pod has gone without a word, and the NIC gets its name back', async () => {
      await resultOf(node, 'ADD', call());
      await node.ip(`link set dev ${node.eni(0).ifname} netns ${pod.netns} name eth0`);
      await node.simulateCardReturn(pod, 'eth0');
      expect(await node.enim(['gc', '--grace', '0s'])).toMatchObject({ code: 0 });
      expect((await list(node))[0]).toMatchObject({ state: 'free', link: { name: node.eni(0).ifname } });
    });

    it('DEL gives the NIC its name back where the kernel has sent it home', async () => {
      const before = (await node.kernelState()).home;
      await resultOf(node, 'ADD', call());
      await node.ip(`link set dev ${node.eni(0).ifname} netns ${pod.netns} name eth0`);
      await pod.ip('link set dev eth0 mtu 1400 up');
      await node.simulateCardReturn(pod, 'eth0');
      expect(await callPlugin(node, 'DEL', call({ netns: '' }))).toMatchObject({ code: 0, stdout: '' });
      expect((await node.kernelState()).home).toEqual(before);
      expect(await list(node)).toMatchObject([{ state: 'free' }, { state: 'free' }]);
    });

    it('DEL frees the ENI, but nobody gets it before the other plugin has brought its NIC home', async () => {
      await resultOf(node, 'ADD', call());
      await node.ip(`link set dev ${node.eni(0).ifname} netns ${pod.netns} name eth0`);
      expect(await callPlugin(node, 'DEL', call())).toMatchObject({ code: 0, stdout: '' });
      expect(await pod.link('eth0')).toBeDefined();
      const next = await node.pod('web-1');
      const { ips } = await resultOf(node, 'ADD', call({ netns: next.path, containerID: 'c2' }));
      expect(ips?.[0]?.address).toBe(node.eni(1).ipv4.address);
      await resultOf(node, 'DEL', call());
      await resultOf(node, 'DEL', call({ netns: '' }));
    });

    it('CHECK knows whether the ENI is the container’s', async () => {
      expect(await errorOf(node, 'CHECK', call())).toMatchObject({ code: 114 });
      await resultOf(node, 'ADD', call());
      await resultOf(node, 'CHECK', call());
    });

    it('does not give away what it has moved itself under the same name, and DEL brings that home', async () => {
      const before = await node.kernelState();
      await resultOf(node, 'ADD', { netns: pod.path });
      expect(await errorOf(node, 'ADD', call())).toMatchObject({ code: 106 });
      expect(await pod.link('eth0')).toBeDefined();
      await resultOf(node, 'DEL', call());
      await resultOf(node, 'DEL', call({ netns: '' }));
      expect(await node.kernelState()).toEqual(before);
      expect(await list(node)).toMatchObject([{ state: 'free' }, { state: 'free' }]);
    });
  });

  describe('with another IPAM plugin', () => {
    const RESULT = {
      cniVersion: '1.1.0',
      ips: [{ address: '192.0.2.10/24', gateway: '192.0.2.1' }, { address: '2001:db8::10/64' }],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '198.51.100.0/24', gw: '192.0.2.9' }, { dst: '2001:db8:1::/48' }],
      dns: { nameservers: ['192.0.2.2'] },
    };
    let bin: string;

    /** A plugin that writes down what it is called with, and answers as the script says. */
    const script = (body: string): void => {
      const path = join(bin, 'other-ipam');
      writeFileSync(
        path,
        `#!/bin/sh\nd=${bin}\ncat > $d/stdin\necho $CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS >> $d/calls\n${body}\n`,
      );
      chmodSync(path, 0o755);
    };
    const calls = (): string[] =>
      existsSync(join(bin, 'calls')) ? readFileSync(join(bin, 'calls'), 'utf8').trimEnd().split('\n') : [];
    const verbs = (): string[] => calls().map((line) => line.split(' ')[0] ?? '');
    const call = (more: CniCall = {}): CniCall => ({
      ...{ netns: pod.path, path: `/nowhere:${bin}` },
      ...more,
      network: { ipam: { type: 'other-ipam', range: '192.0.2.0/24' }, ...more.network },
    });
    const answering = (): void => script(`[ $CNI_COMMAND = ADD ] && echo '${JSON.stringify(RESULT)}'; exit 0`);

    beforeEach(() => {
      bin = join(node.dir, 'bin');
      mkdirSync(bin);
      answering();
    });

    it('sets up what that plugin says, and nothing of the inventory’s', async () => {
      const result = await resultOf(node, 'ADD', call());
      expect(result.ips).toEqual([
        { address: '192.0.2.10/24', gateway: '192.0.2.1', interface: 0 },
        { address: '2001:db8::10/64', interface: 0 },
      ]);
      // "If omitted, a default gateway is assumed."
      expect(result.routes).toEqual([
        { dst: '0.0.0.0/0', gw: '192.0.2.1' },
        { dst: '198.51.100.0/24', gw: '192.0.2.9' },
        { dst: '2001:db8:1::/48' },
      ]);
      expect(result.dns).toEqual({ nameservers: ['192.0.2.2'] });
      await resultOf(node, 'CHECK', call({ network: { prevResult: result } }));
      expect((await list(node))[0]).toMatchObject({ state: 'used', ipv4: { address: '192.0.2.10/24' } });
    });

    it('calls it with the same environment and configuration', async () => {
      await resultOf(node, 'ADD', call());
      expect(calls()).toEqual([`ADD c1 ${pod.path}`]);
      expect(JSON.parse(readFileSync(join(bin, 'stdin'), 'utf8'))).toMatchObject({
        ...{ name: 'eninet', type: 'enim', ipam: { type: 'other-ipam', range: '192.0.2.0/24' } },
      });
    });

    it('passes on CHECK, STATUS, GC and every DEL', async () => {
      const prevResult = await resultOf(node, 'ADD', call());
      await resultOf(node, 'CHECK', call({ network: { prevResult } }));
      await resultOf(node, 'STATUS', call());
      await resultOf(
        node,
        'GC',
        call({ network: { 'cni.dev/valid-attachments': [{ containerID: 'c1', ifname: 'eth0' }] } }),
      );
      await resultOf(node, 'DEL', call());
      await resultOf(node, 'DEL', call({ netns: '' }));
      expect(verbs()).toEqual(['ADD', 'CHECK', 'STATUS', 'GC', 'DEL', 'DEL']);
    });

    it('an ADD repeated does not ask for more addresses', async () => {
      const first = await resultOf(node, 'ADD', call());
      expect(await resultOf(node, 'ADD', call())).toEqual(first);
      expect(verbs()).toEqual(['ADD']);
    });

    it.each([
      [
        'fails',
        `echo '{"cniVersion":"1.0.0","code":101,"msg":"range is full","details":"of 254"}'; exit 1`,
        115,
        'range is full',
      ],
      ['asks to try again', `echo '{"code":11,"msg":"busy"}'; exit 1`, 11, 'busy'],
      ['fails without a word', 'exit 3', 115, 'it ended with code 3'],
      ['says why on stderr only', 'echo broken >&2; exit 1', 115, 'broken'],
      ['answers nonsense', 'echo nonsense', 6, 'a wrong'],
      ['gives no address', `echo '{"cniVersion":"1.1.0"}'`, 115, 'gave no address'],
      ['gives an address that is none', `echo '{"ips":[{"address":"nonsense"}]}'`, 6, 'ips.0.address'],
    ])('where it %s everything is undone, and it gets a DEL', async (_, body, code, says) => {
      script(`[ $CNI_COMMAND = ADD ] || exit 0\n${body}`);
      const before = await node.kernelState();
      const error = await errorOf(node, 'ADD', call());
      expect([error.code, error.msg]).toEqual([code, expect.stringContaining(says)]);
      expect(verbs()).toEqual(['ADD', 'DEL']);
      expect(await node.kernelState()).toEqual(before);
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free']);
    });

    it('where the NIC cannot be set up gets its DEL, too', async () => {
      script(
        `[ $CNI_COMMAND = ADD ] && echo '{"ips":[{"address":"192.0.2.10/24"}],"routes":[{"dst":"203.0.113.0/24","gw":"198.51.100.1"}]}'; exit 0`,
      );
      expect(await errorOf(node, 'ADD', call())).toMatchObject({ code: 110 });
      expect(verbs()).toEqual(['ADD', 'DEL']);
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free']);
    });

    it('that is missing is an error that names it and CNI_PATH', async () => {
      const { code, msg } = await errorOf(node, 'ADD', call({ network: { ipam: { type: 'no-such-ipam' } } }));
      expect([code, msg]).toEqual([115, expect.stringMatching(/"no-such-ipam".*CNI_PATH/)]);
      expect(await errorOf(node, 'ADD', call({ network: { ipam: { type: '../bin/other-ipam' } } }))).toMatchObject({
        code: 115,
      });
      expect(verbs()).toEqual([]);
    });

    it('a DEL that fails there is tried again: the NIC is home, and the error is free of false success', async () => {
      await resultOf(node, 'ADD', call());
      script(`echo '{"code":100,"msg":"lease not found: No such file or directory"}'; exit 1`);
      const { msg } = await errorOf(node, 'DEL', call());
      expect(msg).not.toMatch(/not found|no such file or directory/i);
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free']);
      answering();
      await resultOf(node, 'DEL', call());
    });
  });
});
