/**
 * Finding a NIC wherever it is: where the record has it, at home, or in any netns that can be reached. Only a record, or a card at home,
 * ends the search: a virtual device can have the MAC of any NIC, so whether some pod has the real one is seen first.
 */
import pLimit from 'p-limit';
import type { HomeView } from '../link/driver.js';
import type { ReachableNetns } from '../link/netns.js';
import type { NetnsRef } from '../model/attachment.js';
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';
import type { ProvidedEni } from '../providers/provider.js';
import { findMisplaced, type Identity, identify, sayMisplaced } from './identify.js';
import type { Parts } from './parts.js';

/** Where a NIC is. */
export type Whereabouts =
  | { readonly at: 'home'; readonly link: Link }
  | { readonly at: 'netns'; readonly netns: NetnsRef; readonly link: Link }
  /** `misplaced` says in which slot a card of its MAC is, if there is one. */
  | { readonly at: 'nowhere'; readonly misplaced?: string }
  /** Several links fit, in one netns or in several; `message` says which. */
  | { readonly at: 'unclear'; readonly message: string; readonly sightings: readonly Sighting[] };

/** Where a NIC should be by what is recorded; null where nothing is. */
export type Recorded = NetnsRef | 'home' | null;

/**
 * Where an ENI without an attachment should be. That it is at home is known only if it was given back: of one that the ledger never
 * saw leave, the record may be lost.
 */
export function recordedOf({ holder, releasedAt }: Pick<ProvidedEni, 'holder' | 'releasedAt'>): Recorded {
  return holder === null && releasedAt !== null ? 'home' : null;
}

/** The machine at one moment; home and netns are looked at only when somebody asks, and then once. */
export interface Look {
  home(): Promise<HomeView>;
  /** The links in the netns, or undefined if the path leads to another netns by now, or nowhere. */
  into(netns: NetnsRef): Promise<readonly Link[] | undefined>;
  /** Every netns that can be reached. */
  all(): Promise<readonly ReachableNetns[]>;
  /** Every link that can be reached, and the netns that it is in; null is home. */
  everywhere(): Promise<ReadonlyMap<Link, NetnsRef | null>>;
  /** Processes that run in the netns with this inode. */
  pidsIn(inode: number): Promise<readonly number[]>;
  /** The machine a moment later. */
  again(): Look;
}

/** Each one may cost a process. */
const NETNS_AT_ONCE = 8;

/**
 * Looks at the machine.
 *
 * @param seenHome the links at home, where they were just looked at
 */
export function look(parts: Pick<Parts, 'links' | 'netns'>, seenHome?: HomeView): Look {
  const { links, netns } = parts;
  const seen = new Map<string, Promise<readonly Link[] | undefined>>();
  const enterOneOfFew = pLimit(NETNS_AT_ONCE);
  let home = seenHome === undefined ? undefined : Promise.resolve(seenHome);
  let all: Promise<readonly ReachableNetns[]> | undefined;
  let everywhere: Promise<ReadonlyMap<Link, NetnsRef | null>> | undefined;
  let processes: ReturnType<Parts['netns']['processes']> | undefined;
  let later: Look | undefined;
  const enter = async (ref: NetnsRef): Promise<readonly Link[] | undefined> => {
    const there = await netns.find(ref.path);
    return there?.inode === ref.inode ? links.lookInto(ref) : undefined;
  };
  const machine: Look = {
    home() {
      home ??= links.lookHome();
      return home;
    },
    into(ref) {
      const key = `${ref.inode} ${ref.path}`;
      const pending = seen.get(key) ?? enterOneOfFew(enter, ref);
      seen.set(key, pending);
      return pending;
    },
    all() {
      all ??= netns.findAll();
      return all;
    },
    everywhere() {
      everywhere ??= lookEverywhere(machine);
      return everywhere;
    },
    async pidsIn(inode) {
      processes ??= netns.processes();
      return (await processes).get(inode) ?? [];
    },
    again() {
      later ??= look(parts);
      return later;
    },
  };
  return machine;
}

async function lookEverywhere(machine: Look): Promise<ReadonlyMap<Link, NetnsRef | null>> {
  const away = (await machine.all()).map(({ path, inode }) => lookByAnyWay(machine, { path, inode }));
  return new Map([...placed((await machine.home()).links, null), ...(await Promise.all(away)).flat()]);
}

