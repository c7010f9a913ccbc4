import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument, parseLinks, parseMultipath, parseRoutes, parseRules, parseWay } from '../../src/link/parse.js';
import type { LinkRoute } from '../../src/model/link.js';
import { ALL_LINKS, CARD, DEFAULT_ROUTES, ROUTES_OF_DEVICE, TENTATIVE, WAY } from './outputs.js';

const json = (text: string): unknown => JSON.parse(text);

/** A route as one line. */
function show({ dst, family, gateway, dev, table, metric, prefsrc, protocol }: LinkRoute): string {
  return `${family} ${dst} via ${gateway ?? '-'} dev ${dev} table ${table} metric ${metric ?? '-'} src ${prefsrc ?? '-'} proto ${protocol ?? '-'}`;
}

describe('parseDocument', () => {
  it('reads the line that one listing prints; an empty one is an empty listing', () => {
    expect(parseDocument(WAY)).toEqual(json(WAY));
    expect(parseDocument('[]')).toEqual([]);
    expect(parseDocument('')).toEqual([]);
  });

  it('reads what "ip" prints of names and labels that a pod has chosen, though that is no JSON', () => {
    expect(parseDocument('[{"ifname":"\u001b[31mx","ifalias":"it\\\'s \\"a\\" \\\\\u0007\\n"}]')).toEqual([
      { ifname: '\u001b[31mx', ifalias: 'it\'s "a" \\\u0007\n' },
    ]);
  });

  it('throws for a line that was cut off', () => {
    expect(() => parseDocument(WAY.slice(0, 40))).toThrow(SyntaxError);
  });
});

