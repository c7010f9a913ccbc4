/** Which ENIs of a list are wanted, and in which order. Pure. */
import { basename } from 'node:path';
import { bytesOfIP } from '../model/address.js';
import type { EniAddress } from '../model/eni.js';
import { fits } from '../model/pattern.js';
import type { EniView } from './list.js';

/** The columns by which ENIs can be chosen and ordered, as the heads of tables call them. */
export const ENI_COLUMNS = [
  ...(['eni', 'state', 'mac', 'nic', 'netns', 'address', 'ipv4', 'ipv6', 'owner', 'container', 'ifname'] as const),
  ...(['network', 'since', 'provider', 'note'] as const),
] as const;

export type EniColumn = (typeof ENI_COLUMNS)[number];

/** One condition on a column: that it fits any of the patterns, or none of them. */
export interface Condition {
  readonly column: EniColumn;
  readonly negated: boolean;
  readonly patterns: readonly string[];
}

/** A column that decides the order of those that the columns before it leave equal. */
export interface SortKey {
  readonly column: EniColumn;
  readonly descending: boolean;
}

/** What is wanted: all conditions must hold. */
export interface Selection {
  readonly conditions: readonly Condition[];
  /** Without any the order stays that of the provider. */
  readonly sort: readonly SortKey[];
}

/** The ENIs that are wanted, in the order that is wanted. */
export function select(enis: readonly EniView[], { conditions, sort }: Selection): readonly EniView[] {
  const wanted = enis.filter((eni) => conditions.every((condition) => holds(eni, condition)));
  return sort.length === 0 ? wanted : wanted.toSorted((a, b) => compare(a, b, sort));
}

function holds(eni: EniView, { column, negated, patterns }: Condition): boolean {
  const texts = textsOf(eni, column);
  return patterns.some((pattern) => texts.some((text) => fits(text, pattern))) !== negated;
}

/** What an ENI has in a column, in each way that one may write it; the first is what tables show. `-` if it has nothing. */
export function textsOf(eni: EniView, column: EniColumn): readonly [string, ...string[]] {
  const [first = '-', ...others] = rawTexts(eni, column).filter((text) => typeof text === 'string' && text !== '');
  return [first as string, ...(others as string[])];
}

function rawTexts(eni: EniView, column: EniColumn): readonly (string | null | undefined)[] {
  const { link, attachment } = eni;
  switch (column) {
    case 'eni':
      return [eni.id];
    case 'state':
    case 'mac':
    case 'provider':
    case 'note':
      return [eni[column]];
    case 'nic':
      return [link?.name];
    case 'netns':
      return [link?.netns, link?.netns && basename(link.netns)];
    case 'address':
      return [...ways(eni.ipv4), ...ways(eni.ipv6)];
    case 'ipv4':
    case 'ipv6':
      return ways(eni[column]);
    case 'container':
      return [attachment?.containerID];
    case 'owner':
    case 'ifname':
    case 'network':
    case 'since':
      return [attachment?.[column]];
  }
}

/** With its prefix length, and without. */
function ways(address: EniAddress | null): readonly string[] {
  return address === null ? [] : [address.address, address.address.replace(/\/.*/, '')];
}

function compare(a: EniView, b: EniView, keys: readonly SortKey[]): number {
  for (const { column, descending } of keys) {
    const [one, other] = [textsOf(a, column)[0], textsOf(b, column)[0]];
    // What has nothing in the column is behind all that has something, whichever way it is ordered.
    if ((one === '-') !== (other === '-')) return one === '-' ? 1 : -1;
    const order = inOrder.compare(rank(one, column), rank(other, column));
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/** eni-2 comes before eni-10. */
const inOrder = new Intl.Collator('en', { numeric: true });

/** Addresses are compared by their bytes, those of IPv4 first. */
function rank(text: string, column: EniColumn): string {
  if (text === '-' || !['address', 'ipv4', 'ipv6'].includes(column)) return text;
  const bytes = [...bytesOfIP(text.replace(/\/.*/, ''))].map((byte) => String(byte).padStart(3, '0'));
  return [bytes.length, ...bytes].join('.');
}
