import { describe, expect, it } from '@jest/globals';
import { createLinkDriver } from '../../src/link/driver.js';
import type { Beside } from '../../src/link/rename.js';
import { formatLabel } from '../../src/model/label.js';
import type { Link } from '../../src/model/link.js';
import { setupOf } from '../../src/model/setup.js';
import { createTogether } from '../../src/together.js';

import { macOf, sampleAttachment, sampleEndpoint, sampleEni } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { HOME, Kernel, Refusal } from './kernel.js';

const LOCK = { fd: 7 };
const NAME = '/run/netns/web-0';

/** A machine with one card at home, one netns, and the driver for it. */
/** Nobody else is at work. */
const atOnce: Beside = (_, work) => work();

function machine(sshPeer: string | null = null) {
  const kernel = new Kernel();
  const card = kernel.addDevice({ name: 'eni1', mac: macOf(1), ifindex: 7, bus: '0000:00:05.0' });
  const netns = { path: NAME, inode: kernel.addNetns(NAME) };
  const driver = createLinkDriver(kernel, { sshPeer }).under(LOCK);
  const home = async (): Promise<Link> => (await driver.lookHome()).links.find(({ mac }) => mac === macOf(1)) as Link;
  return { kernel, card, netns, driver, home };
}

describe('looking', () => {
  it('shows the links at home, all names, and what carries default routes', async () => {
    const { kernel, driver } = machine();
    kernel.addDevice({
      name: 'eth0',
      altnames: ['enp1s0'],
      mac: macOf(9),
      up: true,
      routes: [{ dst: 'default', family: 4, gateway: '10.0.0.1', table: '100' }],
    });
    const { links, use } = await driver.lookHome();
    expect(links.map(({ name }) => name)).toEqual(['eni1', 'eth0']);
    expect([...use.names]).toEqual(['eni1', 'eth0', 'enp1s0']);
    expect(use.defaultRoutes.map(({ dev, table }) => `${dev} ${table}`)).toEqual(['eth0 100']);
    expect(use.sshDevice).toBeNull();
  });

  it('tells which device leads to the SSH peer, and lives without a way to it', async () => {
    const { kernel, driver } = machine('192.0.2.9');
    expect((await driver.lookHome()).use.sshDevice).toBeNull();
    kernel.addDevice({
      name: 'eth0',
      mac: macOf(9),
      up: true,
      addresses: [{ address: '192.0.2.2/24', scope: 'global' }],
    });
    expect((await driver.lookHome()).use.sshDevice).toBe('eth0');
  });

  it('at the same as others at the same time is one look, which holds no netns once it is over, whoever has left meanwhile', async () => {
    const { kernel, netns } = machine();
    const work = createLinkDriver(kernel, { together: createTogether() }).under(LOCK);
    const looks = [work.lookInto(netns), work.lookInto(netns), work.lookInto(netns)];
    await work.close();
    const [first, second, third] = await Promise.all(looks);
    expect([first, second]).toEqual([[], []]);
    expect(third).toBe(second);
    kernel.endNetns(netns.inode);
    expect(kernel.devices.has(netns.inode)).toBe(false);
  });

  it('into a netns that is gone gives undefined; into one where `ip` fails, an error', async () => {
    const { kernel, driver, netns } = machine();
    expect(await driver.lookInto(netns)).toEqual([]);
    expect(await driver.lookInto({ path: '/run/netns/none', inode: 1 })).toBeUndefined();
    kernel.onCommand = () => {
      throw new Refusal('Cannot send dump request: No buffer space available');
    };
    const broken = createLinkDriver(kernel);
    expect((await enimErrorOf(() => broken.lookInto(netns))).code).toBe('LINK_FAILED');
    expect((await enimErrorOf(() => broken.lookHome())).code).toBe('LINK_FAILED');
    expect(kernel.changes).toEqual([]);
  });
});

