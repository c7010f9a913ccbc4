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

/** The machine at one moment; netns are looked into only when somebody asks, and then once. */
export interface Look {
  readonly home: HomeView;
  /** The links in the netns, or undefined if the path leads to another netns by now, or nowhere. */
  into(netns: NetnsRef): Promise<readonly Link[] | undefined>;
  /** Every netns that can be reached. */
  all(): Promise<readonly ReachableNetns[]>;
  /** Processes that run in the netns with this inode. */
  pidsIn(inode: number): Promise<readonly number[]>;
}

/** Each one costs a process. */
const NETNS_AT_ONCE = 8;

/** Looks at the machine. */
export async function look({ links, netns }: Pick<Parts, 'links' | 'netns'>): Promise<Look> {
  const seen = new Map<string, Promise<readonly Link[] | undefined>>();
  const enterOneOfFew = pLimit(NETNS_AT_ONCE);
  let everywhere: Promise<readonly ReachableNetns[]> | undefined;
  let processes: ReturnType<Parts['netns']['processes']> | undefined;
  const enter = async (ref: NetnsRef): Promise<readonly Link[] | undefined> => {
    const there = await netns.find(ref.path);
    return there?.inode === ref.inode ? links.lookInto(ref) : undefined;
  };
  return {
    home: await links.lookHome(),
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

/**
 * Where the NIC is. The recorded netns and home are looked at first; the others only if it is in neither.
 */
export async function locate(machine: Look, identity: Identity, recorded: NetnsRef | null): Promise<Whereabouts> {
  const inRecorded = recorded === null ? undefined : await findIn(machine, recorded, identity);
  if (inRecorded !== undefined) return inRecorded;
  const home = judgeLinks(identify(machine.home.links, identity), identity, (link) => ({ at: 'home', link }));
  if (home !== undefined) return home;
  for (const netns of await machine.all()) {
    const elsewhere = await findIn(machine, netns, identity);
    if (elsewhere !== undefined) return elsewhere;
  }
  return { at: 'nowhere' };
}

async function findIn(machine: Look, { path, inode }: NetnsRef, identity: Identity): Promise<Whereabouts | undefined> {
  const links = (await machine.into({ path, inode })) ?? [];
  return judgeLinks(identify(links, identity), identity, (link) => ({ at: 'netns', netns: { path, inode }, link }));
}

function judgeLinks(
  [link, ...others]: readonly Link[],
  { id, mac }: Identity,
  found: (link: Link) => Whereabouts,
): Whereabouts | undefined {
  if (link === undefined) return undefined;
  if (others.length === 0) return found(link);
  const names = [link, ...others].map(({ name }) => name).join(', ');
  return { at: 'unclear', message: `several links have the MAC ${mac} of ENI ${id}: ${names}` };
}
