/**
 * Recording anew what a lost state file knew: from the labels that NICs carry while they are away, where the NICs are, who lives
 * there, and what the provider and container runtimes say. It concludes first, and writes only what it is told to.
 */
import type { CachedAdd } from '../host/cache.js';
import { type Endpoint, endpointOf } from '../model/attachment.js';
import { toEni } from '../model/discover.js';
import { type Eni, isSameNic } from '../model/eni.js';
import { EnimError, messageOf } from '../model/errors.js';
import { parseLabel } from '../model/label.js';
import { cachedOf, conclude, type LocatedAdd } from './conclude.js';
import { identityOf } from './identify.js';
import { type Away, findAway, type Look, locate, look, recordedOf, type Whereabouts } from './locate.js';
import { underLock } from './locked.js';
import type { Parts } from './parts.js';
import { rebuild, recordAgain } from './rebuild.js';
import { rebuildInherited } from './successor.js';
import { describe } from './verdict.js';

/** What is to be done with the conclusions. */
export interface AdoptRequest {
  readonly write: boolean;
  /** Only this ENI. */
  readonly eni?: string | null;
  /** Whose it is, where nothing says so; needs `eni`. */
  readonly owner?: string | null;
  /** What container runtimes remember. */
  readonly cached?: readonly CachedAdd[];
}

/** What was concluded of one ENI that is away from home and of which nothing is recorded. */
export interface Adoption {
  readonly eni: string;
  readonly mac: string;
  /** Where its NIC is, as a clause. */
  readonly where: string;
  /** Null where nobody says whose it is, or they disagree. */
  readonly attachment: Endpoint | null;
  /** What it was concluded from. */
  readonly evidence: readonly string[];
  readonly done: boolean;
  /** Why it could not be recorded, if that was tried, or why it cannot be. */
  readonly error: string | null;
}

interface Stray {
  readonly eni: Eni;
  readonly where: Away | Unclear;
  readonly holder: Endpoint | null;
  /** ADDs of it that runtimes remember. */
  readonly cached: readonly CachedAdd[];
}

/** One of several places, and nobody can tell which. */
type Unclear = Extract<Whereabouts, { readonly at: 'unclear' }>;

/**
 * Concludes, and records if told to.
 *
 * @throws EnimError NOT_THERE if the ENI that is named is not away without a record
 */
export async function adopt(parts: Parts, request: AdoptRequest): Promise<readonly Adoption[]> {
  const cached = await Promise.all((request.cached ?? []).map((add) => locateAdd(parts, add)));
  const search = { eni: request.eni ?? null, cached };
  const strays = await findStrays(parts, search);
  if (strays.length === 0 && request.eni != null) {
    throw new EnimError('NOT_THERE', `ENI ${request.eni} is not away from home without a record.`, {
      hint: 'see where it is: enim list',
    });
  }
  const processes = await parts.netns.processes();
  const adoptions: Adoption[] = [];
  for (const stray of strays) {
    const { where } = stray;
    if (where.at === 'unclear') {
      adoptions.push(undecided(stray, where));
      continue;
    }
    const pids = processes.get(where.netns.inode) ?? [];
    const adoption = judge({ ...stray, where }, pids, request.owner ?? null, parts.network);
    const { attachment } = adoption;
    if (!request.write || attachment === null) adoptions.push(adoption);
    else adoptions.push({ ...adoption, ...(await record(parts, { ...stray, where }, attachment, search)) });
  }
  return adoptions;
}

async function locateAdd({ netns }: Parts, add: CachedAdd): Promise<LocatedAdd> {
  return { ...add, inode: (await netns.find(add.netns))?.inode };
}

/** What is looked for, and what helps to know it. */
interface Search {
  /** Null means all. */
  readonly eni: string | null;
  readonly cached: readonly LocatedAdd[];
}

