import { describe, expect, it } from '@jest/globals';
import { planRestore, remainingDifferences, takeSnapshot } from '../../src/link/snapshot.js';
import { formatLabel } from '../../src/model/label.js';
import type { LinkRoute, Restored } from '../../src/model/link.js';
import { macOf, sampleAddress, sampleEndpoint, sampleLink, sampleSnapshot } from '../model/samples.js';

const LABEL = formatLabel('eni-1', 'eni1', sampleEndpoint());

/** The plan as `ip` text. */
function plan(
  link: Parameters<typeof sampleLink>[0],
  snapshot: Parameters<typeof sampleSnapshot>[0],
  taken: readonly string[] = [],
): string[] {
  return planRestore(sampleLink(link), sampleSnapshot(snapshot), new Set(taken)).commands.map((command) =>
    command.join(' '),
  );
}

function restored(
  link: Parameters<typeof sampleLink>[0],
  snapshot: Parameters<typeof sampleSnapshot>[0],
  taken: readonly string[] = [],
): string[] {
  return planRestore(sampleLink(link), sampleSnapshot(snapshot), new Set(taken)).restored.map(show);
}

function show({ what, from, to }: Restored): string {
  return `${what} ${from} → ${to}`;
}

function route(overrides: Partial<LinkRoute>): LinkRoute {
  return {
    ...{
      dst: '10.9.0.0/16',
      family: 4,
      gateway: null,
      dev: 'eni1',
      table: 'main',
      metric: null,
      scope: 'global',
      prefsrc: null,
      protocol: 'boot',
      weight: null,
    },
    ...overrides,
  };
}

describe('takeSnapshot', () => {
  it('keeps all but what the kernel makes anew: link-local addresses', () => {
    const addresses = [
      sampleAddress('10.0.0.10/24'),
      sampleAddress('fd00::10/64'),
      sampleAddress('fe80::1/64', { scope: 'link' }),
    ];
    const link = sampleLink({
      altnames: ['a'],
      alias: 'b',
      group: '7',
      up: true,
      promiscuous: true,
      busAddress: 'virtio3',
      addresses,
    });
    expect(takeSnapshot(link, [route({})], { 'ipv4/conf/arp_notify': '1' })).toEqual(
      sampleSnapshot({
        sysctls: { 'ipv4/conf/arp_notify': '1' },
        ...{
          altnames: ['a'],
          alias: 'b',
          group: '7',
          up: true,
          promiscuous: true,
          busAddress: 'virtio3',
          routes: [route({})],
        },
        addresses: [
          { address: '10.0.0.10/24', scope: 'global' },
          { address: 'fd00::10/64', scope: 'global' },
        ],
      }),
    );
  });
});