describe('parseLinks', () => {
  it('reads a veth with all that is kept of it', () => {
    expect(parseLinks(json(TENTATIVE))).toEqual([
      {
        ...{ ifindex: 2, name: 'eni1', altnames: ['enp3s0', 'ens3x'], alias: 'a label; x="y"' },
        ...{
          mac: '02:e0:00:00:00:01',
          permanentMac: '02:e0:00:00:00:01',
          mtu: 1500,
          txqueuelen: 1000,
          group: 'default',
        },
        ...{ up: true, carrier: true, promiscuous: false, arp: true, multicast: true, allmulticast: false },
        ...{ broadcast: 'ff:ff:ff:ff:ff:ff', mode: null, xdp: [] },
        packets: { gso_max_size: 65536, gso_max_segs: 65535, gro_max_size: 65536 },
        ...{ kind: 'veth', master: null, lower: null, busAddress: null },
        addresses: [
          { address: '10.0.0.10/24', family: 4, scope: 'global', tentative: false, dadFailed: false },
          { address: 'fd00::10/64', family: 6, scope: 'global', tentative: true, dadFailed: false },
          { address: 'fe80::e0:ff:fe00:1/64', family: 6, scope: 'link', tentative: true, dadFailed: false },
        ],
      },
    ]);
  });

  it('reads every link of a netns', () => {
    expect(parseLinks(json(ALL_LINKS)).map(({ name, kind, up, mac }) => `${name} ${kind} ${up} ${mac}`)).toEqual([
      'lo null false 00:00:00:00:00:00',
      'eni1 veth true 02:e0:00:00:00:01',
      'mv0 macvlan false ee:aa:c7:82:fd:26',
    ]);
  });

  it('knows a card by its bus address, and that it is of no kind', () => {
    expect(parseLinks(json(CARD))[0]).toMatchObject({ name: 'eth0', kind: null, busAddress: 'virtio2', mtu: 1400 });
  });

  it.each([
    [['UP', 'LOWER_UP'], true],
    [['NO-CARRIER', 'UP'], false],
    // The carrier has just come; the kernel's operational state follows.
    [['NO-CARRIER', 'UP', 'LOWER_UP'], true],
    // One that is down says nothing.
    [[], true],
  ])('of flags %j sees that the carrier is there: %s', (flags, carrier) => {
    const [raw] = json(CARD) as object[];
    expect(parseLinks([{ ...raw, flags: ['BROADCAST', ...flags] }])[0]?.carrier).toBe(carrier);
  });

  it('takes the permanent MAC where the one in force was changed (sriov-cni#316)', () => {
    const changed = CARD.replace(
      '"address":"02:fc:00:00:00:01"',
      '"address":"02:00:00:00:00:99","permaddr":"02:FC:00:00:00:01"',
    );
    expect(parseLinks(json(changed))[0]).toMatchObject({ mac: '02:00:00:00:00:99', permanentMac: '02:fc:00:00:00:01' });
  });

  it('sees what a link has been told not to do, or to do besides', () => {
    const changed = CARD.replace('"MULTICAST"', '"NOARP","ALLMULTI"');
    expect(parseLinks(json(changed))[0]).toMatchObject({ arp: false, multicast: false, allmulticast: true });
  });

  it('has a link’s mode from the listing that alone tells it, in words or as a number', () => {
    const modes = [{}, { ifindex: 2, linkmode: 'DORMANT' }, { ifindex: 3, linkmode_index: 7 }];
    const [link] = json(CARD) as [{ ifindex: number }];
    const modeOf = (ifindex: number) => parseLinks([{ ...link, ifindex }], modes)[0]?.mode;
    expect([2, 3, 4].map(modeOf)).toEqual(['dormant', '7', null]);
  });

  it('sees where programs of XDP are attached', () => {
    const attached = '"xdp":{"mode":4,"attached":[{"mode":1,"prog":{"id":7}},{"mode":3,"prog":{"id":8}}]},"mtu":1400';
    expect(parseLinks(json(CARD.replace('"mtu":1400', attached)))[0]?.xdp).toEqual(['xdpdrv', 'xdpoffload']);
  });

  it('sees a bond member, promiscuity, and that DAD has failed', () => {
    const changed = CARD.replace('"mtu":1400', '"mtu":1400,"master":"bond0"')
      .replace('"MULTICAST"', '"MULTICAST","PROMISC"')
      .replace('"nodad":true', '"dadfailed":true,"tentative":true');
    expect(parseLinks(json(changed))[0]).toMatchObject({
      master: 'bond0',
      promiscuous: true,
      addresses: expect.arrayContaining([
        expect.objectContaining({ address: 'fd00::2/64', dadFailed: true, tentative: true }),
      ]),
    });
  });

  it('skips the empty objects that older versions print for links that a filter leaves out', () => {
    expect(parseLinks(json(`[{},{},${TENTATIVE.slice(1)}`))).toHaveLength(1);
  });

  it('gives tunnels without a MAC an empty one', () => {
    const tunnel = { ifindex: 9, ifname: 'sit0', flags: ['NOARP'], mtu: 1480, address: '0.0.0.0', addr_info: [] };
    expect(parseLinks([tunnel])[0]).toMatchObject({ mac: '', permanentMac: '', txqueuelen: 0 });
  });

  it('refuses what is no listing rather than guess', () => {
    for (const document of [null, {}, [{ ifindex: 1 }], [{ ifindex: 1, ifname: 'x', flags: 'UP', mtu: 1 }]]) {
      expect(() => parseLinks(document)).toThrow();
    }
  });

  it('never invents a link', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (documents) => {
        let count = 0;
        try {
          count = parseLinks(documents).length;
        } catch {
          return;
        }
        expect(count).toBeLessThanOrEqual(documents.length);
      }),
    );
  });
});

