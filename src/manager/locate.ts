/** Finding a NIC wherever it is: at home, in the netns that the record names, or in any other that can be reached. */
import pLimit from 'p-limit';
import type { HomeView } from '../link/driver.js';
import type { ReachableNetns } from '../link/netns.js';
import type { NetnsRef } from '../model/attachment.js';
import type { Link } from '../model/link.js';
import { type Identity, identify } from './identify.js';
import type { Parts } from './parts.js';

/** Where a NIC is. */
export type Whereabouts =
  | { readonly at: 'home'; readonly link: Link }
  | { readonly at: 'netns'; readonly netns: NetnsRef; readonly link: Link }
  | { readonly at: 'nowhere' }
  /** Several links fit, in one netns; `message` says which. */
  | { readonly at: 'unclear'; readonly message: string };

/** The machine at one moment; home and netns are looked at only when somebody asks, and then once. */
export interface Look {
  home(): Promise<HomeView>;
  /** The links in the netns, or undefined if the path leads to another netns by now, or nowhere. */
  into(netns: NetnsRef): Promise<readonly Link[] | undefined>;
  /** Every netns that can be reached. */
  all(): Promise<readonly ReachableNetns[]>;
  /** Processes that run in the netns with this inode. */
  pidsIn(inode: number): Promise<readonly number[]>;
}

/** Each one may cost a process. */
const NETNS_AT_ONCE = 8;

/** Looks at the machine. */
export function look({ links, netns }: Pick<Parts, 'links' | 'netns'>): Look {
  const seen = new Map<string, Promise<readonly Link[] | undefined>>();
  const enterOneOfFew = pLimit(NETNS_AT_ONCE);
  let home: Promise<HomeView> | undefined;
  let everywhere: Promise<readonly ReachableNetns[]> | undefined;
  let processes: ReturnType<Parts['netns']['processes']> | undefined;
  const enter = async (ref: NetnsRef): Promise<readonly Link[] | undefined> => {
    const there = await netns.find(ref.path);
    return there?.inode === ref.inode ? links.lookInto(ref) : undefined;
  };
  return {
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
      everywhere ??= netns.findAll();
      return everywhere;
    },
    async pidsIn(inode) {
      processes ??= netns.processes();
      return (await processes).get(inode) ?? [];
    },
  };
}

/** The links that fit a NIC, all in one place: at home (null), or in a netns. */
export interface Sighting {
  readonly netns: NetnsRef | null;
  readonly links: readonly Link[];
}

/**
 * Where the NIC is. The recorded netns and home are looked at first; the others only if it is in neither.
 */
export async function locate(machine: Look, identity: Identity, recorded: NetnsRef | null): Promise<Whereabouts> {
  const seen = await sight(machine, identity, recorded);
  const [link, ...others] = seen?.links ?? [];
  if (seen === undefined || link === undefined) return { at: 'nowhere' };
  if (others.length > 0) return { at: 'unclear', message: ambiguity([link, ...others], identity) };
  return seen.netns === null ? { at: 'home', link } : { at: 'netns', netns: seen.netns, link };
}

/** The same with all links that fit in the first place where any does. */
export async function sight(
  machine: Look,
  identity: Identity,
  recorded: NetnsRef | null,
): Promise<Sighting | undefined> {
  const inRecorded = recorded === null ? undefined : await sightIn(machine, recorded, identity);
  if (inRecorded !== undefined) return inRecorded;
  const atHome = identify((await machine.home()).links, identity);
  if (atHome.length > 0) return { netns: null, links: atHome };
  for (const netns of await machine.all()) {
    const elsewhere = await sightIn(machine, netns, identity);
    if (elsewhere !== undefined) return elsewhere;
  }
  return undefined;
}

async function sightIn(machine: Look, { path, inode }: NetnsRef, identity: Identity): Promise<Sighting | undefined> {
  const links = identify((await machine.into({ path, inode })) ?? [], identity);
  return links.length > 0 ? { netns: { path, inode }, links } : undefined;
}

/** Whether some link that can be seen is a device at one of these bus addresses. */
export async function isOccupied(machine: Look, addresses: readonly string[]): Promise<boolean> {
  const isThere = ({ busAddress }: Link): boolean => busAddress !== null && addresses.includes(busAddress);
  return (await machine.home()).links.some(isThere) || (await findAway(machine)).some(({ link }) => isThere(link));
}

/** A link that is in a netns. */
export type Away = Extract<Whereabouts, { readonly at: 'netns' }>;

/** Every link in every netns that can be reached. */
export async function findAway(machine: Look): Promise<readonly Away[]> {
  const everywhere = (await machine.all()).map(async ({ path, inode }): Promise<Away[]> => {
    const netns = { path, inode };
    return ((await machine.into(netns)) ?? []).map((link) => ({ at: 'netns', netns, link }));
  });
  return (await Promise.all(everywhere)).flat();
}

/** That several links fit, as a clause. */
export function ambiguity(links: readonly Link[], { id, mac }: Identity): string {
  return `several links have the MAC ${mac} of ENI ${id}: ${links.map(({ name }) => name).join(', ')}`;
}
