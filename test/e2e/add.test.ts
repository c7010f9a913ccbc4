import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AddAnswer, add, answer, eniOf, list, show } from '../fabric/answers.js';
import { must } from '../fabric/exec.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { addressesOf, readRoutes } from '../fabric/links.js';
import { holdLock } from '../fabric/locks.js';
import { createNetns, deleteNetns } from '../fabric/netns.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { listen } from '../fabric/wire.js';

describeEndToEnd('enim add', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  it('needs no program of the node', async () => {
    const before = await node.kernelState();
    const alone = { via: ['env', 'PATH=/nonexistent'] };

    expect(await node.enim(['add', 'default/web-0', '--netns', pod.path], alone)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await pod.link('eth0'))?.flags).toContain('UP');
    expect(await node.enim(['del', 'default/web-0'], alone)).toMatchObject({ code: 0, stderr: '' });
    expect(await node.kernelState()).toEqual(before);
  });

  it('without any privilege says so, and not that a netns has gone which is there', async () => {
    const via = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    chmodSync(node.dir, 0o755);
    const own = join(node.dir, 'own');
    mkdirSync(own);
    chownSync(own, 65534, 65534);
    const env = { ENIM_STATE_DIR: join(own, 'state'), ENIM_RUN_DIR: join(own, 'run') };

    const result = await node.enim(['add', 'default/web-0', '--netns', pod.path], { via, env });
    expectRefusal(result, { code: 1, says: [pod.path, 'may not be entered'], mentions: ['as root'] });
  });

  it('gives nothing to another netns that has come under the same path while it waited', async () => {
    const args = ['add', 'default/web-0', '--netns', pod.path, '--eni', node.eni(0).id];
    await add(node, 'default/web-0', pod);
    await node.enim(['del', 'default/web-0']);
    const before = await node.links();
    const lock = await holdLock(node, node.eni(0));
    const adding = node.startEnim(args);
    await eventually('that it waits', () => node.state()?.allocations[node.eni(0).id]?.holder != null);
    await pod.holdByProcess();
    await deleteNetns(pod.netns);
    await createNetns(pod.netns);
    await lock.release();

    expectRefusal(await adding.result, { code: 4, says: [pod.path, 'another one is there by now'] });
    expect((await pod.links()).map(({ ifname }) => ifname)).toEqual(['lo']);
    expect(await node.links()).toEqual(before);
    expect(node.state()?.attachments).toEqual({});
  });

  describe('gives a pod an ENI', () => {
    it('moves the NIC into the netns as eth0, up, with both addresses and a default route for each family', async () => {
      const { ifname, mac, ipv4, ipv6 } = eniOf(node, await add(node, 'default/web-0', pod));

      const link = await pod.link('eth0');
      expect(link).toMatchObject({ address: mac });
      expect(link?.flags).toContain('UP');
      expect(link && addressesOf(link)).toEqual([ipv4.address, ipv6.address].sort());
      expect(await readRoutes(pod.netns, '-4')).toEqual([
        `inet default via ${ipv4.gateway} dev eth0 table main metric 0`,
      ]);
      expect(await readRoutes(pod.netns, '-6')).toEqual([
        `inet6 default via ${ipv6.gateway} dev eth0 table main metric 1024`,
      ]);
      expect(await node.link(ifname)).toBeUndefined();
    });

    it('lets the pod reach its gateway at once, in both families', async () => {
      const { ipv4, ipv6 } = eniOf(node, await add(node, 'default/web-0', pod));

      for (const gateway of [ipv4.gateway, ipv6.gateway]) {
        expect(await pod.run('ping', '-c', '1', '-W', '5', gateway)).toMatchObject({ code: 0 });
      }
    });

    it('leaves no IPv6 address tentative', async () => {
      await add(node, 'default/web-0', pod);

      const link = await pod.link('eth0');
      expect(link?.addr_info?.filter(({ tentative, scope }) => tentative && scope !== 'link')).toEqual([]);
    });

    it('uses its IPv6 address at once although the pod that had it before still lives (containernetworking/plugins#571)', async () => {
      const { id, ipv6 } = node.eni(0);
      await must('ip', ['-n', node.fabric, 'addr', 'add', ipv6.address, 'dev', 'uplink', 'nodad']);

      await add(node, 'default/web-0', pod, ['--eni', id]);
      const there = (await pod.link('eth0'))?.addr_info?.find(({ local }) => `${local}/64` === ipv6.address);
      expect(there).toMatchObject({ scope: 'global' });
      expect(there).not.toMatchObject({ tentative: true });
      expect(there).not.toMatchObject({ dadfailed: true });
    });

    it('is never seen under another name at home while it leaves (containernetworking/plugins#1072)', async () => {
      const heard = join(node.dir, 'heard');
      const monitor = node.start(['sh', '-c', `exec ip -o monitor link >${heard}`]);
      await eventually('that the monitor hears', async () => {
        await node.ip('link set dev eni2 mtu 1400', 'link set dev eni2 mtu 1500');
        return existsSync(heard) && readFileSync(heard, 'utf8').includes('eni2');
      });
      await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);
      await eventually('that it left', () => /^Deleted /m.test(readFileSync(heard, 'utf8')));
      monitor.kill('SIGTERM');
      await monitor.result;

      const names = [...readFileSync(heard, 'utf8').matchAll(/^(?:Deleted )?\d+: ([^:@]+)/gm)].map(([, name]) => name);
      expect([...new Set(names)].sort()).toEqual(['eni0', 'eni2']);
    });

    it('announces the addresses, so that neighbours forget the pod that had them before (amazon-vpc-cni-k8s#3628)', async () => {
      const { id, mac, ipv4, ipv6 } = node.eni(0);
      const [address4, address6] = [ipv4, ipv6].map(({ address }) => address.split('/')[0]);
      const wire = await listen(node.fabric, 'peer-eni0', 'arp or icmp6');
      try {
        await add(node, 'default/web-0', pod, ['--eni', id]);

        const sent = (what: string) => wire.packets().some((line) => line.includes(`${mac} > `) && line.includes(what));
        await eventually('a gratuitous ARP', () => sent(`who-has ${address4} tell ${address4}`));
        await eventually('an unsolicited neighbour advertisement', () => sent(`advertisement, tgt is ${address6}`));
        // The gateway learns it too where the announcement came too early for its port.
        await eventually('a request to the gateway', () => sent(`who-has ${ipv4.gateway} tell ${address4}`));
      } finally {
        wire.stop();
      }
    });

    it('answers addresses with prefix length, gateways, MAC and interface', async () => {
      const result = await add(node, 'default/web-0', pod);
      const { id, mac, ipv4, ipv6 } = eniOf(node, result);

      const link = await pod.link('eth0');
      expect(result).toMatchObject({
        ipv4,
        ipv6,
        mac,
        interface: { name: 'eth0', ifindex: link?.ifindex, netns: pod.path },
        eni: {
          ...{ id, mac, ipv4, ipv6, provider: 'static', state: 'used' },
          link: { name: 'eth0', ifindex: link?.ifindex, netns: pod.path, up: true },
          attachment: {
            owner: 'default/web-0',
            containerID: 'web-0',
            ifname: 'eth0',
            netns: pod.path,
            network: 'enim',
          },
        },
      });
    });

    it('tells a person the ENI, the addresses and the interface', async () => {
      const { code, stdout } = await node.enim(['add', 'default/web-0', '--netns', pod.path]);

      const { id, ipv4, ipv6 } = node.eni(0);
      expect(code).toBe(0);
      for (const part of [id, ipv4.address, ipv6.address, 'eth0']) expect(stdout).toContain(part);
    });

    it('labels the NIC while it is away', async () => {
      await add(node, 'default/web-0', pod);

      expect((await pod.link('eth0'))?.ifalias).toMatch(/^enim:/);
    });

    it('records the attachment before it answers', async () => {
      await add(node, 'default/web-0', pod);

      const { id } = node.eni(0);
      expect(node.state()).toMatchObject({
        version: 3,
        attachments: {
          'enim/web-0/eth0': {
            owner: 'default/web-0',
            phase: 'attached',
            netns: { path: pod.path, inode: pod.inode },
            eni: { id },
          },
        },
      });
      expect(node.state()?.allocations[id]?.holder).not.toBeNull();
    });

    it('takes another interface name', async () => {
      await add(node, 'default/web-0', pod, ['--ifname', 'net1']);

      expect(await pod.link('net1')).toMatchObject({ address: node.eni(0).mac });
    });

    it('takes the ENI that is asked for', async () => {
      expect((await add(node, 'default/web-0', pod, ['--eni', node.eni(2).id])).mac).toBe(node.eni(2).mac);
    });

    it('takes the netns by its name, too', async () => {
      const result = await node.enim(['add', 'default/web-0', '--netns', pod.netns, '--json']);

      expect(answer<AddAnswer>(result).interface.name).toBe('eth0');
      expect(await pod.link('eth0')).toBeDefined();
    });

    it('takes the netns by the PID of a process in it, too', async () => {
      const { pid } = await pod.holdByProcess();
      answer(await node.enim(['add', 'default/web-0', '--netns', String(pid), '--json']));

      expect(await pod.link('eth0')).toBeDefined();
    });

    it('gives a pod a second ENI under another name', async () => {
      await add(node, 'default/web-0', pod);
      await add(node, 'default/web-0', pod, ['--ifname', 'net1']);

      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
      expect(await pod.link('net1')).toMatchObject({ address: node.eni(1).mac });
    });
  });

  describe('asked again', () => {
    it('answers the same, with one ENI', async () => {
      const first = await add(node, 'default/web-0', pod);
      const kernel = await node.kernelState();
      const second = await add(node, 'default/web-0', pod);

      expect(second).toEqual(first);
      expect(await node.kernelState()).toEqual(kernel);
      expect((await list(node)).filter(({ state }) => state === 'used')).toHaveLength(1);
    });

    it('answers the same without a container ID, which it derives from the netns', async () => {
      const ask = async (): Promise<AddAnswer> =>
        answer(await node.enim(['add', 'default/web-0', '--netns', pod.path, '--json']));
      const first = await ask();

      expect(await ask()).toEqual(first);
    });

    it('gives a new container of the same owner its own ENI and leaves the old one its', async () => {
      const next = await node.pod('web-0-restarted');
      const old = await add(node, 'default/web-0', pod, [], 'c1');
      const fresh = await add(node, 'default/web-0', next, [], 'c2');

      expect(fresh.eni.id).not.toBe(old.eni.id);
      expect(await pod.link('eth0')).toMatchObject({ address: old.mac });
      expect(await next.link('eth0')).toMatchObject({ address: fresh.mac });
    });
  });

  describe('by the inventory', () => {
    it('sets the MTU', async () => {
      node.writeSettings(inventory(node.enis, () => ({ mtu: 1400 })));
      await add(node, 'default/web-0', pod);

      expect((await pod.link('eth0'))?.mtu).toBe(1400);
    });

    it('leaves the MTU of the NIC where none is given', async () => {
      await node.ip('link set dev eni0 mtu 1432');
      await add(node, 'default/web-0', pod);

      expect((await pod.link('eth0'))?.mtu).toBe(1432);
    });

    it('sets the given routes in place of the default route', async () => {
      const { gateway } = node.eni(0).ipv4;
      node.writeSettings(inventory(node.enis, () => ({ routes: [{ dst: '172.20.0.0/16', gw: gateway }] })));
      await add(node, 'default/web-0', pod);

      expect(await readRoutes(pod.netns, '-4')).toEqual([
        `inet 172.20.0.0/16 via ${gateway} dev eth0 table main metric 0`,
      ]);
      expect(await readRoutes(pod.netns, '-6')).toEqual([]);
    });

    it('sets no routes where the list of them is empty', async () => {
      node.writeSettings(inventory(node.enis, () => ({ routes: [] })));
      await add(node, 'default/web-0', pod);

      expect([...(await readRoutes(pod.netns, '-4')), ...(await readRoutes(pod.netns, '-6'))]).toEqual([]);
    });

    it.each(['ipv4', 'ipv6'] as const)('sets up %s alone', async (family) => {
      node.writeSettings(inventory(node.enis, () => ({ [family === 'ipv4' ? 'ipv6' : 'ipv4']: undefined })));
      const result = await add(node, 'default/web-0', pod);

      const { ipv4, ipv6 } = node.eni(0);
      expect({ ipv4: result.ipv4, ipv6: result.ipv6 }).toEqual(
        family === 'ipv4' ? { ipv4, ipv6: null } : { ipv4: null, ipv6 },
      );
      const { gateway } = node.eni(0)[family];
      expect(await pod.run('ping', '-c', '1', '-W', '5', gateway)).toMatchObject({ code: 0 });
    });

    it('finds an ENI by its MAC under whatever name it has at home', async () => {
      await node.ip('link set dev eni0 name renamed7');
      const result = await add(node, 'default/web-0', pod, ['--eni', node.eni(0).id]);

      expect(result.mac).toBe(node.eni(0).mac);
      expect(await node.link('renamed7')).toBeUndefined();
    });
  });

  describe('refuses, and changes nothing', () => {
    const refused = (args: readonly string[]) => expectUnchanged(node, () => node.enim(args));
    const addTo = (netns: string, ...extra: string[]) => ['add', 'default/web-0', '--netns', netns, ...extra];

    it('an interface name that the netns has already', async () => {
      await pod.ip('link add name eth0 type bridge');

      expectRefusal(await refused(addTo(pod.path)), { code: 2, says: ['eth0', pod.path], mentions: ['--ifname'] });
    });

    it('an interface name that is an altname in the netns', async () => {
      await pod.ip('link add name inner type bridge', 'link property add dev inner altname eth0');

      expectRefusal(await refused(addTo(pod.path)), { code: 2, says: ['eth0'] });
    });

    it.each([
      ['of 16 characters', 'abcdefghijklmnop'],
      ['with a slash', 'net/1'],
      ['with a space', 'net 1'],
      ['that is empty', ''],
      ['that is a directory', '..'],
    ])('an interface name %s', async (_, name) => {
      expectRefusal(await refused(addTo(pod.path, '--ifname', name)), {
        code: 2,
        says: [/interface name|ifname/i, `"${name}"`],
      });
    });

    it.each([
      ['of three parts', 'a/b/c'],
      ['of one part', 'web-0'],
      ['that is empty', ''],
      ['with a shell’s characters', 'default/web-0;reboot'],
      ['with a substitution', 'default/$(id)'],
      ['with a line end', 'default/web\n0'],
    ])('an owner %s', async (_, owner) => {
      expectRefusal(await refused(['add', owner, '--netns', pod.path]), {
        code: 2,
        mentions: [/owner/i, owner.split('\n')[0] ?? ''],
      });
    });

    it.each(['', '../c1', 'a b', '-x'])('the container ID "%s"', async (id) => {
      expectRefusal(await refused(addTo(pod.path, `--container-id=${id}`)), {
        code: 2,
        says: [/container ID/i, `"${id}"`],
      });
    });

    it('a netns that does not exist', async () => {
      const result = await refused(addTo('/run/netns/enimtest-none'));

      expectRefusal(result, { code: 4, says: ['/run/netns/enimtest-none'] });
    });

    it('a netns path that leads to something else', async () => {
      expectRefusal(await refused(addTo(node.configFile)), { code: 4, says: [node.configFile] });
    });

    it('the PID of no process', async () => {
      expectRefusal(await refused(addTo('4194304')), { code: 4, says: ['4194304'] });
    });

    it('its own netns, where the NICs are at home', async () => {
      expectRefusal(await refused(addTo(`/run/netns/${node.netns}`)), { code: 2, says: [node.netns] });
    });

    it('an ENI that is not known', async () => {
      expectRefusal(await refused(addTo(pod.path, '--eni', 'eni-zz')), { code: 4, says: ['eni-zz'] });
    });

    it('an ENI that another pod has', async () => {
      const other = await node.pod('other');
      const { eni } = await add(node, 'default/other', other);

      const result = await refused(addTo(pod.path, '--eni', eni.id));
      expect([3, 6]).toContain(result.code);
      expectRefusal(result, { code: result.code ?? 0, says: [eni.id, 'default/other'] });
    });

    it('a missing --netns', async () => {
      expectRefusal(await refused(['add', 'default/web-0']), { code: 2, mentions: ['netns'] });
    });

    it('a flag that does not exist', async () => {
      expectRefusal(await refused(addTo(pod.path, '--interface', 'eth1')), { code: 2, mentions: ['--interface'] });
    });

    it('with one JSON document on standard output when asked for JSON', async () => {
      const result = await refused([...addTo('/run/netns/enimtest-none'), '--json']);

      expect(result).toMatchObject({ code: 4, json: { error: { code: 'NOT_THERE', exitCode: 4 } } });
      expect(result.json).toMatchObject({
        error: { message: expect.stringContaining('enimtest-none'), hint: expect.any(String) },
      });
    });
  });

  describe('when nothing is left', () => {
    it('ends with 3, says what became of all ENIs, and changes nothing', async () => {
      for (const index of [0, 1, 2]) await add(node, `default/web-${index}`, await node.pod(`taken-${index}`));

      const result = await expectUnchanged(node, () => node.enim(['add', 'default/late', '--netns', pod.path]));
      expectRefusal(result, { code: 3, says: [/no free ENI|no ENI is free/i, '3'] });
    });

    it('does not count an ENI whose device is missing (amazon-vpc-cni-k8s#732)', async () => {
      await node.start(['ip', '-n', node.fabric, 'link', 'del', 'peer-eni0']).result;

      expect((await add(node, 'default/web-0', pod)).eni.id).toBe(node.eni(1).id);
      expect((await show(node, node.eni(0))).state).toBe('missing');
    });
  });

  it('chooses the ENI that rested longest, never used ones first', async () => {
    const turns: string[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      turns.push((await add(node, 'default/web-0', pod, [], `c${turn}`)).eni.id);
      answer(await node.enim(['del', 'default/web-0', '--container-id', `c${turn}`, '--json']));
    }

    const ids = node.enis.map(({ id }) => id);
    expect(turns).toEqual([...ids, ...ids]);
  });
});