describe('moveIn', () => {
  it('labels the NIC and moves it, by index, under its new name, in one process and under the lock (containernetworking/plugins#1072)', async () => {
    const { kernel, driver, netns, home } = machine();
    const seen: (readonly number[])[] = [];
    kernel.onCommand = (_, keepOpen) => void seen.push(keepOpen);
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    expect(kernel.changes).toEqual([
      'home: link set dev if7 alias enim:eni=eni-1;home=eni1;network=enim;container=c1;ifname=eth0;owner=default/web-0',
      `home: link set dev if7 netns ${NAME} name eth0`,
    ]);
    expect(seen.slice(-2)).toEqual([[LOCK.fd], [LOCK.fd]]);
    expect(kernel.in(netns.inode).map(({ name, mac }) => `${name} ${mac}`)).toEqual([`eth0 ${macOf(1)}`]);
  });

  it('labels the right NIC, although udev has renamed it since, and its name is another’s', async () => {
    const { kernel, card, driver, netns, home } = machine();
    const link = await home();
    card.name = 'ens5';
    const next = kernel.addDevice({ name: 'eni1', mac: macOf(8) });
    await driver.moveIn(link, netns, sampleAttachment(), new Set());
    expect(kernel.in(netns.inode)).toMatchObject([{ mac: macOf(1), alias: expect.stringContaining('enim:') }]);
    expect(next).toMatchObject({ name: 'eni1', alias: undefined });
  });

  it('fails with the kernel’s reason', async () => {
    const { kernel, driver, netns, home } = machine();
    const link = await home();
    kernel.paths.delete(NAME);
    const error = await enimErrorOf(() => driver.moveIn(link, netns, sampleAttachment(), new Set()));
    expect(error.message).toBe(
      `"ip link set dev if7 netns ${NAME} name eth0" at home: argument "${NAME}" is wrong: Invalid "netns" value.`,
    );
    expect(kernel.in(HOME)).toHaveLength(1);
  });
});

describe('configure', () => {
  const setup = setupOf(
    sampleEni(1, {
      ...{
        mtu: 9000,
        ipv4: { address: '10.0.0.10/24', gateway: '10.0.0.1' },
        ipv6: { address: 'fd00::10/64', gateway: 'fd00::1' },
      },
    }),
  );

  it('sets the NIC up and gives it back as it then is', async () => {
    const { kernel, driver, netns, home } = machine();
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    const link = await driver.configure(netns, 'eth0', setup);
    expect(link).toMatchObject({ name: 'eth0', mtu: 9000, up: true, mac: macOf(1) });
    expect(driver.faults(link, setup)).toEqual([]);
    expect(kernel.show()).toContain(
      'routes 4 default main 0 via 10.0.0.1 src -, 6 default main 1024 via fd00::1 src -',
    );
    expect([...kernel.sysctls]).toEqual([
      [`${netns.inode} /proc/sys/net/ipv4/conf/eth0/arp_notify`, '1'],
      [`${netns.inode} /proc/sys/net/ipv6/conf/eth0/ndisc_notify`, '1'],
      ...['ipv4', 'ipv6'].map((family) => [`${netns.inode} /proc/sys/net/${family}/neigh/eth0/retrans_time_ms`, '100']),
      ...['ipv4', 'ipv6'].map((family) => [`${netns.inode} /proc/sys/net/${family}/neigh/eth0/mcast_solicit`, '30']),
      [`${netns.inode} /proc/sys/net/ipv6/conf/eth0/accept_dad`, '0'],
    ]);
  });

  it('may be repeated', async () => {
    const { kernel, driver, netns, home } = machine();
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    const first = await driver.configure(netns, 'eth0', setup);
    const before = kernel.show();
    expect(await driver.configure(netns, 'eth0', setup)).toEqual(first);
    expect(kernel.show()).toBe(before);
  });

  it('waits until IPv6 addresses are settled', async () => {
    const { kernel, driver, netns, home } = machine();
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    let looks = 0;
    kernel.onCommand = (text) => {
      const [device] = kernel.in(netns.inode);
      if (!text.includes('address show') || device === undefined) return;
      looks += 1;
      device.addresses = device.addresses.map((each) => ({
        ...each,
        tentative: each.address.includes(':') && looks < 3,
      }));
    };
    const link = await driver.configure(netns, 'eth0', setup);
    expect(looks).toBe(3);
    expect(link.addresses.some(({ tentative }) => tentative)).toBe(false);
  });

  it('fails where another host has the address', async () => {
    const { kernel, driver, netns, home } = machine();
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    kernel.onCommand = (text) => {
      if (text.includes('address show'))
        for (const device of kernel.in(netns.inode))
          device.addresses = device.addresses.map((each) => ({ ...each, dadfailed: true }));
    };
    const error = await enimErrorOf(() => driver.configure(netns, 'eth0', setup));
    expect(error.code).toBe('NIC_UNSOUND');
    expect(error.message).toContain('another host has fd00::10/64');
  });

  it('fails where the NIC is not there', async () => {
    const { driver, netns } = machine();
    expect((await enimErrorOf(() => driver.configure(netns, 'eth0', setup))).code).toBe('LINK_FAILED');
  });
});