/** How often a netns is looked for again that could not be entered. */
const OTHER_WAYS = 3;

/**
 * A way that was found may have been that of a program which had the netns open for a moment, such as nsenter: then something else may
 * still lead there, and what is in it must not count as missing.
 */
async function lookByAnyWay(
  machine: Look,
  netns: NetnsRef,
  others = OTHER_WAYS,
): Promise<(readonly [Link, NetnsRef | null])[]> {
  const links = await machine.into(netns);
  if (links !== undefined) return placed(links, netns);
  const now = machine.again();
  const way = others === 0 ? undefined : (await now.all()).find(({ inode }) => inode === netns.inode);
  return way === undefined ? [] : lookByAnyWay(now, { path: way.path, inode: way.inode }, others - 1);
}

function placed(links: readonly Link[], netns: NetnsRef | null): (readonly [Link, NetnsRef | null])[] {
  return links.map((link) => [link, netns]);
}

/** A link that fits a NIC, and where it is: at home (null), or in a netns. */
export interface Sighting {
  readonly netns: NetnsRef | null;
  readonly link: Link;
}

/** Where the NIC is. The place that is recorded and home are looked at first. */
export async function locate(machine: Look, identity: Identity, recorded: Recorded): Promise<Whereabouts> {
  const sightings = await sight(machine, identity, recorded);
  const [seen, ...others] = sightings;
  if (seen === undefined) {
    const misplaced = findMisplaced((await machine.everywhere()).keys(), identity);
    return { at: 'nowhere', ...(misplaced && { misplaced: sayMisplaced(misplaced, identity) }) };
  }
  if (others.length > 0) return { at: 'unclear', message: ambiguity(sightings, identity), sightings };
  const { netns, link } = seen;
  return netns === null ? { at: 'home', link } : { at: 'netns', netns, link };
}

/** The same with all links that fit equally well. */
export async function sight(machine: Look, identity: Identity, recorded: Recorded): Promise<readonly Sighting[]> {
  if (recorded !== null && recorded !== 'home') {
    const there = identify((await machine.into(recorded)) ?? [], identity);
    if (there.length > 0) return there.map((link) => ({ netns: recorded, link }));
  }
  const atHome = identify((await machine.home()).links, identity);
  if (atHome.some((link) => recorded === 'home' || link.kind === null)) {
    return atHome.map((link) => ({ netns: null, link }));
  }
  const everywhere = await sightEverywhere(machine, identity);
  // One that is on its way just now is seen where it was and where it is.
  return new Set(everywhere.map(({ netns }) => netns?.inode)).size > 1
    ? sightEverywhere(machine.again(), identity)
    : everywhere;
}

async function sightEverywhere(machine: Look, identity: Identity): Promise<Sighting[]> {
  const places = await machine.everywhere();
  const all = identify([...places.keys()], identity).map((link) => ({ netns: places.get(link) ?? null, link }));
  if (!all.some(({ netns }) => netns === null)) return all;
  // One at home is only doubted for one that was moved as this ENI: what else others have in theirs is no concern of ours.
  return all.filter(({ netns, link }) => netns === null || parseLabel(link.alias)?.eni === identity.id);
}

/** Whether some link that can be seen is a device at one of these bus addresses. */
export async function isOccupied(machine: Look, addresses: readonly string[]): Promise<boolean> {
  const isThere = ({ busAddress }: Link): boolean => busAddress !== null && addresses.includes(busAddress);
  return (await machine.home()).links.some(isThere) || [...(await machine.everywhere()).keys()].some(isThere);
}

/** A link that is in a netns. */
export type Away = Extract<Whereabouts, { readonly at: 'netns' }>;

/** Every link in every netns that can be reached. */
export async function findAway(machine: Look): Promise<readonly Away[]> {
  return [...(await machine.everywhere())].flatMap(([link, netns]): Away[] =>
    netns === null ? [] : [{ at: 'netns', netns, link }],
  );
}

/** That several links fit, as a clause. */
export function ambiguity(sightings: readonly Sighting[], { id, mac }: Identity): string {
  const names = sightings.map(({ netns, link }) => (netns === null ? link.name : `${link.name} in ${netns.path}`));
  return `several links have the MAC ${mac} of ENI ${id}: ${names.join(', ')}`;
}
