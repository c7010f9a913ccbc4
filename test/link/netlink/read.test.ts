import { describe, expect, it } from '@jest/globals';
import { CONF, IFLA, INFO_KIND, RTA, RTM } from '../../../src/link/netlink/constants.js';
import { linkHeader } from '../../../src/link/netlink/linkrequest.js';
import { attribute, type Message, nested, text, u32 } from '../../../src/link/netlink/message.js';
import { namesIn, readLinks, readRoutes, sysctlsIn } from '../../../src/link/netlink/read.js';
import type { Link } from '../../../src/model/link.js';

function message(type: number, ...parts: readonly Buffer[]): Message {
  return { type, flags: 0, sequence: 1, body: Buffer.concat(parts) };
}

function link(index: number, name: string, ...attributes: readonly Buffer[]): Message {
  return message(RTM.newLink, linkHeader(index, 0, 0), attribute(IFLA.name, text(name)), ...attributes);
}

function read(...links: readonly Message[]): Link[] {
  return readLinks(links, [], namesIn(links));
}

describe('links', () => {
  it('sit on the link that they name by its index, unless that is in another netns, or the other end of a veth', () => {
    const onFirst = attribute(IFLA.link, u32(2));
    const links = read(
      link(2, 'eth0'),
      link(3, 'eth0.7', onFirst),
      link(4, 'macvlan0', onFirst, attribute(IFLA.linkNetns, u32(0))),
      link(5, 'veth0', onFirst, nested(IFLA.linkInfo, attribute(INFO_KIND, text('veth')))),
    );

    expect(links.map(({ lower }) => lower)).toEqual([null, 'eth0', null, null]);
  });

  it('have the MAC that they were made with, also where they have another now', () => {
    const own = attribute(IFLA.permanentAddress, Buffer.from('02e000000001', 'hex'));
    const links = ['02e000000001', '02e000000099'].map((mac, index) =>
      link(index + 2, `eni${index}`, attribute(IFLA.address, Buffer.from(mac, 'hex')), own),
    );

    expect(read(...links).map(({ mac, permanentMac }) => [mac, permanentMac])).toEqual([
      ['02:e0:00:00:00:01', '02:e0:00:00:00:01'],
      ['02:e0:00:00:00:99', '02:e0:00:00:00:01'],
    ]);
  });

  it('have no MAC where the kernel has an address of another kind', () => {
    const [tunnel] = read(link(2, 'tun0', attribute(IFLA.address, Buffer.from('0a00000a', 'hex'))));

    expect(tunnel).toMatchObject({ mac: '', permanentMac: '' });
  });

  it('name the device that they belong to', () => {
    const [card] = read(link(2, 'ens5', attribute(IFLA.parentDevice, text('0000:00:05.0'))));

    expect(card).toMatchObject({ busAddress: '0000:00:05.0', kind: null });
  });
});

describe('sysctls', () => {
  const { family, attribute: conf } = CONF.ipv6;

  it('are those that the kernel tells: an older one has fewer, and without IPv6 there are none of it', () => {
    const values = Buffer.concat(Array.from({ length: 28 }, (_, place) => u32(place)));
    const older = link(2, 'eni0', nested(IFLA.perFamily, nested(family, attribute(conf, values))));

    expect(sysctlsIn(older)).toEqual([
      ['/proc/sys/net/ipv6/conf/eni0/autoconf', '5'],
      ['/proc/sys/net/ipv6/conf/eni0/dad_transmits', '6'],
      ['/proc/sys/net/ipv6/conf/eni0/accept_dad', '27'],
    ]);
    expect(sysctlsIn(link(3, 'tun0'))).toEqual([]);
  });
});

describe('routes', () => {
  const routes = (...headers: readonly { family?: number; protocol?: number; type?: number }[]): Message[] =>
    headers.map(({ family = 2, protocol = 3, type = 1 }) => {
      const header = Buffer.from([family, 0, 0, 0, 254, protocol, 0, type, 0, 0, 0, 0]);
      return message(RTM.newRoute, header, attribute(RTA.device, u32(2)));
    });

  it('of families that are neither IPv4 nor IPv6 are none of ours', () => {
    const seen = readRoutes(routes(...[2, 10, 28, 128].map((family) => ({ family }))), namesIn([link(2, 'eth0')]), {
      isDefault: true,
      device: null,
    });

    expect(seen.map(({ dst, family, dev, table }) => [dst, family, dev, table])).toEqual([
      ['default', 4, 'eth0', 'main'],
      ['default', 6, 'eth0', 'main'],
    ]);
  });

  it('that the kernel makes for addresses, and blackholes, are none that count', () => {
    const seen = readRoutes(routes({ protocol: 2 }, { type: 6 }, { protocol: 4 }), new Map(), {
      isDefault: false,
      device: null,
    });

    expect(seen.map(({ protocol }) => protocol)).toEqual(['static']);
  });
});