describe('moveHome', () => {
  const away = async () => {
    const bench = machine();
    await bench.driver.moveIn(await bench.home(), bench.netns, sampleAttachment(), new Set());
    const [link] = (await bench.driver.lookInto(bench.netns)) ?? [];
    return { ...bench, link: link as Link };
  };
  const names = (kernel: Kernel): string[] => kernel.in(HOME).map(({ name }) => name);

  it('brings the NIC home under its own name, which it has not in the pod', async () => {
    const { kernel, driver, netns, link } = await away();
    await driver.moveHome(link, netns, 'eni1');
    expect([names(kernel), kernel.in(netns.inode)]).toEqual([['eni1'], []]);
  });

  it('brings it home although its name is taken there, under a free one', async () => {
    const { kernel, driver, netns, link } = await away();
    kernel.addDevice({ name: 'eni1', mac: macOf(8) });
    kernel.addDevice({ name: 'x', altnames: ['enim0'], mac: macOf(9) });
    await driver.moveHome(link, netns, 'eni1');
    expect(names(kernel)).toEqual(['eni1', 'x', 'enim1']);
  });

  it('drops altnames that somebody has at home, and the one that is the name itself (sriov-cni#445)', async () => {
    const { kernel, driver, netns, card } = await away();
    card.altnames.push('eni1', 'clash', 'fine');
    kernel.addDevice({ name: 'other', altnames: ['clash'], mac: macOf(9) });
    const [link] = (await driver.lookInto(netns)) ?? [];
    await driver.moveHome(link as Link, netns, 'eni1');
    expect(kernel.in(HOME).find(({ name }) => name === 'eni1')?.altnames).toEqual(['fine']);
  });

  it('removes what the pod has put on it, and says so, and what could not be removed', async () => {
    const { kernel, driver, netns, link } = await away();
    for (const [index, name] of ['mac0', 'mac1'].entries())
      kernel.addDevice({ kind: 'macvlan', lower: link.name, name, mac: macOf(8 + index) }, netns.inode);
    kernel.onCommand = (text) => {
      if (text.includes('link del dev mac1')) throw new Refusal('RTNETLINK answers: Device or resource busy');
    };
    expect(await driver.moveHome(link, netns, 'eni1')).toEqual({
      name: 'eni1',
      restored: [{ what: 'macvlan on it', from: 'mac0', to: '-' }],
      remaining: [{ what: 'macvlan on it', from: 'mac1', to: '-' }],
    });
  });

  it('brings home the NIC and not another link, where ip says the names of both alike', async () => {
    const { kernel, driver, netns, card } = await away();
    kernel.in(netns.inode).unshift({ ...card, ifindex: 77, name: '\ufffd', mac: macOf(9), permanentMac: macOf(9) });
    card.name = '\ufffd';
    const link = (await driver.lookInto(netns))?.find(({ ifindex }) => ifindex === card.ifindex);
    await driver.moveHome(link as Link, netns, 'eni1');
    expect(kernel.in(HOME)).toEqual([card]);
  });

  it('holds the lock meanwhile', async () => {
    const { kernel, driver, netns, link } = await away();
    const seen: string[] = [];
    kernel.onCommand = (text, keepOpen) => void (text.includes('link set') && seen.push(String(keepOpen)));
    await driver.moveHome(link, netns, 'eni1');
    expect(seen).toEqual(['7']);
  });
});