describe('planRestore', () => {
  it('does no more for a link that is as it was than to say so', () => {
    expect([plan({}, {}), restored({}, {})]).toEqual([['link set dev if2 down'], []]);
    expect(plan({ up: true }, { up: true })).toEqual(['link set dev if2 up']);
  });

  it('gives a NIC that came home as in the pod its name back (kube-ovn#3437)', () => {
    expect(plan({ name: 'eth0' }, {})).toEqual(['link set dev if2 name eni1', 'link set dev if2 down']);
    expect(restored({ name: 'eth0' }, {})).toEqual(['name eth0 → eni1']);
  });

  it('takes a link down before it renames it', () => {
    expect(plan({ name: 'eth0', up: true }, { up: true })).toEqual([
      'link set dev if2 down',
      'link set dev if2 name eni1',
      'link set dev if2 up',
    ]);
  });

  it('drops the altname that is the name itself before it renames (sriov-cni#250)', () => {
    expect(plan({ name: 'eth0', altnames: ['eni1', 'b'] }, { altnames: ['b'] })).toEqual([
      'link property del dev if2 altname eni1',
      'link set dev if2 name eni1',
      'link set dev if2 down',
    ]);
  });

  it('leaves the name where another device has it by now', () => {
    expect(plan({ name: 'enim0' }, {}, ['eni1'])).toEqual(['link set dev if2 down']);
    expect(restored({ name: 'enim0' }, {}, ['eni1'])).toEqual([]);
  });

  it('puts back everything that a pod can change, and reports it (sriov-cni#316)', () => {
    const link = {
      mac: macOf(99),
      permanentMac: macOf(1),
      mtu: 1300,
      txqueuelen: 10,
      group: '7',
      promiscuous: true,
      arp: false,
      multicast: false,
      allmulticast: true,
      broadcast: macOf(7),
      mode: 'dormant',
      packets: { gso_max_size: 30_000, gso_max_segs: 65_535, gro_max_size: 40_000 },
      xdp: ['xdpdrv'],
      alias: 'mine',
    };
    expect(plan(link, { alias: 'uplink 7', altnames: ['enp3s0'] })).toEqual([
      'link set dev if2 xdpdrv off',
      `link set dev if2 address ${macOf(1)}`,
      'link set dev if2 mtu 1500',
      'link set dev if2 txqueuelen 1000',
      'link set dev if2 group default',
      'link set dev if2 promisc off',
      'link set dev if2 arp on',
      'link set dev if2 multicast on',
      'link set dev if2 allmulticast off',
      'link set dev if2 brd ff:ff:ff:ff:ff:ff',
      'link set dev if2 mode default',
      'link set dev if2 gso_max_size 65536 gso_max_segs 65535 gro_max_size 65536',
      'link set dev if2 alias uplink 7',
      'link property add dev if2 altname enp3s0',
      'link set dev if2 down',
    ]);
    expect(restored(link, { alias: 'uplink 7', altnames: ['enp3s0'] })).toEqual([
      'XDP program xdpdrv → -',
      `MAC ${macOf(99)} → ${macOf(1)}`,
      'MTU 1300 → 1500',
      'txqueuelen 10 → 1000',
      'group 7 → default',
      'promiscuity true → false',
      'ARP false → true',
      'multicast false → true',
      'allmulticast true → false',
      `broadcast MAC ${macOf(7)} → ff:ff:ff:ff:ff:ff`,
      'link mode dormant → default',
      'gso_max_size 30000 → 65536',
      'gro_max_size 40000 → 65536',
      'alias mine → uplink 7',
      'altname - → enp3s0',
    ]);
  });

  it('leaves alone what an older enim did not write down', () => {
    const unknown = sampleSnapshot({
      ...{ arp: null, multicast: null, allmulticast: null, broadcast: null, mode: null, packets: {}, xdp: null },
    });
    const link = sampleLink({
      ...{ arp: false, allmulticast: true, broadcast: macOf(7), mode: 'dormant', xdp: ['xdpdrv'] },
      packets: { gso_max_size: 30_000 },
    });
    expect(planRestore(link, unknown, new Set()).restored).toEqual([]);
    expect(remainingDifferences(link, unknown, [])).toEqual([]);
  });

  it('gives all limits of packets back at once, for the kernel sets one along with another, and none that is not told now', () => {
    const [of4, of6] = [{ gso_ipv4_max_size: 40_000 }, { gso_max_size: 65_536 }];
    const changed = { packets: { ...of4, gso_max_size: 30_000 } };
    const command = 'link set dev if2 gso_max_size 65536 gso_ipv4_max_size 40000';
    expect(plan(changed, { packets: { ...of6, ...of4 } })).toContain(command);
    expect(plan({ packets: {} }, { packets: of6 })).toEqual(['link set dev if2 down']);
  });

  it('leaves programs of XDP that were there at home, and says nothing of one that is gone', () => {
    expect(plan({ xdp: ['xdpdrv', 'xdpoffload'] }, { xdp: ['xdpdrv'] })).toEqual([
      'link set dev if2 xdpoffload off',
      'link set dev if2 down',
    ]);
    expect(restored({ xdp: [] }, { xdp: ['xdpdrv'] })).toEqual([]);
  });

  it('takes a link down before it changes the MAC, and only then', () => {
    expect(plan({ mac: macOf(99), permanentMac: macOf(1), up: true }, { up: true })).toEqual([
      'link set dev if2 down',
      `link set dev if2 address ${macOf(1)}`,
      'link set dev if2 up',
    ]);
    expect(plan({ mtu: 1300, up: true }, { up: true })).toEqual(['link set dev if2 mtu 1500', 'link set dev if2 up']);
  });

  it('takes our label off without reporting it as a change of the pod’s', () => {
    expect(plan({ alias: LABEL }, {})).toEqual(['link set dev if2 alias ', 'link set dev if2 down']);
    expect(plan({ alias: LABEL }, { alias: 'uplink' })).toEqual([
      'link set dev if2 alias uplink',
      'link set dev if2 down',
    ]);
    expect(restored({ alias: LABEL }, { alias: 'uplink' })).toEqual([]);
  });

  it('removes altnames that came meanwhile, and adds none that another device has', () => {
    expect(plan({ altnames: ['new'] }, { altnames: ['gone', 'taken'] }, ['taken'])).toEqual([
      'link property del dev if2 altname new',
      'link property add dev if2 altname gone',
      'link set dev if2 down',
    ]);
    expect(restored({ altnames: ['new'] }, { altnames: ['gone', 'taken'] }, ['taken'])).toEqual([
      'altname new → -',
      'altname - → gone',
    ]);
  });

  it('gives the addresses back before the link goes up, IPv6 without DAD, and removes those that it did not have', () => {
    const addresses = [
      { address: '10.0.0.10/24', scope: 'global' },
      { address: 'fd00::10/64', scope: 'global' },
    ];
    const present = [
      sampleAddress('10.0.0.10/24'),
      sampleAddress('10.0.0.99/24'),
      sampleAddress('fe80::1/64', { scope: 'link' }),
    ];
    expect(plan({ up: true, addresses: present }, { up: true, addresses })).toEqual([
      'address del 10.0.0.99/24 dev if2',
      'address add fd00::10/64 dev if2 scope global nodad',
      'link set dev if2 up',
    ]);
  });

  it('gives an IPv6 address again that the link loses by being taken down for its rename', () => {
    const addresses = [{ address: 'fd00::10/64', scope: 'global' }];
    const commands = plan(
      { name: 'ens5', up: true, addresses: [sampleAddress('fd00::10/64')] },
      { up: true, addresses },
    );
    expect(commands).toEqual([
      'link set dev if2 down',
      'link set dev if2 name eni1',
      'address add fd00::10/64 dev if2 scope global nodad',
      'link set dev if2 up',
    ]);
  });

  it('gives the routes back once the link is up', () => {
    const routes = [
      route({
        dst: 'default',
        gateway: '10.0.0.1',
        metric: 50,
        prefsrc: '10.0.0.10',
        table: '100',
        protocol: 'static',
      }),
      route({ scope: 'link' }),
      route({ dst: 'default', family: 6, gateway: 'fd00::1', metric: 1024, protocol: 'ra' }),
      route({ dst: 'fd01::/64', family: 6, metric: 1024 }),
    ];
    expect(plan({}, { up: true, routes })).toEqual([
      'link set dev if2 up',
      'route replace 0.0.0.0/0 via 10.0.0.1 dev if2 table 100 metric 50 src 10.0.0.10 proto static scope global onlink',
      'route replace 10.9.0.0/16 dev if2 table main proto boot scope link',
      'route replace ::/0 via fd00::1 dev if2 table main metric 1024 proto ra onlink',
      'route replace fd01::/64 dev if2 table main metric 1024 proto boot',
    ]);
  });

  it('names the family of a gateway that is not the destination’s, which iproute2 wants', () => {
    expect(plan({}, { up: true, routes: [route({ gateway: 'fd00::1' })] })[1]).toBe(
      'route replace 10.9.0.0/16 via inet6 fd00::1 dev if2 table main proto boot scope global onlink',
    );
  });

  it('gives a route with several next hops back as one, unless there is another by now: an IPv4 route as a whole', () => {
    const hop = { dst: '10.9.0.0/16', metric: 7 };
    const routes = [
      route({ ...hop, gateway: '10.0.0.3', weight: 2 }),
      route({ ...hop, gateway: '10.1.0.3', dev: 'eth0', weight: 1 }),
      route({ dst: '10.8.0.0/16', weight: 1 }),
    ];
    expect(plan({}, { up: true, routes }).slice(1)).toEqual([
      'route add 10.9.0.0/16 table main metric 7 proto boot scope global nexthop via 10.0.0.3 dev if2 weight 2 onlink nexthop via 10.1.0.3 dev eth0 weight 1 onlink',
      'route add 10.8.0.0/16 table main proto boot scope global nexthop dev if2 weight 1',
    ]);
  });

  it('has its next hops of an IPv6 route join those that stayed', () => {
    const hop = { dst: 'fd01::/64', family: 6, metric: 1024 } as const;
    const routes = [
      route({ ...hop, gateway: 'fd00::3', weight: 1 }),
      route({ ...hop, gateway: 'fd00::4', weight: 3 }),
      route({ ...hop, gateway: 'fd02::3', dev: 'eth0', weight: 1 }),
    ];
    expect(plan({}, { up: true, routes }).slice(1)).toEqual([
      'route append fd01::/64 table main metric 1024 proto boot nexthop via fd00::3 dev if2 weight 1 onlink',
      'route append fd01::/64 table main metric 1024 proto boot nexthop via fd00::4 dev if2 weight 3 onlink',
    ]);
  });

  it('gives no routes to a link that was down', () => {
    expect(plan({}, { up: false, routes: [route({})] })).toEqual(['link set dev if2 down']);
  });
});