describe('parseRoutes', () => {
  it('reads the default routes of all tables and both families', () => {
    expect(parseRoutes(json(DEFAULT_ROUTES)).map(show)).toEqual([
      '4 default via 10.0.0.2 dev eni1 table 100 metric - src - proto boot',
      '4 default via 10.0.0.1 dev eni1 table main metric - src - proto boot',
      '6 default via fd00::1 dev eni1 table main metric 1024 src - proto boot',
    ]);
  });

  it('reads the routes of one device, leaving out what the kernel makes by itself', () => {
    expect(parseRoutes(json(ROUTES_OF_DEVICE), 'eni1').map(show)).toEqual([
      '4 default via 10.0.0.2 dev eni1 table 100 metric - src - proto boot',
      '4 default via 10.0.0.1 dev eni1 table main metric - src - proto boot',
      '4 10.6.0.0/16 via fd00::1 dev eni1 table main metric - src - proto boot',
      '4 10.9.0.0/16 via 10.0.0.1 dev eni1 table main metric 50 src 10.0.0.10 proto boot',
      '6 fd01::/64 via fd00::1 dev eni1 table main metric 1024 src - proto boot',
      '6 default via fd00::1 dev eni1 table main metric 1024 src - proto boot',
    ]);
  });

  it('tells the device that leads to an address', () => {
    expect(parseRoutes(json(WAY))[0]).toMatchObject({ dev: 'eni1', gateway: '10.0.0.1' });
  });

  it('takes each next hop of a multipath route for itself', () => {
    const multipath = {
      dst: 'default',
      nexthops: [
        { dev: 'eth0', gateway: '10.0.0.1' },
        { dev: 'eth1', gateway: '10.1.0.1' },
      ],
    };
    expect(parseRoutes([multipath]).map(({ dev, gateway }) => `${dev} ${gateway}`)).toEqual([
      'eth0 10.0.0.1',
      'eth1 10.1.0.1',
    ]);
    const others = { ...multipath, dst: '10.9.0.0/16', nexthops: [{ dev: 'eth1', gateway: '10.1.0.1' }] };
    expect(parseMultipath([multipath, others], 'eth0').map(({ dst, dev }) => `${dst} ${dev}`)).toEqual([
      'default eth0',
      'default eth1',
    ]);
  });

  it('leaves out blackholes and the like', () => {
    expect(
      parseRoutes([
        { type: 'blackhole', dst: 'default' },
        { type: 'unreachable', dst: '10.0.0.0/8' },
      ]),
    ).toEqual([]);
  });
});

describe('parseRules', () => {
  it('tells a rule that asks for source and destination alone from all others', () => {
    const document = [
      { priority: 0, src: 'all', table: 'local', protocol: 'kernel' },
      { priority: 7, src: '10.8.0.0', srclen: 16, dst: '10.9.0.1', table: '1000', protocol: 'unspec' },
      { priority: 8, not: null, src: '10.0.0.11', table: '127', protocol: 'unspec' },
      { priority: 13, src: '10.0.0.12', action: 'blackhole', protocol: 'unspec' },
    ];
    expect(parseRules(document, 4)).toEqual([
      { family: 4, priority: 0, from: null, to: null, table: 'local', isSpecial: false },
      { family: 4, priority: 7, from: '10.8.0.0/16', to: '10.9.0.1', table: '1000', isSpecial: false },
      { family: 4, priority: 8, from: '10.0.0.11', to: null, table: '127', isSpecial: true },
      { family: 4, priority: 13, from: '10.0.0.12', to: null, table: null, isSpecial: true },
    ]);
  });

  it('spells addresses of IPv6 as we do', () => {
    expect(parseRules([{ priority: 7, src: '::ffff:10.0.0.9', table: '127' }], 6)[0]?.from).toBe('::ffff:a00:9');
  });
});

describe('parseWay', () => {
  it('names the device, also of a way that the kernel made for an address', () => {
    expect(parseWay([{ dst: 'fd00::5', dev: 'eth0', protocol: 'kernel', metric: 256, pref: 'medium' }])).toBe('eth0');
  });

  it('knows none where there is none', () => {
    expect([parseWay([]), parseWay([{ type: 'unreachable', dst: '192.0.2.1' }])]).toEqual([null, null]);
  });
});
