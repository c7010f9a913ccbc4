import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, list } from '../fabric/answers.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import type { NetnsState } from '../fabric/links.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('which NIC is taken', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  const addEni0 = (...extra: string[]) =>
    node.enim(['add', 'default/web-0', '--netns', pod.path, '--eni', node.eni(0).id, '--container-id', 'c1', ...extra]);
  const del = () => node.enim(['del', 'default/web-0', '--container-id', 'c1', '--json']);

  describe('a second device with the same MAC', () => {
    it('is never picked when it is a macvlan on the NIC (amazon-vpc-cni-k8s#2684)', async () => {
      // Its name sorts before the NIC's, and it is the newer one.
      await node.ip(`link add link eni0 name aaa0 address ${node.eni(0).mac} type macvlan mode bridge`);

      expect(await addEni0()).toMatchObject({ code: 0 });
      expect(await pod.link('eth0')).not.toHaveProperty('link', 'eni0');
      expect(await node.link('aaa0')).toBeDefined();
      expect(await node.link('eni0')).toBeUndefined();
    });

    it('is not mistaken for the NIC that is away', async () => {
      await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
      await node.ip(`link add link eni1 name aaa0 address ${node.eni(0).mac} type macvlan mode bridge`);

      const shown = (await list(node))[0];
      expect(shown).toMatchObject({ state: 'used', link: { name: 'eth0', netns: pod.path } });
      answer(await node.enim(['del', 'default/web-0', '--json']));
      expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    });

    it('makes the ENI ambiguous when both could be the NIC (sriov-network-device-plugin#685)', async () => {
      await node.ip(`link add name twin0 address ${node.eni(0).mac} type veth peer name twin1`);

      const result = await expectUnchanged(node, () => addEni0());
      expectRefusal(result, { code: 6, says: [node.eni(0).mac], mentions: ['eni0', 'twin0'] });
    });

    it('does not keep other ENIs from being given out', async () => {
      await node.ip(`link add name twin0 address ${node.eni(0).mac} type veth peer name twin1`);

      expect((await add(node, 'default/web-0', pod)).eni.id).toBe(node.eni(1).id);
    });
  });

  describe.each([
    [
      'carries the node’s default route',
      /default route/,
      () => [
        `addr add ${node.eni(0).ipv4.address} dev eni0`,
        'link set dev eni0 up',
        `route add default via ${node.eni(0).ipv4.gateway} dev eni0`,
      ],
    ],
    [
      'carries the node’s IPv6 default route',
      /default route/,
      () => [
        `addr add ${node.eni(0).ipv6.address} dev eni0 nodad`,
        'link set dev eni0 up',
        `route add default via ${node.eni(0).ipv6.gateway} dev eni0`,
      ],
    ],
    [
      'carries a default route of another table',
      /default route/,
      () => [
        `addr add ${node.eni(0).ipv4.address} dev eni0`,
        'link set dev eni0 up',
        `route add default via ${node.eni(0).ipv4.gateway} dev eni0 table 77`,
      ],
    ],
    [
      'is a member of a bridge',
      /hostbr/,
      () => ['link add name hostbr type bridge', 'link set dev eni0 master hostbr'],
    ],
    [
      'has addresses that are not the inventory’s',
      /192\.168\.9\.9/,
      () => ['link set dev eni0 up', 'addr add 192.168.9.9/24 dev eni0'],
    ],
  ] as const)('a NIC that %s', (_, reason, commands) => {
    beforeEach(() => node.ip(...commands()));

    it('is refused, naming the reason and --force', async () => {
      const result = await expectUnchanged(node, () => addEni0());

      expectRefusal(result, { code: 6, says: [node.eni(0).id, reason], mentions: ['--force'] });
    });

    it('is passed over when any will do', async () => {
      expect((await add(node, 'default/web-0', pod)).eni.id).toBe(node.eni(1).id);
    });

    it('is taken with --force, and gets membership, addresses and routes back', async () => {
      const before = await node.kernelState();
      expect(await addEni0('--force')).toMatchObject({ code: 0 });
      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
      answer(await del());

      const after = await node.kernelState();
      const eni0 = ({ links }: NetnsState) => links.find(({ name }) => name === 'eni0');
      expect(after.home && eni0(after.home)).toEqual(before.home && eni0(before.home));
      expect(after.home?.routes).toEqual(before.home?.routes);
    });
  });

  describe('a device that carries the label of an ENI, but not its MAC', () => {
    const forge = async (): Promise<Pod> => {
      const forger = await node.pod('forger');
      await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id], 'c1');
      const label = (await pod.link('eth0'))?.ifalias ?? '';
      await forger.ip('link add name eth0 type veth peer name eth1', `link set dev eth0 alias "${label}"`);
      return forger;
    };

    it('is never taken for it while the NIC is where it belongs', async () => {
      const forger = await forge();
      const before = await forger.links();

      expect(await list(node)).toMatchObject([{ state: 'used', link: { netns: pod.path } }, {}, {}]);
      answer(await del());
      expect(await forger.links()).toEqual(before);
      expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    });

    it('is never taken for it when the NIC is gone', async () => {
      const forger = await forge();
      const before = await forger.links();
      await pod.unmount();

      await node.enim(['gc', '--grace', '0s']);
      await del();
      expect(await forger.links()).toEqual(before);
      expect((await list(node))[0]).toMatchObject({ state: 'missing', link: null });
    });
  });

  describe('a device of the same MAC in another netns, once the state is lost', () => {
    let twin: Pod;

    beforeEach(async () => {
      twin = await node.pod('twin');
      await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id], 'c1');
      const label = (await pod.link('eth0'))?.ifalias?.replace('web-0', 'twin') ?? '';
      await twin.ip(
        `link add name eth0 address ${node.eni(0).mac} type veth peer name eth1`,
        `link set dev eth0 alias "${label}"`,
      );
      rmSync(node.stateDir, { recursive: true });
    });

    it('is a tie, that no command decides', async () => {
      const before = await node.kernelState();

      expect((await list(node))[0]).toMatchObject({ state: 'quarantined', link: null, note: /several links/ });
      await node.enim(['adopt', '--yes']);
      await node.enim(['gc', '--grace', '0s']);
      const owner = ['default/twin', '--netns', twin.path];
      expectRefusal(await node.enim(['del', ...owner]), { code: 6, mentions: [pod.path, twin.path] });
      expect(await node.kernelState()).toEqual(before);
    });

    it('is still one after it came home, so that the pod’s ENI is not given out again', async () => {
      await twin.ip(`link set dev eth0 netns ${node.netns} name eni0`);

      const next = await node.pod('next');
      const wanted = ['--eni', node.eni(0).id];
      const result = await node.enim(['add', 'default/next', '--netns', next.path, ...wanted]);
      expectRefusal(result, { code: 6, says: ['eni0', pod.path], mentions: [node.eni(0).id] });
      expect((await add(node, 'default/next', next)).eni.id).toBe(node.eni(1).id);
      expect((await list(node))[0]).toMatchObject({ state: 'quarantined' });
    });
  });

  it('is not that of another node on the same machine whose inventory uses the same IDs', async () => {
    const names = (each: Node) => inventory(each.enis, ({ ifname }) => ({ id: `twin-${ifname}` }));
    const other = await createNode();
    try {
      for (const each of [node, other]) each.writeSettings(names(each));
      const theirs = await other.pod('web-0');
      await add(other, 'default/web-0', theirs, [], 'c1');
      await add(node, 'default/web-0', pod, [], 'c1');
      rmSync(node.stateFile);

      await node.enim(['gc', '--grace', '0s']);
      await del();
      expect(await theirs.link('eth0')).toMatchObject({ address: other.eni(0).mac });
      expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    } finally {
      await other.destroy();
    }
  });

  it('is never the device whose name reads like its index, which iproute2 would take for it', async () => {
    const name = `if${(await node.link('eni0'))?.ifindex}`;
    await node.ip(`link add name ${name} mtu 1400 type veth peer name other0`);
    const before = await node.kernelState();

    expectRefusal(await addEni0(), { code: 6, says: [name], mentions: ['--force'] });
    expect(await addEni0('--force')).toMatchObject({ code: 0 });
    expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
    expect((await node.kernelState()).home?.links).toContainEqual(
      before.home?.links.find((each) => each.name === name),
    );
    await pod.ip('link set dev eth0 mtu 1300', 'link set dev eth0 alias mine');
    answer(await del());
    expect(await node.kernelState()).toEqual(before);
  });

  it('is refused when the SSH session goes through it', async () => {
    const { ipv4 } = node.eni(0);
    await node.ip(`addr add ${ipv4.address} dev eni0`, 'link set dev eni0 up');
    const env = { SSH_CONNECTION: `${ipv4.gateway} 50000 ${ipv4.address.split('/')[0]} 22` };

    const args = ['add', 'default/web-0', '--netns', pod.path, '--eni', node.eni(0).id];
    const result = await expectUnchanged(node, () => node.enim(args, { env }));
    expectRefusal(result, { code: 6, says: [/SSH/], mentions: ['--force'] });
  });

  it('ends with 3 when all that is left is quarantined, and says why', async () => {
    for (const { ifname } of node.enis) await node.ip(`addr add 192.168.9.9/24 dev ${ifname}`);

    const result = await expectUnchanged(node, () => node.enim(['add', 'default/web-0', '--netns', pod.path]));
    expectRefusal(result, { code: 3, mentions: ['192.168.9.9'] });
  });
});
