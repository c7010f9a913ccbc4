/** Reading of MAC, IP and PCI addresses. Everything that leaves this file is in one canonical spelling, so that `===` compares. */

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
  if (fourBytes(text) !== undefined) return { family: 4, address: text };
  const bytes = sixteenBytes(text);
  return bytes === undefined ? undefined : { family: 6, address: formatIP(bytes) };
}

/** An address in the order of the network: 4 bytes or 16. Throws for what `parseIP` does not read. */
export function bytesOfIP(address: string): Buffer {
  return Buffer.from(bytesOf(address));
}

function bytesOf(address: string): number[] {
  const bytes = fourBytes(address) ?? sixteenBytes(address);
  if (bytes === undefined) throw new RangeError(`${JSON.stringify(address)} is no IP address.`);
  return bytes;
}

/** The canonical spelling of an address of 4 bytes or 16: for IPv6 that of RFC 5952, section 4, in groups alone. */
export function formatIP(bytes: ArrayLike<number>): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  const groups: number[] = [];
  for (let at = 0; at < bytes.length; at += 2) groups.push((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
  const { from, length } = longestZeros(groups);
  const text = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { readonly from: number; readonly length: number } {
  let longest = { from: 0, length: 0 };
  let from = 0;
  for (let at = 0; at < groups.length; at += 1) {
    if (groups[at] !== 0) from = at + 1;
    else if (at + 1 - from > longest.length) longest = { from, length: at + 1 - from };
  }
  return longest;
}

const GROUP = /^[0-9a-f]{1,4}$/i;

function fourBytes(text: string): number[] | undefined {
  const parts = text.split('.');
  const bytes = parts.map((part) => Number(part) & 0xff);
  // What is no byte, or is written in another way, does not come out as it went in.
  return parts.length === 4 && parts.every((part, at) => part === String(bytes[at])) ? bytes : undefined;
}

/** RFC 4291, section 2.2: groups, of which `::` once leaves out one or more, and the last two may be a dotted quad. */
function sixteenBytes(text: string): number[] | undefined {
  const [head, tail, ...more] = text.split('::').map(bytesOfGroups);
  if (head === undefined || more.length > 0) return undefined;
  if (!text.includes('::')) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** Undefined where one is none. A dotted quad is taken at the end alone. */
function bytesOfGroups(text: string, half: number, halves: readonly string[]): number[] | undefined {
  if (text === '') return halves.length === 1 ? undefined : [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [at, group] of groups.entries()) {
    const isLast = at === groups.length - 1 && half === halves.length - 1;
    const number = GROUP.test(group) ? Number.parseInt(group, 16) : undefined;
    const its = number === undefined ? (isLast ? fourBytes(group) : undefined) : [number >> 8, number & 0xff];
    if (its === undefined) return undefined;
    bytes.push(...its);
  }
  return bytes;
}

/** The 6 bytes of a MAC; undefined if `text` is none. */
export function bytesOfMac(text: string): Buffer | undefined {
  const mac = parseMac(text);
  return mac === undefined ? undefined : Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** An address that a host can have: not unspecified, multicast, loopback or (IPv4) broadcast. */
export function isHostAddress(address: string): boolean {
  const bytes = bytesOf(address);
  const [first = 0] = bytes;
  if (bytes.length === 4) return ![0, 127].includes(first) && first >> 4 !== 14 && bytes.some((byte) => byte !== 255);
  const isUnspecifiedOrLoopback = bytes.every((byte, at) => byte === 0 || (at === 15 && byte === 1));
  return first !== 255 && !isUnspecifiedOrLoopback;
}

/** Whether `address` lies inside the network of `cidr` (never across families). */
export function contains(cidr: Cidr, address: string): boolean {
  const bytes = masked(bytesOf(address), cidr.prefix);
  const network = masked(bytesOf(cidr.address), cidr.prefix);
  return bytes.length === network.length && bytes.every((byte, at) => byte === network[at]);
}

/** `10.0.0.10/24`. */
export function formatCidr(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}

/** The address of the network that `cidr` lies in: its own with the host part all zero. */
export function networkOf(cidr: Cidr): string {
  return formatIP(masked(bytesOf(cidr.address), cidr.prefix));
}

function masked(bytes: readonly number[], prefix: number): number[] {
  return bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - at * 8))));
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
