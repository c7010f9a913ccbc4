/**
 * The CIDRs of subnets. A subnet's CIDR never changes, so each is asked for once on a node and then remembered on disk. What is
 * remembered is only a copy: where it cannot be read or written, or an address is not in it, the API server is asked again.
 */
import { readIfThere, replaceDurably } from '../../durable.js';
import { type Cidr, contains, type Family, parseCidr, parseIP } from '../../model/address.js';
import { errnoOf } from '../../model/errors.js';
import { once } from './once.js';
import type { SubnetObject } from './wire.js';

/** The CIDRs of one subnet, as the API has them. */
export interface Cidrs {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** By ID; those that the cluster does not have are missing. */
export type Subnets = ReadonlyMap<string, Cidrs>;

/** An address, and the ID of the subnet that it is said to be in. */
export interface InSubnet {
  readonly subnet: string;
  readonly address: string;
}

/** The CIDR of a subnet that an address is in; undefined if it is in none. */
export function cidrWith(
  { ipv4, ipv6 }: Cidrs,
  { family, address }: { readonly family: Family; readonly address: string },
): Cidr | undefined {
  const cidr = parseCidr((family === 4 ? ipv4 : ipv6) ?? '');
  return cidr !== undefined && cidr.family === family && contains(cidr, address) ? cidr : undefined;
}

interface MemorySettings {
  /** Where they are remembered. */
  readonly path: string;
  /** Does the work while no other process does the same. */
  readonly alone: (work: () => void) => Promise<void>;
  /** Asks the API server; undefined if there is no such subnet. */
  readonly get: (id: string) => Promise<SubnetObject | undefined>;
}

/**
 * Looks subnets up; only those are asked for that are not remembered, or were not finished when they were: one may get its IPv6 CIDR
 * long after the other.
 */
export function createSubnets({ path, alone, get }: MemorySettings): (all: readonly InSubnet[]) => Promise<Subnets> {
  return async (all) => {
    const known = read(path);
    const missing = new Set(all.filter((each) => !isExplained(each, known)).map(({ subnet }) => subnet));
    if (missing.size === 0) return known;
    const found = (await Promise.all([...missing].map(async (id) => [id, await get(id)] as const)))
      .flatMap(([id, object]) => (object === undefined ? [] : [[id, cidrsOf(object)] as const]))
      .filter(([id, { ipv4, ipv6 }]) => known.get(id)?.ipv4 !== ipv4 || known.get(id)?.ipv6 !== ipv6);
    if (found.length === 0) return known;
    await alone(() => write(path, new Map([...read(path), ...found])));
    return new Map([...known, ...found]);
  };
}

/** Whether nothing that a subnet says could tell more of the address. */
const isExplained = once(({ subnet, address }: InSubnet, known: Subnets): boolean => {
  const cidrs = known.get(subnet);
  const ip = parseIP(address);
  return cidrs !== undefined && (ip === undefined || cidrWith(cidrs, ip) !== undefined);
});

function cidrsOf({ spec = {} }: SubnetObject): Cidrs {
  return { ipv4: spec.cidr || null, ipv6: spec.ipv6CIDR || null };
}

/** What was last read, and of what text: the same text is the same answer, of which much is remembered (once.ts). */
let last: { readonly text: string; readonly subnets: Subnets } = { text: '{}', subnets: new Map() };

function read(path: string): Subnets {
  try {
    const text = readIfThere(path) ?? '{}';
    if (text !== last.text) last = { text, subnets: parse(text) };
    return last.subnets;
  } catch {
    return new Map();
  }
}

function parse(text: string): Subnets {
  const json = JSON.parse(text) as Record<string, Cidrs>;
  return new Map(Object.entries(json).filter(([, cidrs]) => isText(cidrs?.ipv4) && isText(cidrs?.ipv6)));
}

function isText(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function write(path: string, subnets: Subnets): void {
  try {
    replaceDurably(path, `${JSON.stringify(Object.fromEntries(subnets))}\n`);
  } catch (thrown) {
    // A full or read-only disk.
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}