describe('remainingDifferences', () => {
  it('is empty for a link that is as it was', () => {
    expect(remainingDifferences(sampleLink({ altnames: ['a'] }), sampleSnapshot({ altnames: ['a'] }), [])).toEqual([]);
  });

  it('tells everything that is not, from what is to what was', () => {
    const link = sampleLink({
      ...{
        name: 'enim0',
        mac: macOf(99),
        mtu: 1300,
        txqueuelen: 10,
        group: '7',
        promiscuous: true,
        arp: false,
        multicast: false,
        allmulticast: true,
        broadcast: macOf(7),
        mode: 'dormant',
        packets: { gso_max_size: 30_000, gso_max_segs: 65_535, gro_max_size: 40_000 },
        xdp: ['xdpdrv'],
        alias: 'mine',
        up: false,
      },
      addresses: [sampleAddress('10.0.0.10/24')],
    });
    const snapshot = sampleSnapshot({
      ...{ alias: null, up: true, altnames: ['a'] },
      addresses: [
        { address: '10.0.0.10/24', scope: 'global' },
        { address: 'fd00::10/64', scope: 'global' },
      ],
    });
    expect(remainingDifferences(link, snapshot, []).map(show)).toEqual([
      'name enim0 → eni1',
      `MAC ${macOf(99)} → ${macOf(1)}`,
      'MTU 1300 → 1500',
      'txqueuelen 10 → 1000',
      'group 7 → default',
      'promiscuity true → false',
      'ARP false → true',
      'multicast false → true',
      'allmulticast true → false',
      `broadcast MAC ${macOf(7)} → ff:ff:ff:ff:ff:ff`,
      'link mode dormant → default',
      'gso_max_size 30000 → 65536',
      'gro_max_size 40000 → 65536',
      'XDP program xdpdrv → -',
      'alias mine → -',
      'up false → true',
      'altname - → a',
      'address - → fd00::10/64',
    ]);
  });
});
