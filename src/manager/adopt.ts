/**
 * Recording anew what a lost state file knew: from the labels that NICs carry while they are away, where the NICs are, who lives
 * there, and what the provider says. It concludes first, and writes only what it is told to.
 */
import type { Attachment, Endpoint } from '../model/attachment.js';
import { toEni } from '../model/discover.js';
import type { Eni } from '../model/eni.js';
import { EnimError, messageOf } from '../model/errors.js';
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';
import { identityOf } from './identify.js';
import { type Look, locate, look, type Whereabouts } from './locate.js';
import { underLock } from './locked.js';
import type { Parts } from './parts.js';
import { rebuild, recordAgain } from './rebuild.js';
import { describe } from './verdict.js';

/** What is to be done with the conclusions. */
export interface AdoptRequest {
  readonly write: boolean;
  /** Only this ENI. */
  readonly eni?: string | null;
  /** Whose it is, where nothing says so; needs `eni`. */
  readonly owner?: string | null;
}

/** What was concluded of one ENI that is away from home and of which nothing is recorded. */
export interface Adoption {
  readonly eni: string;
  readonly mac: string;
  /** Where its NIC is, as a clause. */
  readonly where: string;
  /** Null where nobody says whose it is. */
  readonly attachment: Pick<Attachment, 'owner' | 'containerID' | 'ifname' | 'network'> | null;
  /** What it was concluded from. */
  readonly evidence: readonly string[];
  readonly done: boolean;
  /** Why it could not be recorded, if that was tried. */
  readonly error: string | null;
}

interface Stray {
  readonly eni: Eni;
  readonly where: Extract<Whereabouts, { at: 'netns' }>;
  readonly holder: Endpoint | null;
}

/**
 * Concludes, and records if told to.
 *
 * @throws EnimError NOT_THERE if the ENI that is named is not away without a record
 */
export async function adopt(parts: Parts, request: AdoptRequest): Promise<readonly Adoption[]> {
  const strays = await findStrays(parts, request.eni ?? null);
  if (strays.length === 0 && request.eni != null) {
    throw new EnimError('NOT_THERE', `ENI ${request.eni} is not away from home without a record.`, {
      hint: 'see where it is: enim list',
    });
  }
  const processes = await parts.netns.processes();
  const adoptions: Adoption[] = [];
  for (const stray of strays) {
    const conclusion = conclude(stray, processes.get(stray.where.netns.inode) ?? [], request.owner ?? null);
    const { attachment } = conclusion;
    if (!request.write || attachment === null) adoptions.push(conclusion);
    else adoptions.push({ ...conclusion, ...(await record(parts, stray, { ...attachment, uid: null })) });
  }
  return adoptions;
}

async function findStrays(parts: Parts, only: string | null): Promise<Stray[]> {
  const [provided, attachments, machine] = await Promise.all([parts.provider.list(), parts.store.list(), look(parts)]);
  const recorded = new Set(attachments.map(({ eni }) => eni.id));
  const strays: Stray[] = [];
  for (const { eni, holder } of provided) {
    if (recorded.has(eni.id) || (only !== null && eni.id !== only)) continue;
    const where = await locate(machine, identityOf(eni), null);
    if (where.at === 'netns') strays.push({ eni, where, holder });
  }
  const known = new Set(provided.map(({ eni }) => eni.mac));
  const unknown = (await findLabelled(machine)).filter(
    ({ eni }) => !recorded.has(eni.id) && !known.has(eni.mac) && (only === null || eni.id === only),
  );
  return [...strays, ...unknown];
}

/**
 * Cards that carry our label although no provider knows them: a network configuration had named the device. A virtual device would
 * have died with its pod, and its label may be anybody's.
 */
async function findLabelled(machine: Look): Promise<Stray[]> {
  const found: Stray[] = [];
  for (const { path, inode } of await machine.all()) {
    for (const link of (await machine.into({ path, inode })) ?? []) {
      if (link.kind !== null || parseLabel(link.alias) === undefined) continue;
      const eni = toEni({ link, driver: null, refusals: [] });
      found.push({ eni, where: { at: 'netns', netns: { path, inode }, link }, holder: null });
    }
  }
  return found;
}

function conclude({ eni, where, holder }: Stray, pids: readonly number[], owner: string | null): Adoption {
  const { link, netns } = where;
  const labelled = parseLabel(link.alias)?.endpoint ?? null;
  const evidence = [
    ...(labelled === null ? [] : [`the label of the NIC says ${labelled.owner}`]),
    ...(holder === null ? [] : [`the provider says ${holder.owner}`]),
    ...(owner === null ? [] : [`you say ${owner}`]),
    pids.length === 0 ? 'no process is in the netns' : `pid ${pids[0]} is in the netns`,
  ];
  const endpoint = labelled ?? holder ?? (owner === null ? null : ownersWord(owner, netns.inode, link));
  const attachment =
    endpoint === null
      ? null
      : {
          ...{ owner: owner ?? endpoint.owner, containerID: endpoint.containerID },
          ...{ ifname: endpoint.ifname, network: endpoint.network },
        };
  return { eni: eni.id, mac: eni.mac, where: describe(where), attachment, evidence, done: false, error: null };
}

/** As an add by hand would have recorded it. */
function ownersWord(owner: string, inode: number, { name }: Link): Endpoint {
  return { network: 'enim', containerID: `netns-${inode}`, ifname: name, owner, uid: null };
}

async function record(
  parts: Parts,
  { eni, where }: Stray,
  endpoint: Endpoint,
): Promise<Pick<Adoption, 'done' | 'error'>> {
  try {
    return await underLock(parts, endpoint, async (locked) => {
      // Another look, under the lock: an add or a gc may have recorded it, or a del brought it home.
      const again = (await findStrays(parts, eni.id)).some((each) => each.where.netns.inode === where.netns.inode);
      if (!again) return { done: false, error: 'it is recorded, or home, by now' };
      await recordAgain(locked, rebuild(locked, eni, endpoint, where));
      return { done: true, error: null };
    });
  } catch (thrown) {
    return { done: false, error: messageOf(thrown) };
  }
}
