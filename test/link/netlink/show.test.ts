import { describe, expect, it } from '@jest/globals';
import { IFLA, RTA, RTM } from '../../../src/link/netlink/constants.js';
import { attribute, type Message, text, u32 } from '../../../src/link/netlink/message.js';
import { linkHeader } from '../../../src/link/netlink/request.js';
import { namesOf, showAddresses, showRoutes } from '../../../src/link/netlink/show.js';

function message(type: number, ...parts: readonly Buffer[]): Message {
  return { type, flags: 0, sequence: 1, body: Buffer.concat(parts) };
}

function link(index: number, name: string, ...attributes: readonly Buffer[]): Message {
  return message(RTM.newLink, linkHeader(index, 0, 0), attribute(IFLA.name, text(name)), ...attributes);
}

describe('links', () => {
  it('sit on the link that they name by its index, unless that is in another netns', () => {
    const shown = showAddresses(
      [
        link(2, 'eth0'),
        link(3, 'eth0.7', attribute(IFLA.link, u32(2))),
        link(4, 'veth0', attribute(IFLA.link, u32(2)), attribute(IFLA.linkNetns, u32(0))),
      ],
      [],
    );

    expect(shown.map((each) => each.link)).toEqual([undefined, 'eth0', undefined]);
  });

  it('show the MAC that they were made with only where they have another', () => {
    const own = attribute(IFLA.permanentAddress, Buffer.from('02e000000001', 'hex'));
    const shown = showAddresses(
      ['02e000000001', '02e000000099'].map((mac, index) =>
        link(index + 2, `eni${index}`, attribute(IFLA.address, Buffer.from(mac, 'hex')), own),
      ),
      [],
    );

    expect(shown.map(({ permaddr }) => permaddr)).toEqual([undefined, '02:e0:00:00:00:01']);
  });

  it('name the device that they belong to', () => {
    const [shown] = showAddresses([link(2, 'ens5', attribute(IFLA.parentDevice, text('0000:00:05.0')))], []);

    expect(shown).toMatchObject({ parentdev: '0000:00:05.0' });
  });
});

describe('routes', () => {
  it('of families that are neither IPv4 nor IPv6 are none of ours', () => {
    const header = (family: number): Buffer => {
      const bytes = Buffer.alloc(12);
      bytes.writeUInt8(family, 0);
      bytes.writeUInt8(254, 4);
      bytes.writeUInt8(1, 7);
      return bytes;
    };
    const routes = [2, 10, 28, 128].map((family) =>
      message(RTM.newRoute, header(family), attribute(RTA.device, u32(2))),
    );

    const shown = showRoutes(routes, namesOf([link(2, 'eth0')]), { isDefault: true, device: null });

    expect(shown.map(({ dst, dev, table, pref }) => [dst, dev, table, pref])).toEqual([
      ['default', 'eth0', 'main', undefined],
      ['default', 'eth0', 'main', 'medium'],
    ]);
  });
});
