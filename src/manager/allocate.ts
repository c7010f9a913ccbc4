/** Asks the provider for an ENI, having looked which of them have their NIC at home and to spare. */
import type { HomeView } from '../link/driver.js';
import type { Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import { judge, noneFree, pick } from './candidates.js';
import type { Parts } from './parts.js';

interface Wish {
  /** This ENI and no other; null means any. */
  readonly eni: string | null;
  /** Take the ENI that is wished for although the node seems to use its NIC. */
  readonly force: boolean;
}

/**
 * The ENI that the endpoint holds from now on; asked again, the same.
 *
 * @param home the links at home, just looked at
 * @throws EnimError NO_FREE_ENI; NOT_THERE, UNSAFE or AMBIGUOUS_LINK for the ENI that is wished for; LINK_LOST
 */
export async function allocate(parts: Parts, endpoint: Endpoint, { eni, force }: Wish, home: HomeView): Promise<Eni> {
  const [provided, attachments] = await Promise.all([parts.provider.list(), parts.store.list()]);
  const fitness = provided.map((each) => judge(each, endpoint, attachments, home));
  const candidates =
    eni === null ? fitness.flatMap((each) => (each.fit ? [each.id] : [])) : [pick(fitness, eni, force)];
  if (candidates.length === 0) throw noneFree(fitness);
  const allocated = await parts.provider.allocate(endpoint, candidates).catch((thrown: unknown) => {
    // All candidates were taken between the look and the call.
    if (thrown instanceof EnimError && thrown.code === 'NO_FREE_ENI') throw noneFree(fitness);
    throw thrown;
  });
  // Held by this endpoint from before, but not fit: it must not be given back either, before it is known where it is.
  if (!candidates.includes(allocated.id)) throw notAtHome(allocated);
  return allocated;
}

/** The error for a NIC that should be at home and is not. */
export function notAtHome(eni: Eni): EnimError {
  return new EnimError('LINK_LOST', `ENI ${eni.id}: its NIC (MAC ${eni.mac}) is not at home.`, {
    hint: 'see where it is: enim list',
  });
}
