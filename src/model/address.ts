/** Reading of MAC, IP and PCI addresses. Everything that leaves this file is in one canonical spelling, so that `===` compares. */
import ipaddr from 'ipaddr.js';

const MAC = /^([0-9a-f]{2})([:-]?)(?:[0-9a-f]{2}\2){4}[0-9a-f]{2}$/i;

/** A MAC in lower case with colons, or undefined if `text` is none. Clouds write them in either case, with `:`, `-` or nothing. */
export function parseMac(text: string): string | undefined {
  if (!MAC.test(text)) return undefined;
  const digits = text.toLowerCase().replaceAll(/[:-]/g, '');
  return digits.match(/../g)?.join(':');
}

/** The address family as `ip` counts it. */
export type Family = 4 | 6;

/** An address with its prefix length, as it is set on an interface. */
export interface Cidr {
  readonly family: Family;
  /** Canonical spelling, without the prefix length. */
  readonly address: string;
  readonly prefix: number;
}

/** Reads `10.0.0.10/24` or `fd00::10/64`; undefined if it is neither. The host part is kept. */
export function parseCidr(text: string): Cidr | undefined {
  const parts = text.split('/');
  const [address, prefix] = parts;
  if (parts.length !== 2 || address === undefined || prefix === undefined || !/^\d{1,3}$/.test(prefix))
    return undefined;
  const ip = parseIP(address);
  if (ip === undefined) return undefined;
  const length = Number(prefix);
  return length <= (ip.family === 4 ? 32 : 128) ? { ...ip, prefix: length } : undefined;
}

/** Reads one IP address; undefined if it is none. Only dotted quads count as IPv4 (no octal, no shortened forms). */
export function parseIP(text: string): { readonly family: Family; readonly address: string } | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { family: 4, address: text };
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return { family: 6, address: ipaddr.IPv6.parse(text).toRFC5952String() };
}

/** An address in the order of the network: 4 bytes or 16. Throws for what `parseIP` does not read. */
export function bytesOfIP(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}

/** The canonical spelling of an address of 4 bytes or 16. */
export function formatIP(bytes: Uint8Array): string {
  const ip = ipaddr.fromByteArray([...bytes]);
  return ip instanceof ipaddr.IPv6 ? ip.toRFC5952String() : ip.toString();
}

/** The 6 bytes of a MAC; undefined if `text` is none. */
export function bytesOfMac(text: string): Buffer | undefined {
  const mac = parseMac(text);
  return mac === undefined ? undefined : Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** An address that a host can have: not unspecified, multicast, loopback or (IPv4) broadcast. */
export function isHostAddress(address: string): boolean {
  return !['unspecified', 'multicast', 'loopback', 'broadcast'].includes(ipaddr.parse(address).range());
}

/** Whether `address` lies inside the network of `cidr` (never across families). */
export function contains(cidr: Cidr, address: string): boolean {
  const ip = ipaddr.parse(address);
  const network = ipaddr.parse(cidr.address);
  if (ip.kind() !== network.kind()) return false;
  return ip.match(network, cidr.prefix);
}

/** `10.0.0.10/24`. */
export function formatCidr(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}

/** The address of the network that `cidr` lies in: its own with the host part all zero. */
export function networkOf(cidr: Cidr): string {
  if (cidr.family === 4) return ipaddr.IPv4.networkAddressFromCIDR(formatCidr(cidr)).toString();
  return ipaddr.IPv6.networkAddressFromCIDR(formatCidr(cidr)).toRFC5952String();
}

const PCI = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])$/i;

/** A PCI address in the kernel's spelling, `0000:00:05.0`; the domain may be left out. Undefined if `text` is none: whatever passes can stand in a path of sysfs. */
export function parsePciAddress(text: string): string | undefined {
  const [, domain = '0000', slot] = PCI.exec(text) ?? [];
  if (slot === undefined) return undefined;
  return `${Number.parseInt(domain, 16).toString(16).padStart(4, '0')}:${slot.toLowerCase()}`;
}

/** A host, by its name or address, with a port, as a URL has it. */
export function hostPort(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
