/** What is to be done next for an endpoint that wants an ENI, given what was last seen. Pure. */
import { type Endpoint, sameEndpoint } from '../../model/attachment.js';
import { chooseFree } from '../choose.js';
import { eniOf, isForWholeEni, isOf, nameOf, podOf } from './endpoint.js';
import { type Look, type Seen, view } from './view.js';
import { type EndpointObject, FINALIZER } from './wire.js';

/** One step. */
export type Step =
  /** It has this ENI, and endpoint object and ENI say so. */
  | { readonly do: 'keep'; readonly seen: Seen; readonly object: EndpointObject }
  /** Its endpoint object is there: the ENI is to name it. */
  | { readonly do: 'take'; readonly seen: Seen; readonly object: EndpointObject }
  /** There is no endpoint object: one of this name is to be made. */
  | { readonly do: 'create'; readonly seen: Seen; readonly name: string }
  /** An endpoint object that nobody needs has the name, or is being deleted: it has to go first. */
  | { readonly do: 'clear'; readonly object: EndpointObject }
  /** No ENI is free; `fault` says what is wrong with one that is, as a sentence. */
  | { readonly do: 'refuse'; readonly fault: string | null; readonly object: EndpointObject | undefined };

/**
 * @param candidates IDs of the ENIs that may be given out
 * @param occupied names that objects have which were not seen, those of other nodes
 */
function decide(look: Look, endpoint: Endpoint, candidates: readonly string[], occupied: ReadonlySet<string>): Step {
  const all = view(look);
  const isNamed = ({ metadata }: EndpointObject): boolean =>
    all.some((each) => each.endpoint?.metadata.uid === metadata.uid);
  const held = all.find(({ provided: { holder } }) => holder !== null && sameEndpoint(holder, endpoint));
  if (held?.endpoint !== undefined) return { do: 'keep', seen: held, object: held.endpoint };

  const own = look.endpoints.filter((object) => isOf(object, endpoint) && !isNamed(object) && !isLetGo(object));
  const dying = own.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (dying !== undefined) return { do: 'clear', object: dying };

  const seen = held ?? choose(all, candidates);
  if (seen === undefined) return { do: 'refuse', fault: faultOf(all, candidates), object: own[0] };
  if (own[0] !== undefined) return { do: 'take', seen, object: own[0] };

  const { namespace, name } = podOf(endpoint);
  const find = (wanted: string): EndpointObject | undefined =>
    look.endpoints.find(({ metadata }) => metadata.namespace === namespace && metadata.name === wanted);
  const former = find(name);
  if (former !== undefined && !isNamed(former) && isLeftover(former, endpoint, look))
    return { do: 'clear', object: former };
  for (let attempt = 0; ; attempt += 1) {
    const wanted = nameOf(endpoint, attempt);
    if (find(wanted) === undefined && !occupied.has(wanted)) return { do: 'create', seen, name: wanted };
  }
}

/**
 * The same for one who goes on after he has lost an ENI. Of many who want one at the same time all go for that which has rested longest;
 * those who lose it would all meet at the next one, and so on. So each goes for any.
 *
 * @param lost ID of the ENI that somebody else got first; null if there is none
 * @param random as `Math.random`
 */
export function decideAgain(
  look: Look,
  endpoint: Endpoint,
  candidates: readonly string[],
  occupied: ReadonlySet<string>,
  lost: string | null,
  random: () => number,
): Step {
  const best = decide(look, endpoint, candidates, occupied);
  // Whoever wrote to it meanwhile may not have taken it.
  if (lost === null || best.do !== 'take' || best.seen.provided.eni.id === lost) return best;
  const any = candidates[Math.floor(random() * candidates.length)] ?? '';
  const step = decide(look, endpoint, [any], occupied);
  return step.do === 'take' ? step : best;
}

function choose(all: readonly Seen[], candidates: readonly string[]): Seen | undefined {
  const sound = all.filter(({ fault, provided }) => fault === null && provided.isShared !== true);
  const chosen = chooseFree(
    sound.map(({ provided }) => provided),
    candidates,
  );
  return sound.find(({ provided }) => provided === chosen);
}

function faultOf(all: readonly Seen[], candidates: readonly string[]): string | null {
  const unsound = all.find(
    ({ fault, provided: { eni, holder } }) => fault !== null && holder === null && candidates.includes(eni.id),
  );
  return unsound?.fault ?? null;
}

/** Whether it is being deleted, and nobody but others keeps it from its end. */
function isLetGo({ metadata: { deletionTimestamp, finalizers } }: EndpointObject): boolean {
  return deletionTimestamp !== undefined && finalizers?.includes(FINALIZER) !== true;
}

/** Of a former container of the pod, and nobody but us waits for its end. */
function isLeftover(object: EndpointObject, { containerID }: Endpoint, { enis }: Look): boolean {
  const { finalizers = [] } = object.metadata;
  const eni = eniOf(object);
  return (
    isForWholeEni(object) &&
    // One that is in no list may name it all the same.
    (eni === undefined || enis.some(({ metadata }) => metadata.name === eni)) &&
    object.spec?.['external-identifiers']?.['container-id'] !== containerID &&
    finalizers.every((each) => each === FINALIZER)
  );
}
