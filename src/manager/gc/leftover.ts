/** gc for endpoints that a cluster's records give up, and that no ENI is held for. */
import { type Look, look } from '../locate.js';
import type { Parts } from '../parts.js';
import { judgeLeftover } from '../verdict.js';
import { findCarrier, findWithdrawn, type GivenUp, withdrawnOf } from '../withdrawn.js';
import type { Finding } from './finding.js';

/** An endpoint that is given up, of which neither an ENI nor a record speaks. */
export async function judgeLeftoverNow(
  parts: Parts,
  machine: Look,
  { endpoint, ...withdrawn }: GivenUp,
): Promise<Finding> {
  const verdict = judgeLeftover(endpoint, withdrawn, await findCarrier(machine, endpoint));
  const finding = { ...verdict, eni: null, endpoint };
  if (verdict.action !== 'reclaim') return finding;
  return {
    ...finding,
    act: async (locked) => {
      // An add that was repeated has recorded it, or is given an ENI for it.
      if ((await locked.store.find(endpoint)) !== undefined) return undefined;
      const now = withdrawnOf(await findWithdrawn(parts, []), endpoint);
      if (now === null || now.eni !== null) return undefined;
      if (judgeLeftover(endpoint, now, await findCarrier(look(parts), endpoint)).action !== 'reclaim') return undefined;
      await parts.provider.release(endpoint);
      return { remaining: [] };
    },
  };
}
