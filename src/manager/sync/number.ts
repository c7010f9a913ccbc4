/** Which number each ENI has on the node; by it its NIC is named, and its table found. Pure. */
import type { Link } from '../../model/link.js';
import type { SyncEni } from '../../model/sync.js';
import { HIGHEST_INDEX, isUsable } from './table.js';

/** An ENI with its NIC at home. */
export interface AtHome {
  readonly eni: SyncEni;
  readonly link: Link;
}

/** One that has a number. */
export interface Numbered extends AtHome {
  readonly index: number;
  readonly name: string;
  readonly table: number;
}

/** Why something stays as it is. */
export interface Left {
  readonly id: string;
  /** As a clause. */
  readonly reason: string;
  /** Whether somebody has to mend it. */
  readonly isFault: boolean;
}

/**
 * Numbers those at home: with the number that they have, else the one that their NIC is named by already, else the lowest free one.
 *
 * @param enis all of the node, for also those elsewhere have numbers
 * @param links all links at home
 * @param reserved names that links elsewhere come home under
 */
export function number(
  atHome: readonly AtHome[],
  enis: readonly SyncEni[],
  links: readonly Link[],
  reserved: ReadonlySet<string>,
): { readonly numbered: readonly Numbered[]; readonly left: readonly Left[] } {
  const taken = new Map<number, string>();
  const tables = new Map<number, string>();
  const isFree = ({ mode, routeTableOffset }: SyncEni, index: number): boolean =>
    !taken.has(index) &&
    (mode !== 'Secondary' || (isUsable(routeTableOffset + index) && !tables.has(routeTableOffset + index)));
  const take = ({ id, routeTableOffset }: SyncEni, index: number): void => {
    taken.set(index, id);
    tables.set(routeTableOffset + index, id);
  };

  const left: Left[] = [];
  const indices = new Map<string, number>();
  // An ENI that comes from another node may bring the number of one that is set up here already: that stays as it is.
  const inPlace = new Map(
    atHome.flatMap(({ eni, link }) => (eni.index === indexNamed(link.name) ? [[eni.index, eni.id] as const] : [])),
  );
  for (const eni of enis) {
    const { id, index } = eni;
    if (index === null) continue;
    const isPossible = index <= HIGHEST_INDEX && isFree(eni, index);
    const holder = isPossible ? (inPlace.get(index) ?? id) : taken.get(index);
    if (isPossible && holder === id) {
      take(eni, index);
      indices.set(id, index);
    } else left.push({ id, reason: refusal(eni, index, holder), isFault: true });
  }
  const without = atHome.filter(({ eni }) => eni.index === null);
  for (const { eni, link } of without) {
    const index = indexNamed(link.name);
    if (index === undefined || !isFree(eni, index)) continue;
    take(eni, index);
    indices.set(eni.id, index);
  }
  const holders = holdersOf(links);
  for (const { eni, link } of without.filter((each) => !indices.has(each.eni.id))) {
    const canBeNamed = (name: string): boolean => !reserved.has(name) && !isOthers(name, link, holders);
    const index = INDICES.find((each) => isFree(eni, each) && canBeNamed(nameOf(each)));
    if (index === undefined) {
      left.push({ id: eni.id, reason: `all numbers up to ${HIGHEST_INDEX} are taken`, isFault: true });
      continue;
    }
    take(eni, index);
    indices.set(eni.id, index);
  }

  const numbered = atHome.flatMap(({ eni, link }) => {
    const index = indices.get(eni.id);
    return index === undefined ? [] : [{ eni, link, index, name: nameOf(index), table: eni.routeTableOffset + index }];
  });
  const { possible, blocked } = inOrderOfNames(numbered, links);
  return { numbered: possible, left: [...left, ...blocked] };
}

const INDICES = Array.from({ length: HIGHEST_INDEX + 1 }, (_, index) => index);

function nameOf(index: number): string {
  return `cce-eni-${index}`;
}

function indexNamed(name: string): number | undefined {
  const digits = /^cce-eni-(0|[1-9]\d{0,2})$/.exec(name)?.[1];
  return digits === undefined || Number(digits) > HIGHEST_INDEX ? undefined : Number(digits);
}

function refusal({ routeTableOffset }: SyncEni, index: number, holder: string | undefined): string {
  if (index > HIGHEST_INDEX) return `its number ${index} is above ${HIGHEST_INDEX}`;
  if (holder !== undefined) return `its number ${index} is also that of ${holder}`;
  const table = routeTableOffset + index;
  return isUsable(table) ? `its table ${table} is also that of another ENI` : `its table ${table} is none for an ENI`;
}

/** Which link has a name or altname, by its index. The kernel gives none twice in a netns. */
type Holders = Map<string, number>;

function holdersOf(links: readonly Link[]): Holders {
  return new Map(
    links.flatMap(({ name, altnames, ifindex }) => [name, ...altnames].map((each) => [each, ifindex] as const)),
  );
}

function isOthers(name: string, { ifindex }: Link, holders: Holders): boolean {
  const holder = holders.get(name);
  return holder !== undefined && holder !== ifindex;
}

/** Those that can be renamed one after the other, for one may have the name of the next; not those whose name stays another's. */
function inOrderOfNames(
  numbered: readonly Numbered[],
  links: readonly Link[],
): { readonly possible: Numbered[]; readonly blocked: Left[] } {
  const possible: Numbered[] = [];
  const holders = holdersOf(links);
  let waiting = numbered;
  for (let passed = -1; passed !== possible.length; ) {
    passed = possible.length;
    const still: Numbered[] = [];
    for (const each of waiting) {
      if (isOthers(each.name, each.link, holders)) {
        still.push(each);
        continue;
      }
      holders.delete(each.link.name);
      holders.set(each.name, each.link.ifindex);
      possible.push(each);
    }
    waiting = still;
  }
  const blocked = waiting.map(({ eni: { id }, name }) => ({
    id,
    reason: `another link is named ${name}`,
    isFault: true,
  }));
  return { possible, blocked };
}
