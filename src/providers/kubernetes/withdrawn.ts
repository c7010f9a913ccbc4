/**
 * Endpoints that are given up although nobody has released them: somebody else has deleted the object, or an add was killed before an
 * ENI named it. What looks so is asked for once more by name: a list may be older than another, and shows only what bears our label.
 */
import { type Endpoint, sameKey } from '../../model/attachment.js';
import type { Fate, Withdrawal } from '../provider.js';
import type { Api } from './api.js';
import { eniOf, findPod, holderOf, isForWholeEni } from './endpoint.js';
import { referenceOf } from './eni.js';
import type { Operation } from './operation.js';
import { type Look, names, view } from './view.js';
import {
  type EndpointObject,
  FINALIZER,
  IFNAME_ANNOTATION,
  MIRRORED_UID_ANNOTATION,
  NETWORK_ANNOTATION,
  type Reference,
} from './wire.js';

/** Who deletes an endpoint mostly does the rest as well, at once. */
export const DELETED_MS = 2_000;

/** Longer than any add takes, ours or another agent's. */
export const UNFINISHED_MS = 30_000;

/** A withdrawal, as far as the two lists tell, and what has to be asked before it is believed. */
export interface Suspect extends Withdrawal {
  /** The endpoint that the ENI names, if that was not in the list. */
  readonly missing?: Reference;
  /** The ENI that the endpoint speaks of, if that was not in the list. */
  readonly unseen?: { readonly id: string; readonly object: EndpointObject };
}

export async function withdrawals({ api, look, clock }: Operation): Promise<readonly Withdrawal[]> {
  const seen = suspects(await look(), clock());
  const confirmed = await Promise.all(seen.map((each) => isConfirmed(api, each)));
  return seen.filter((_, index) => confirmed[index]).map(({ endpoint, eni, reason }) => ({ endpoint, eni, reason }));
}

async function isConfirmed(api: Api, { missing, unseen }: Suspect): Promise<boolean> {
  if (missing !== undefined) {
    const { namespace = '', name = '', uid } = missing;
    const now = await api.getEndpoint({ metadata: { namespace, name } });
    return now === undefined || (uid ? now.metadata.uid !== uid : false);
  }
  if (unseen === undefined) return true;
  const eni = await api.getEni(unseen.id);
  return eni === undefined || !names(eni, unseen.object);
}

/** What the lists give reason to suspect. Pure. */
export function suspects(look: Look, now: Date): readonly Suspect[] {
  const isOlder = (time: string | null | undefined, milliseconds: number): boolean =>
    now.getTime() - Date.parse(time ?? '') > milliseconds;
  const isDeleted = ({ metadata }: EndpointObject): boolean => isOlder(metadata.deletionTimestamp, DELETED_MS);
  const all = view(look);

  const held = all.flatMap(({ provided: { eni, holder, since }, object, endpoint }): Suspect[] => {
    if (holder === null) return [];
    if (endpoint !== undefined)
      return isDeleted(endpoint) ? [{ endpoint: holder, eni: eni.id, reason: deletedAt(endpoint) }] : [];
    const missing = referenceOf(object.status ?? {});
    if (!missing?.namespace || !missing.name || !isOlder(since, UNFINISHED_MS)) return [];
    const reason = `the endpoint ${missing.namespace}/${missing.name} that it was given to is not there any more`;
    return [{ endpoint: holder, eni: eni.id, reason, missing }];
  });

  const unnamed = look.endpoints.flatMap((object): Suspect[] => {
    const endpoint = holderOf(object);
    if (!isForWholeEni(object) || look.enis.some((eni) => names(eni, object))) return [];
    // Another object of the same attachment has the ENI; a release of the one would take it from the other.
    if (all.some(({ provided: { holder } }) => holder !== null && sameKey(holder, endpoint))) return [];
    const isLeft = object.metadata.deletionTimestamp
      ? isDeleted(object) && object.metadata.finalizers?.includes(FINALIZER) === true
      : isOurs(object) && isOlder(object.metadata.creationTimestamp, UNFINISHED_MS);
    if (!isLeft) return [];
    const { namespace, name, deletionTimestamp } = object.metadata;
    const what = deletionTimestamp ? deletedAt(object) : `the endpoint ${namespace}/${name} was never finished`;
    const id = eniOf(object);
    const isUnseen = id !== undefined && !look.enis.some(({ metadata }) => metadata.name === id);
    return [
      { endpoint, eni: null, reason: `${what}, and no ENI names it`, ...(isUnseen ? { unseen: { id, object } } : {}) },
    ];
  });
  return [...held, ...unnamed];
}

function deletedAt({ metadata: { namespace, name, deletionTimestamp } }: EndpointObject): string {
  return `the endpoint ${namespace}/${name} was deleted at ${deletionTimestamp}`;
}

function isOurs({ metadata: { annotations } }: EndpointObject): boolean {
  return annotations?.[NETWORK_ANNOTATION] !== undefined && annotations[IFNAME_ANNOTATION] !== undefined;
}

/** Asks for the pod of an endpoint. Without a UID, a pod of its name may be another, and that there is none says nothing. */
export async function fateOf({ api }: Operation, endpoint: Endpoint): Promise<Fate> {
  const whose = findPod(endpoint);
  if (whose === undefined) return 'unknown';
  const pod = await api.getPod(whose.namespace, whose.name);
  if (endpoint.uid === null) return pod === undefined ? 'unknown' : 'there';
  const uids = [pod?.metadata.uid, pod?.metadata.annotations?.[MIRRORED_UID_ANNOTATION]];
  return uids.includes(endpoint.uid) ? 'there' : 'gone';
}
