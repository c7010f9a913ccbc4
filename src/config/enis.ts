/** The inventory in the settings: the shape of an ENI's entry, and what two of them must not share. Pure. */
import * as v from 'valibot';
import { isHostAddress, networkOf, parseCidr, parseIP, parseMac, parsePciAddress } from '../model/address.js';
import type { Eni, EniAddress, EniRoute } from '../model/eni.js';
import { ifnameFault } from '../model/names.js';
import type { SettingsFault } from './faults.js';
import { about, check, object, shown } from './fields.js';

const Mac = v.pipe(
  v.string(),
  check(
    (text) => parseMac(text) !== undefined,
    ({ input }) => `${shown(input)} is no MAC address, such as "02:e0:00:00:00:01"`,
  ),
  about('permanent MAC of the NIC'),
  v.transform((text) => parseMac(text) as string),
);

const Pci = v.pipe(
  v.string(),
  check(
    (text) => parsePciAddress(text) !== undefined,
    ({ input }) => `${shown(input)} is no PCI address, such as "0000:00:05.0"`,
  ),
  about('bus address, such as `0000:00:05.0`; tells two NICs of one MAC apart', { unset: 'none' }),
  v.transform((text) => parsePciAddress(text) as string),
);

function addressOf(family: 4 | 6) {
  const example = family === 4 ? '10.0.0.10/24' : 'fd00::10/64';
  return v.pipe(
    object({
      address: v.pipe(
        v.string(),
        check(
          (text) => parseCidr(text)?.family === family,
          ({ input }) => `${shown(input)} is no IPv${family} address with prefix length, such as "${example}"`,
        ),
        check(
          (text) => isPodAddress(text),
          ({ input }) => `${shown(input)} is no address that a pod can have`,
        ),
        about(`the pod’s address with prefix length, such as \`${example}\``),
      ),
      gateway: v.optional(
        v.pipe(
          v.string(),
          check(
            (text) => parseIP(text)?.family === family,
            ({ input }) => `${shown(input)} is no IPv${family} address`,
          ),
          about('what the default route leads through', { unset: 'none' }),
        ),
      ),
    }),
    about(`the IPv${family} address that the pod gets`, { unset: 'none' }),
    v.transform(({ address, gateway }): EniAddress => {
      const cidr = parseCidr(address) as { address: string; prefix: number };
      return {
        address: `${cidr.address}/${cidr.prefix}`,
        gateway: gateway === undefined ? null : (parseIP(gateway)?.address ?? null),
      };
    }),
  );
}

const Route = v.pipe(
  object({
    dst: v.pipe(
      v.string(),
      check(
        (text) => parseCidr(text) !== undefined,
        ({ input }) => `${shown(input)} is no network, such as "10.9.0.0/16" or "::/0"`,
      ),
      check(
        (text) => isNetwork(text),
        ({ input }) => `${shown(input)} has host bits set`,
      ),
      about('a network, such as `10.9.0.0/16` or `::/0`'),
    ),
    gw: v.optional(
      v.pipe(
        v.string(),
        check(
          (text) => parseIP(text) !== undefined,
          ({ input }) => `${shown(input)} is no IP address`,
        ),
        about('the gateway, of the same family', { unset: 'none: what is on the link' }),
      ),
    ),
  }),
  v.forward(
    v.check(
      ({ dst, gw }) => isOneFamily(dst, gw),
      ({ input }) => `${shown(input.gw)} is not of the family of ${shown(input.dst)}`,
    ),
    ['gw'],
  ),
  v.transform(({ dst, gw }): EniRoute => (gw === undefined ? { dst } : { dst, gw })),
);

/** True also for what is no address at all, which another check has reported then. */
function isPodAddress(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr === undefined || isHostAddress(cidr.address);
}

/** True also for what is no address at all, which another check has reported then. */
function isOneFamily(dst: string, gw: string | undefined): boolean {
  const [to, via] = [parseCidr(dst), gw === undefined ? undefined : parseIP(gw)];
  return to === undefined || via === undefined || to.family === via.family;
}

function isNetwork(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr === undefined || networkOf(cidr) === cidr.address;
}

/** An ENI. */
export const EniEntry = v.pipe(
  object({
    id: v.pipe(
      v.string(),
      v.regex(
        /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/,
        ({ input }) => `${shown(input)} is no ID: use letters, digits, ".", "_", "-"`,
      ),
      about('its ID: letters, digits, `.`, `_`, `-`; at most 63'),
    ),
    mac: Mac,
    pciAddress: v.optional(Pci),
    ifname: v.optional(
      v.pipe(
        v.string(),
        check(
          (text) => ifnameFault(text) === undefined,
          ({ input }) => `${shown(input)} ${ifnameFault(input)}`,
        ),
        about('name at home; the NIC gets it whenever it returns', { unset: 'the name that it left with' }),
      ),
    ),
    mtu: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        check(
          (mtu) => mtu >= 68 && mtu <= 65_535,
          ({ input }) => `${input} is not between 68 and 65535 bytes`,
        ),
        about('MTU in the pod, in bytes; at least 1280 with IPv6', {
          unset: 'the NIC’s own',
          schema: { minimum: 68, maximum: 65_535 },
        }),
      ),
    ),
    ipv4: v.optional(addressOf(4)),
    ipv6: v.optional(addressOf(6)),
    routes: v.optional(
      v.pipe(
        v.array(Route),
        about('replace the default routes through the gateways; `[]` means none', { unset: 'the default routes' }),
      ),
    ),
  }),
  v.forward(
    v.check(
      ({ mtu, ipv6 }) => ipv6 === undefined || mtu === undefined || mtu >= 1280,
      ({ input }) => `${input.mtu} is less than the 1280 bytes that IPv6 needs`,
    ),
    ['mtu'],
  ),
  v.transform(
    ({ id, mac, pciAddress = null, ifname = null, mtu = null, ipv4 = null, ipv6 = null, routes = null }): Eni => ({
      ...{ id, mac, pciAddress, ifname, mtu, ipv4, ipv6, routes },
    }),
  ),
);

/** Two entries of one ID, MAC or address would give one thing to two pods. */
export function duplicates(enis: readonly Eni[]): SettingsFault[] {
  const seen = new Map<string, string>();
  const faults: SettingsFault[] = [];
  enis.forEach((eni, index) => {
    const values: [string, string | undefined][] = [
      ['id', eni.id],
      ['mac', eni.mac],
      ['pciAddress', eni.pciAddress ?? undefined],
      ['ifname', eni.ifname ?? undefined],
      ['ipv4.address', eni.ipv4?.address.split('/')[0]],
      ['ipv6.address', eni.ipv6?.address.split('/')[0]],
    ];
    for (const [key, value] of values) {
      if (value === undefined) continue;
      const field = `static.enis[${index}].${key}`;
      const first = seen.get(`${key} ${value}`);
      if (first !== undefined) faults.push({ field, fault: `${shown(value)} is that of ${first} already` });
      else seen.set(`${key} ${value}`, field.slice(0, field.lastIndexOf(`.${key}`)));
    }
  });
  return faults;
}
