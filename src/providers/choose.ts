/** Which free ENI is next. Pure and deterministic, so that two looks at one state agree. */
import { type Endpoint, sameEndpoint } from '../model/attachment.js';
import type { ProvidedEni } from './provider.js';

/** The ENI that the endpoint holds already, if any. */
export function findHeld(enis: readonly ProvidedEni[], endpoint: Endpoint): ProvidedEni | undefined {
  return enis.find(({ holder }) => holder !== null && sameEndpoint(holder, endpoint));
}

/**
 * The free candidate that was given back longest ago, never used ones first; of equals the first in the list. An address that
 * rests longest has the fewest peers that still remember its former pod.
 */
export function chooseFree(enis: readonly ProvidedEni[], candidates: readonly string[]): ProvidedEni | undefined {
  const free = enis.filter(({ eni, holder }) => holder === null && candidates.includes(eni.id));
  return free.reduce<ProvidedEni | undefined>(
    (best, each) => (best === undefined || (each.releasedAt ?? '') < (best.releasedAt ?? '') ? each : best),
    undefined,
  );
}
