/**
 * The CIDRs of subnets. A subnet's CIDR never changes, so each is asked for once on a node and then remembered on disk. What is
 * remembered is only a copy: where it cannot be read or written, the API server is asked again.
 */
import { readIfThere, replaceDurably } from '../../durable.js';
import { errnoOf } from '../../model/errors.js';
import type { SubnetObject } from './wire.js';

/** The CIDRs of one subnet, as the API has them. */
export interface Cidrs {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** By ID; those that the cluster does not have are missing. */
export type Subnets = ReadonlyMap<string, Cidrs>;

interface MemorySettings {
  /** Where they are remembered. */
  readonly path: string;
  /** Does the work while no other process does the same. */
  readonly alone: (work: () => void) => Promise<void>;
  /** Asks the API server; undefined if there is no such subnet. */
  readonly get: (id: string) => Promise<SubnetObject | undefined>;
}

/** Looks subnets up; only those that are not remembered are asked for. */
export function createSubnets({ path, alone, get }: MemorySettings): (ids: readonly string[]) => Promise<Subnets> {
  return async (ids) => {
    const known = read(path);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    const found = (await Promise.all(missing.map(async (id) => [id, await get(id)] as const))).flatMap(
      ([id, object]) => (object === undefined ? [] : [[id, cidrsOf(object)] as const]),
    );
    if (found.length === 0) return known;
    await alone(() => write(path, new Map([...read(path), ...found])));
    return new Map([...known, ...found]);
  };
}

function cidrsOf({ spec = {} }: SubnetObject): Cidrs {
  return { ipv4: spec.cidr || null, ipv6: spec.ipv6CIDR || null };
}

function read(path: string): Subnets {
  try {
    const json = JSON.parse(readIfThere(path) ?? '{}') as Record<string, Cidrs>;
    return new Map(Object.entries(json).filter(([, cidrs]) => isText(cidrs?.ipv4) && isText(cidrs?.ipv6)));
  } catch {
    return new Map();
  }
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
