/** Asks the provider for an ENI, having looked which of them have their NIC at home and to spare. */
import type { HomeView } from '../link/driver.js';
import { BY_HAND, type Endpoint, type NetnsRef } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { Link } from '../model/link.js';
import { quarantineOf } from '../model/quarantine.js';
import { setupOf } from '../model/setup.js';
import type { ProvidedEni, Purpose } from '../providers/provider.js';
import { allShared, type Fitness, judge, noneFree, pick } from './candidates.js';
import { refuseCordoned } from './cordon.js';
import { identify, identityOf } from './identify.js';
import { list } from './list.js';
import { type Look, locate, look, recordedOf } from './locate.js';
import { originOf } from './origin.js';
import type { Parts } from './parts.js';
import { describe } from './verdict.js';

/** Which ENI it should be. */
export interface Wish {
  /** This ENI and no other; null means any. */
  readonly eni: string | null;
  /** The ENI that this link at home is, and no other. */
  readonly device: Link | null;
  /** An ENI with these addresses; prefix lengths do not count. */
  readonly ips: readonly string[];
  /** Take the ENI that is wished for although the node seems to use its NIC. */
  readonly force: boolean;
}

/**
 * The ENI that the endpoint holds from now on; asked again, the same.
 *
 * @param home the links at home, just looked at
 * @param purpose what it is for
 * @param isAgain whether all that were free were taken by others before it could take one
 * @throws EnimError CORDONED; NO_FREE_ENI; NOT_THERE, UNSAFE or AMBIGUOUS_LINK for the ENI that is wished for; LINK_LOST
 */
export async function allocate(
  parts: Parts,
  endpoint: Endpoint,
  wish: Wish,
  home: HomeView,
  purpose: Purpose = {},
  isAgain = false,
): Promise<Eni> {
  const [provided, attachments, quarantines] = await Promise.all([
    parts.provider.list(),
    parts.store.list(),
    parts.store.quarantine.list(),
  ]);
  refuseCordoned(parts, endpoint, provided);
  const now = parts.clock();
  const machine = look(parts, home);
  const fitness = await Promise.all(
    provided.map((each) => {
      const its = judge(each, endpoint, attachments, home, quarantineOf(quarantines, each.eni, now));
      return refuseElsewhere(machine, each, its);
    }),
  );
  const named = nameOf(wish, provided);
  const candidates =
    named === null ? fitness.flatMap((each) => (each.fit ? [each.id] : [])) : [pick(fitness, named, wish.force)];
  if (candidates.length === 0) {
    if (await isWholeNodeShared(parts, provided)) throw allShared(provided.length);
    throw noneFree(fitness, originOf(parts.provider), await findOrphans(parts, provided));
  }
  let allocated: Eni;
  try {
    allocated = await parts.provider.allocate(endpoint, candidates, purpose);
  } catch (thrown) {
    if (!(thrown instanceof EnimError) || thrown.code !== 'NO_FREE_ENI') throw thrown;
    // All candidates were taken between the look and the call; meanwhile others may have come home.
    if (isAgain) throw noneFree(fitness, originOf(parts.provider));
    return allocate(parts, endpoint, wish, await parts.links.lookHome(), purpose, true);
  }
  // Held by this endpoint from before, but not fit: it must not be given back either, before it is known what it is.
  if (!candidates.includes(allocated.id)) throw refusalOf(allocated, endpoint, fitness);
  return allocated;
}

/** Without asking the provider once more. That there is none is no reason to fail for another one. */
async function findOrphans(parts: Parts, provided: readonly ProvidedEni[]): Promise<readonly string[]> {
  const provider: Parts['provider'] = { ...parts.provider, list: async () => provided };
  const enis = await list({ ...parts, provider }).catch(() => []);
  return enis.flatMap(({ id, state }) => (state === 'orphan' ? [id] : []));
}

/** Nobody gets a device that only looks like the ENI's NIC: a pod may have that, by a record that was lost. */
async function refuseElsewhere(machine: Look, provided: ProvidedEni, fitness: Fitness): Promise<Fitness> {
  if (!('link' in fitness)) return fitness;
  const { id } = provided.eni;
  const where = await locate(machine, identityOf(provided.eni), recordedOf(provided));
  if (where.at === 'home') return fitness;
  const why = where.at === 'unclear' ? 'ambiguous' : 'missing';
  return { id, fit: false, why, reason: `ENI ${id}: ${describe(where)}.` };
}

/** For whoever writes a record of it for always before the NIC is touched: that write takes the allocation along. */
export function forRecord({ path }: NetnsRef): Purpose {
  return { netns: path, lasting: 'this boot' };
}

/** Also those that are not ready yet count: with one in Primary mode among them it is only a matter of time. */
async function isWholeNodeShared({ provider }: Parts, provided: readonly ProvidedEni[]): Promise<boolean> {
  if (provided.length === 0 || !provided.every(({ isShared }) => isShared)) return false;
  const assigned = (await provider.assignments?.list()) ?? [];
  return !assigned.some(({ eni: { mode, excluded } }) => mode === 'Primary' && excluded === null);
}

function refusalOf(eni: Eni, { owner, network }: Endpoint, fitness: readonly Fitness[]): EnimError {
  const its = fitness.find(({ id }) => id === eni.id);
  if (its?.fit === true && network === BY_HAND) {
    return new EnimError('INVALID_ARGUMENT', `${owner} holds ENI ${eni.id} already, by hand.`, {
      hint: `name another owner, or free that one first: enim provider release ${owner}`,
    });
  }
  if (its?.fit === true) {
    return new EnimError(
      'INVALID_ARGUMENT',
      `${owner} holds ENI ${eni.id} already, from an add that was interrupted.`,
      {
        hint: 'repeat that add for the same ENI, or give it back first: enim gc',
      },
    );
  }
  return its?.fit === false && 'link' in its
    ? new EnimError('UNSAFE', its.reason, { hint: 'see what it is, and who has it: enim list' })
    : notAtHome(eni);
}

/** The one ENI that the wish leaves; null if any will do. */
function nameOf({ eni, device, ips }: Wish, provided: readonly ProvidedEni[]): string | null {
  if (device !== null) {
    const known = provided.find((each) => identify([device], identityOf(each.eni)).length > 0);
    if (known !== undefined) return known.eni.id;
    throw new EnimError('NOT_THERE', `The device ${device.name} (MAC ${device.mac}) is no ENI.`, {
      hint: 'name it in the settings, or in the network configuration',
    });
  }
  if (eni !== null || ips.length === 0) return eni;
  const having = provided.find((each) => {
    const own = setupOf(each.eni).addresses.map(({ address }) => withoutPrefix(address));
    return ips.every((ip) => own.includes(withoutPrefix(ip)));
  });
  if (having !== undefined) return having.eni.id;
  throw new EnimError('NOT_THERE', `No ENI has the addresses ${ips.join(' and ')} that were asked for.`, {
    hint: 'see the known ones: enim provider list',
  });
}

function withoutPrefix(address: string): string {
  return address.split('/')[0] ?? address;
}

/** The error for a NIC that should be at home and is not. */
export function notAtHome(eni: Eni): EnimError {
  return new EnimError('LINK_LOST', `ENI ${eni.id}: its NIC (MAC ${eni.mac}) is not at home.`, {
    hint: 'see where it is: enim list',
  });
}