describe('restore', () => {
  it('makes the NIC what it was: what left is what returns', async () => {
    const { kernel, card, driver, netns, home } = machine();
    Object.assign(card, { alias: 'uplink to "rack" #7', altnames: ['enp5s0'], group: '7', txqlen: 500, up: true });
    card.addresses.push({ address: '10.7.0.5/24', scope: 'global' }, { address: 'fd07::5/64', scope: 'global' });
    card.routes.push(
      {
        dst: '10.9.0.0/16',
        family: 4,
        gateway: '10.7.0.1',
        metric: 50,
        prefsrc: '10.7.0.5',
        table: 'main',
        protocol: 'static',
        scope: 'global',
      },
      { dst: 'fd09::/64', family: 6, gateway: 'fd07::1', metric: 1024, table: '100', protocol: 'static' },
    );
    const before = kernel.show();
    const snapshot = await driver.snapshot(await home());
    await driver.moveIn(await home(), netns, sampleAttachment(), new Set());
    const [inPod] = (await driver.lookInto(netns)) ?? [];
    Object.assign(card, { mac: macOf(99), mtu: 1300, txqlen: 10, promisc: true, altnames: ['pods'] });
    Object.assign(card, { arp: false, multicast: false, allmulticast: true, mode: 'DORMANT', xdp: ['xdpgeneric'] });
    card.packets.gso_max_size = 30_000;
    await driver.moveHome(inPod as Link, netns, 'eni1');
    const [link] = (await driver.lookHome()).links;
    const { restored, remaining, link: now } = await driver.restore(link as Link, snapshot, atOnce);
    expect(kernel.show()).toBe(before);
    expect(remaining).toEqual([]);
    expect(now).toMatchObject({ name: 'eni1', mac: macOf(1), up: true });
    expect(restored.map(({ what }) => what)).toEqual([
      ...[
        'XDP program',
        'MAC',
        'MTU',
        'txqueuelen',
        'promiscuity',
        'ARP',
        'multicast',
        'allmulticast',
        'link mode',
        'gso_max_size',
      ],
      ...['altname', 'altname'],
    ]);
  });

  it('says what could not be put back', async () => {
    const { kernel, card, driver, home } = machine();
    const snapshot = await driver.snapshot(await home());
    card.name = 'enim0';
    kernel.addDevice({ name: 'eni1', mac: macOf(9) });
    const { remaining, link } = await driver.restore(await home(), snapshot, atOnce);
    expect(link.name).toBe('enim0');
    expect(remaining).toEqual([{ what: 'name', from: 'enim0', to: 'eni1' }]);
  });

  it('takes its name from another NIC that the kernel sent home under it, and that has a name of its own to go to', async () => {
    const { kernel, card, driver, home } = machine();
    const snapshot = await driver.snapshot(await home());
    const alias = formatLabel('eni-2', 'eni2', sampleEndpoint());
    const other = kernel.addDevice({ name: 'eni1', mac: macOf(2), alias, up: true });
    card.name = 'dev7';
    const { links } = await driver.lookHome();
    const renamed = { what: 'name', from: 'dev7', to: 'eni1' };
    expect(driver.differences(await home(), snapshot, links)).toEqual([renamed]);
    expect(await driver.restore(await home(), snapshot, atOnce)).toMatchObject({ restored: [renamed], remaining: [] });
    expect([card.name, other.name, other.alias]).toEqual(['eni1', 'enim0', alias]);
  });

  it('touches that other NIC only beside whoever works on it, and not if it has left by then', async () => {
    const { kernel, card, driver, home } = machine();
    const snapshot = await driver.snapshot(await home());
    const other = kernel.addDevice({
      name: 'eni1',
      mac: macOf(2),
      alias: formatLabel('eni-2', 'eni2', sampleEndpoint()),
    });
    card.name = 'dev7';
    const asked: string[] = [];
    const beside: Beside = async (eni, work) => {
      asked.push(eni);
      expect(other.name).toBe('eni1');
      Object.assign(other, { name: 'eni2', alias: undefined, up: true });
      await work();
    };
    expect(await driver.restore(await home(), snapshot, beside)).toMatchObject({ remaining: [] });
    expect(asked).toEqual(['eni-2']);
    expect([card.name, other.name, other.up]).toEqual(['eni1', 'eni2', true]);
  });

  it('leaves its name to another NIC that could not get its own, or is no longer on its way home', async () => {
    for (const target of ['taken', 'eni1']) {
      const { kernel, card, driver, home } = machine();
      const snapshot = await driver.snapshot(await home());
      kernel.addDevice({ name: 'x', altnames: ['taken'], mac: macOf(9) });
      kernel.addDevice({ name: 'eni1', mac: macOf(2), alias: formatLabel('eni-2', target, sampleEndpoint()) });
      card.name = 'dev7';
      const { remaining } = await driver.restore(await home(), snapshot, atOnce);
      expect(remaining).toEqual([{ what: 'name', from: 'dev7', to: 'eni1' }]);
      expect(kernel.in(HOME).map(({ name }) => name)).toEqual(['dev7', 'x', 'eni1']);
    }
  });

  it('goes on where something cannot be put back, and says what', async () => {
    const { kernel, card, driver, home } = machine();
    const bridge = kernel.addDevice({ name: 'br0', mac: macOf(9), kind: 'bridge' });
    Object.assign(card, { master: 'br0', up: true });
    card.addresses.push({ address: '10.7.0.5/24', scope: 'global' });
    card.routes.push({ dst: '10.9.0.0/16', family: 4, gateway: '10.7.0.1', prefsrc: '10.7.0.6' });
    const snapshot = await driver.snapshot(await home());
    Object.assign(card, { master: undefined, routes: [], addresses: [], mtu: 1300, up: false });
    kernel.in(HOME).splice(kernel.in(HOME).indexOf(bridge), 1);
    const { remaining, link } = await driver.restore(await home(), snapshot, atOnce);
    expect(link).toMatchObject({ mtu: 1500, up: true });
    expect(link.addresses.map(({ address }) => address)).toEqual(['10.7.0.5/24']);
    expect(remaining.map(({ what }) => what)).toEqual(['master', 'route']);
  });

  it('tells beforehand what it would put back', async () => {
    const { card, driver, home } = machine();
    const snapshot = await driver.snapshot(await home());
    Object.assign(card, { name: 'eth0', mtu: 1300 });
    expect(driver.differences(await home(), snapshot, (await driver.lookHome()).links)).toEqual([
      { what: 'name', from: 'eth0', to: 'eni1' },
      { what: 'MTU', from: '1300', to: '1500' },
    ]);
  });

  it('fails as LINK_LOST where the NIC goes away meanwhile', async () => {
    const { kernel, driver, home } = machine();
    const link = await home();
    const snapshot = await driver.snapshot(link);
    kernel.onCommand = (text) => {
      if (text === `home: address show dev if${link.ifindex}`) kernel.in(HOME).length = 0;
    };
    expect((await enimErrorOf(() => driver.restore(link, snapshot, atOnce))).code).toBe('LINK_LOST');
  });
});
