import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, show } from '../fabric/answers.js';
import { must } from '../fabric/exec.js';
import { expectKernelUnchanged, expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { dropAll } from '../fabric/xdp.js';

describeEndToEnd('enim del', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  const del = (...args: string[]) => node.enim(['del', ...args]);
  const isHome = async () => {
    expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    expect(node.state()?.attachments).toEqual({});
    expect(await show(node, node.eni(0))).toMatchObject({
      state: 'free',
      attachment: null,
      link: { name: 'eni0', netns: null },
    });
  };

  it('writes the state twice: what is about to be done, and that it is done', async () => {
    await add(node, 'default/web-0', pod);
    const before = node.state()?.generation ?? 0;
    await del('default/web-0');
    expect(node.state()?.generation).toBe(before + 2);
    await isHome();
  });

  describe('brings the NIC home', () => {
    it('as it was before: name, altnames, alias, MTU, queue length, group, up state, addresses and routes', async () => {
      const { ipv4 } = node.eni(0);
      await node.ip(
        'link set dev eni0 alias uplink-two',
        'link property add dev eni0 altname enp0s5',
        'link set dev eni0 mtu 1450',
        'link set dev eni0 txqueuelen 777',
        'link set dev eni0 group 42',
        `addr add ${ipv4.address} dev eni0`,
        'link set dev eni0 up',
        `route add 172.31.0.0/16 via ${ipv4.gateway} dev eni0`,
      );

      await expectKernelUnchanged(node, async () => {
        await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
        expect(await del('default/web-0', '--container-id', 'web-0')).toMatchObject({ code: 0 });
      });
    });

    it('as it was before, with the routes that have several next hops, some of which lead through it', async () => {
      await node.ip(
        'link set dev eni0 up',
        'link set dev eni1 up',
        'addr add 172.30.0.1/24 dev eni0',
        'addr add 172.30.1.1/24 dev eni1',
        'addr add fd30::1/64 dev eni0 nodad',
        'addr add fd31::1/64 dev eni1 nodad',
        'route add 172.31.0.0/16 metric 9 nexthop via 172.30.0.2 dev eni0 weight 2 onlink nexthop via 172.30.1.2 dev eni1 onlink',
        'route add 172.29.0.0/16 nexthop via 172.30.0.2 dev eni0 onlink nexthop via 172.30.0.3 dev eni0 onlink',
        'route add fd32::/64 nexthop via fd30::2 dev eni0 onlink nexthop via fd31::2 dev eni1 onlink',
      );

      await expectKernelUnchanged(node, async () => {
        await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id, '--force']);
        expect(await del('default/web-0')).toMatchObject({ code: 0 });
      });
    });

    it('and says which route with several next hops could not be given back', async () => {
      const route = 'nexthop via 172.30.0.2 dev eni0 onlink nexthop via 172.30.1.2 dev eni1 onlink';
      await node.ip(
        'link set dev eni0 up',
        'link set dev eni1 up',
        'addr add 172.30.0.1/24 dev eni0',
        'addr add 172.30.1.1/24 dev eni1',
        `route add 172.31.0.0/16 ${route}`,
      );
      await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id, '--force']);
      await node.ip('route add 172.31.0.0/16 via 172.30.1.2 dev eni1');

      const { code, stdout } = await del('default/web-0');
      expect(code).toBe(0);
      expect(stdout).toContain('172.31.0.0/16 via 172.30.0.2');
      expect((await node.kernelState()).home?.routes.join()).toContain('172.31.0.0/16 via 172.30.1.2 dev eni1');
    });

    it('without what the pod has put on it, which would go on using it there', async () => {
      await add(node, 'default/web-0', pod);
      await pod.ip(
        'link add mac0 link eth0 type macvlan mode bridge',
        'link set mac0 up',
        'link add other0 type bridge',
      );
      expect((await del('default/web-0')).stdout).toContain('(put back: macvlan on it mac0 → -)');
      const left = (await pod.links()).map(({ ifname }) => ifname);
      expect(left).toContain('other0');
      expect(left).not.toContain('mac0');
      await isHome();
      const { holdings } = answer<{ holdings: unknown[] }>(await node.enim(['history', '--json']));
      expect(holdings).toMatchObject([{ restored: [{ what: 'macvlan on it', from: 'mac0', to: '-' }] }]);
    });

    it('down, if it was down', async () => {
      await expectKernelUnchanged(node, async () => {
        await add(node, 'default/web-0', pod);
        expect(await del('default/web-0')).toMatchObject({ code: 0 });
      });
      await isHome();
    });

    it('as it was before, whatever the pod has done to it, and says what was put back (sriov-cni#316)', async () => {
      await node.ip('link set dev eni0 alias uplink-two', 'link set dev eni0 up');
      const before = await node.kernelState();
      const program = join(node.dir, 'drop.o');
      writeFileSync(program, dropAll());
      await add(node, 'default/web-0', pod);
      await pod.ip(
        'link set dev eth0 down',
        'link set dev eth0 name mine0',
        'link set dev mine0 mtu 1300',
        'link set dev mine0 txqueuelen 5',
        'link set dev mine0 group 9',
        'link set dev mine0 arp off multicast off allmulticast on',
        'link set dev mine0 broadcast 02:00:00:00:00:00',
        'link set dev mine0 mode dormant gso_max_size 30000 gro_max_size 40000',
        `link set dev mine0 xdpdrv object ${program} section xdp`,
        'link property add dev mine0 altname theirs',
        'addr add 192.168.77.1/24 dev mine0',
      );

      const { code, stdout } = await del('default/web-0');
      expect(code).toBe(0);
      expect(stdout).toMatch(/mtu/i);
      expect(stdout).toContain('1300');
      for (const what of [
        'ARP',
        'multicast',
        'allmulticast',
        'broadcast MAC',
        'link mode',
        'gso_max_size',
        'XDP program',
      ])
        expect(stdout).toContain(what);
      expect(JSON.parse(await must('ip', ['-n', node.netns, '-j', 'link', 'show', 'dev', 'eni0']))).toMatchObject([
        { linkmode: 'DEFAULT' },
      ]);
      expect(await node.kernelState()).toEqual(before);
    });

    it('although the pod gave it its home name as an altname (sriov-cni#250)', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await pod.ip('link property add dev eth0 altname eni0');

      expect(await del('default/web-0')).toMatchObject({ code: 0 });
      expect(await node.kernelState()).toEqual(before);
    });

    it('although its name was taken at home meanwhile', async () => {
      await add(node, 'default/web-0', pod);
      await node.ip('link add name eni0 type bridge');

      expect(await del('default/web-0')).toMatchObject({ code: 0 });
      expect((await node.links()).some(({ address }) => address === node.eni(0).mac)).toBe(true);
      expect(node.state()?.attachments).toEqual({});
    });

    it('after the path of its netns was unmounted, while a process lives on in it', async () => {
      await add(node, 'default/web-0', pod);
      await pod.holdByProcess();
      await pod.unmount();

      expect(await del('default/web-0', '--container-id', 'web-0', '--netns', pod.path)).toMatchObject({ code: 0 });
      await isHome();
    });

    it('out of a netns that only a descriptor holds (sriov-cni#349)', async () => {
      await add(node, 'default/web-0', pod);
      await pod.holdByDescriptor();
      await pod.unmount();

      expect(await del('default/web-0', '--container-id', 'web-0')).toMatchObject({ code: 0 });
      await isHome();
    });

    it('under its own name when the kernel returned it under the pod’s (kube-ovn#3437)', async () => {
      await node.ip('link set dev eni0 alias uplink-two', 'link set dev eni0 up');
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');

      expect(await del('default/web-0')).toMatchObject({ code: 0 });
      expect((await node.kernelState()).home).toEqual(before.home);
    });

    it('under its own name, also from the next pod, when a pod that was deleted by force left it under one made up (multi-nic-cni#278)', async () => {
      const before = await node.kernelState();
      for (const round of ['first', 'second']) {
        const victim = await node.pod(round);
        await add(node, 'default/web-0', victim, ['--ifname', 'net1', '--eni', node.eni(0).id]);
        await node.simulateCardReturn(victim, 'net1', 'net1-x');

        expect(await del('default/web-0')).toMatchObject({ code: 0 });
        expect((await node.kernelState()).home).toEqual(before.home);
      }
    });

    it('and only that of the named interface', async () => {
      await add(node, 'default/web-0', pod);
      await add(node, 'default/web-0', pod, ['--ifname', 'net1']);

      expect(await del('default/web-0', '--container-id', 'web-0', '--ifname', 'net1')).toMatchObject({ code: 0 });
      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
      expect(await node.link('eni1')).toMatchObject({ address: node.eni(1).mac });
    });
  });

  it('brings home the NIC and not another link, where the names of both are no UTF-8', async () => {
    await add(node, 'default/web-0', pod);
    await pod.ip('link set eth0 down');
    const script = ['ip link set eth0 name "$(printf "\\377")"', 'ip link add "$(printf "\\376")" index 77 type veth'];
    expect(await pod.run('sh', '-c', script.join(' && '))).toMatchObject({ code: 0 });

    expect(await del('default/web-0')).toMatchObject({ code: 0 });
    await isHome();
    expect((await pod.links()).map(({ ifindex }) => ifindex)).toContain(77);
  });

  it('takes no NIC for gone whose netns it may not enter', async () => {
    await add(node, 'default/web-0', pod);
    const via = ['setpriv', '--inh-caps=-sys_admin', '--bounding-set=-sys_admin'];
    const result = await node.enim(['del', 'default/web-0'], { via });
    expectRefusal(result, { code: 1, says: [pod.path, 'may not be entered'], mentions: ['CAP_SYS_ADMIN'] });
    expect(Object.keys(node.state()?.attachments ?? {})).toHaveLength(1);
    expect(await del('default/web-0')).toMatchObject({ code: 0 });
    await isHome();
  });

  describe('succeeds when there is nothing to do, and touches nothing', () => {
    it('the second time', async () => {
      await add(node, 'default/web-0', pod);
      expect(await del('default/web-0', '--container-id', 'web-0')).toMatchObject({ code: 0 });

      const second = await expectUnchanged(node, () => del('default/web-0', '--container-id', 'web-0'));
      expect(second.code).toBe(0);
      expect(second.stdout + second.stderr).toContain('default/web-0');
    });

    it('for an unknown owner', async () => {
      const other = await node.pod('other');
      await add(node, 'default/other', other);

      expect(await expectUnchanged(node, () => del('default/web-9', '--container-id', 'c9'))).toMatchObject({
        code: 0,
      });
      expect(await expectUnchanged(node, () => del('default/web-9'))).toMatchObject({ code: 0 });
    });

    it('for another container ID', async () => {
      await add(node, 'default/web-0', pod, [], 'c1');

      expect(
        await expectUnchanged(node, () => del('default/web-0', '--container-id', 'c2', '--netns', pod.path)),
      ).toMatchObject({ code: 0 });
    });

    it('for another interface name', async () => {
      await add(node, 'default/web-0', pod, [], 'c1');

      expect(
        await expectUnchanged(node, () => del('default/web-0', '--container-id', 'c1', '--ifname', 'net7')),
      ).toMatchObject({ code: 0 });
    });

    it('before anything was ever added', async () => {
      expect(await expectKernelUnchanged(node, () => del('default/web-0', '--container-id', 'c1'))).toMatchObject({
        code: 0,
      });
    });
  });

  it('late, never touches a successor that has the same ENI by now (sriov-cni#219)', async () => {
    const successor = await node.pod('web-1');
    const { id } = node.eni(0);
    await add(node, 'default/web-0', pod, ['--eni', id], 'c1');
    expect(await del('default/web-0', '--container-id', 'c1')).toMatchObject({ code: 0 });
    await add(node, 'default/web-0', successor, ['--eni', id], 'c2');

    expect(
      await expectUnchanged(node, () => del('default/web-0', '--container-id', 'c1', '--netns', pod.path)),
    ).toMatchObject({ code: 0 });
    expect(await successor.link('eth0')).toMatchObject({ address: node.eni(0).mac });
  });

  it('frees the old container’s ENI and leaves the new one’s (whereabouts#176)', async () => {
    const next = await node.pod('web-0-restarted');
    const [old, fresh] = [
      await add(node, 'default/web-0', pod, [], 'c1'),
      await add(node, 'default/web-0', next, [], 'c2'),
    ];

    expect(await del('default/web-0', '--container-id', 'c1')).toMatchObject({ code: 0 });
    expect((await node.links()).some(({ address }) => address === old.mac)).toBe(true);
    expect(await next.link('eth0')).toMatchObject({ address: fresh.mac });
  });

  it('refuses to guess between two containers of one owner, and names them', async () => {
    const next = await node.pod('web-0-restarted');
    await add(node, 'default/web-0', pod, [], 'c-one');
    await add(node, 'default/web-0', next, [], 'c-two');

    const result = await expectUnchanged(node, () => del('default/web-0'));
    expectRefusal(result, { code: 2, says: ['default/web-0'], mentions: ['c-one', 'c-two', '--container-id'] });
  });

  describe('whatever became of the netns', () => {
    it.each([
      ['that is no netns', () => join(node.dir, 'plain')],
      ['that does not exist', () => join(node.dir, 'nowhere/at/all')],
      ['that is empty', () => ''],
    ])('succeeds with a path %s', async (_, path) => {
      writeFileSync(join(node.dir, 'plain'), 'no netns');
      await add(node, 'default/web-0', pod);

      expect(await del('default/web-0', '--container-id', 'web-0', `--netns=${path()}`)).toMatchObject({ code: 0 });
      await isHome();
    });

    it('brings the NIC home although an empty file is left of the path while a process lives on (sriov-cni#447)', async () => {
      await add(node, 'default/web-0', pod);
      await pod.holdByProcess();
      await must('umount', ['-l', pod.path]);

      expect(await del('default/web-0', '--container-id', 'web-0', '--netns', pod.path)).toMatchObject({ code: 0 });
      await isHome();
    });

    it('leaves the NIC with the pod that another plugin has given it to since', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0', 'eth7');
      const other = await node.pod('other');
      await node.ip('link set dev eth7 alias eth7', `link set dev eth7 netns ${other.netns} name net1`);

      expect(await del('default/web-0', '--container-id', 'web-0')).toMatchObject({ code: 0 });
      expect(await other.link('net1')).toBeDefined();
      expect(node.state()?.attachments).toEqual({});
    });

    it('succeeds when the device has gone with it, and shows the ENI as missing', async () => {
      await add(node, 'default/web-0', pod);
      await pod.unmount();

      expect(await del('default/web-0', '--container-id', 'web-0')).toMatchObject({ code: 0 });
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'missing', link: null });
    });
  });

  it('works although the ENI is no longer in the inventory', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    node.writeSettings({ provider: 'static', static: { enis: [] } });

    expect(await del('default/web-0')).toMatchObject({ code: 0 });
    expect(await node.kernelState()).toEqual(before);
    expect(node.state()?.attachments).toEqual({});
  });

  it('prints one JSON document when asked for JSON', async () => {
    await add(node, 'default/web-0', pod);

    expect(answer<object>(await del('default/web-0', '--json'))).toEqual(expect.any(Object));
  });

  it.each(['a/b/c', '', 'default/web-0 x'])('refuses the owner "%s"', async (owner) => {
    expectRefusal(await expectUnchanged(node, () => del(owner, '--container-id', 'c1')), {
      code: 2,
      mentions: [/owner/i],
    });
  });
});