async function findStrays(parts: Parts, { eni: only, cached }: Search): Promise<Stray[]> {
  const [provided, attachments, machine] = await Promise.all([parts.provider.list(), parts.store.list(), look(parts)]);
  const isRecorded = (eni: Eni): boolean => attachments.some((each) => isSameNic(each.eni, eni));
  const strays: Stray[] = [];
  for (const each of provided) {
    const { eni, holder } = each;
    if (isRecorded(eni) || (only !== null && eni.id !== only)) continue;
    const where = await locate(machine, identityOf(eni), recordedOf(each));
    if (where.at === 'unclear' && where.sightings.some(({ netns }) => netns !== null))
      strays.push({ eni, where, holder, cached: [] });
    if (where.at === 'netns')
      strays.push({ eni, where, holder, cached: cachedOf(cached, where.netns.inode, where.link) });
  }
  const known = new Set(provided.map(({ eni }) => eni.mac));
  const unknown = (await findUnprovided(machine, cached)).filter(
    ({ eni }) => !isRecorded(eni) && !known.has(eni.mac) && (only === null || eni.id === only),
  );
  return [...strays, ...unknown];
}

/**
 * Cards that carry our label, or that a runtime had us move in, although no provider knows them: a network configuration had named
 * the device. A virtual device would have died with its pod, and its label may be anybody's. What host-device has moved is only ours to
 * record where it is an ENI of the provider.
 */
async function findUnprovided(machine: Look, cached: readonly LocatedAdd[]): Promise<Stray[]> {
  return (await findAway(machine)).flatMap((where): Stray[] => {
    const { netns, link } = where;
    const remembered = cachedOf(cached, netns.inode, link).filter(({ by }) => by === 'enim');
    if (link.kind !== null || (parseLabel(link.alias) === undefined && remembered.length === 0)) return [];
    return [{ eni: toEni({ link, driver: null, refusals: [] }), where, holder: null, cached: remembered }];
  });
}

/** Recording one of them would have the next del bring home a NIC that may not be the ENI's. */
function undecided({ eni }: Stray, where: Unclear): Adoption {
  const error = 'nothing tells which of them is the ENI; remove the others';
  return { eni: eni.id, mac: eni.mac, where: describe(where), attachment: null, evidence: [], done: false, error };
}

function judge(
  { eni, where, holder, cached }: Stray & { readonly where: Away },
  pids: readonly number[],
  owner: string | null,
  network: string,
): Adoption {
  const { link, netns } = where;
  const label = parseLabel(link.alias)?.endpoint ?? null;
  const unsaid = { network, containerID: `netns-${netns.inode}`, ifname: link.name, owner: '', uid: null };
  const testimony = { label, provider: holder, cached: cached.map((add) => add.endpoint), owner };
  const { endpoint, evidence } = conclude(testimony, unsaid);
  const inhabited = pids.length === 0 ? 'no process is in the netns' : `pid ${pids[0]} is in the netns`;
  return {
    ...{ eni: eni.id, mac: eni.mac, where: describe(where), attachment: endpoint && endpointOf(endpoint) },
    ...{ evidence: [...evidence, inhabited], done: false, error: null },
  };
}

async function record(
  parts: Parts,
  { eni, where, cached }: Stray & { readonly where: Away },
  endpoint: Endpoint,
  search: Search,
): Promise<Pick<Adoption, 'done' | 'error'>> {
  try {
    return await underLock(parts, endpoint, async (locked) => {
      // Another look, under the lock: an add or a gc may have recorded it, or a del brought it home.
      const isThere = (await findStrays(parts, { ...search, eni: eni.id })).some(
        (each) => each.where.at === 'netns' && each.where.netns.inode === where.netns.inode,
      );
      if (!isThere) return { done: false, error: 'it is recorded, or home, by now' };
      const other = await locked.store.find(endpoint);
      // A second record would take the place of that one.
      if (other !== undefined)
        return { done: false, error: `${other.owner} has ${other.eni.id} by now; del that first` };
      // Ours carries a label, unless the pod has taken it off.
      const isInherited = parseLabel(where.link.alias) === undefined && cached.some(({ by }) => by === 'host-device');
      const make = isInherited ? rebuildInherited : rebuild;
      await recordAgain(locked, make(locked, eni, endpoint, where), where.link);
      return { done: true, error: null };
    });
  } catch (thrown) {
    return { done: false, error: messageOf(thrown) };
  }
}
