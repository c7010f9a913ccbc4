/** ENIs and endpoints, as two requests told them, joined to what the provider says of each ENI. Pure. */
import type { Endpoint } from '../../model/attachment.js';
import type { ProvidedEni } from '../provider.js';
import { lastHolder, releasedAt, usedSince } from './changelog.js';
import { holderOf, stranger } from './endpoint.js';
import { isFree, isHeld, isShared, referenceOf, toEni } from './eni.js';
import { once } from './once.js';
import type { Subnets } from './subnet.js';
import type { EndpointObject, EniObject } from './wire.js';

/** What the API server was seen to have for a node. */
export interface Look {
  readonly enis: readonly EniObject[];
  readonly endpoints: readonly EndpointObject[];
  readonly subnets: Subnets;
}

/** One ENI that is free, held or shared, with the objects behind it. */
export interface Seen {
  readonly provided: ProvidedEni;
  readonly object: EniObject;
  /** The endpoint that it names; undefined if that is gone, or nobody has the ENI. */
  readonly endpoint: EndpointObject | undefined;
  /** Why no pod can use it, as a sentence. */
  readonly fault: string | null;
}

/** The ENIs of the node, by ID: those that may be given out, those that somebody has, whatever became of them, and those that pods share. */
export const view = once(join);

function join({ enis, endpoints, subnets }: Look): readonly Seen[] {
  return enis
    .filter((object) => isFree(object) || isHeld(object) || isShared(object))
    .flatMap((object) => {
      const read = toEni(object, subnets);
      if (read === undefined) return [];
      const { eni, fault } = read;
      const log = object.status?.CCEStatusChangeLog;
      const endpoint = endpointOf(object, endpoints);
      const isTaken = isHeld(object);
      const provided: ProvidedEni = {
        eni,
        holder: isTaken ? whoHolds(object, endpoint) : null,
        since: isTaken ? usedSince(log) : null,
        releasedAt: releasedAt(log),
        ...(isShared(object) ? { isShared: true } : {}),
      };
      return [{ provided, object, endpoint, fault }];
    })
    .sort((a, b) => (a.provided.eni.id < b.provided.eni.id ? -1 : 1));
}

function endpointOf(object: EniObject, endpoints: readonly EndpointObject[]): EndpointObject | undefined {
  return endpoints.find((each) => names(object, each));
}

/** Whether the ENI names this endpoint. */
export function names({ status = {} }: EniObject, { metadata: { uid, namespace, name } }: EndpointObject): boolean {
  const reference = referenceOf(status);
  if (reference === null) return false;
  // Another object of the same name is another endpoint.
  return reference.uid ? reference.uid === uid : reference.name === name && reference.namespace === namespace;
}

/** Whoever has an ENI that is held, as far as anything still says so. */
export function whoHolds(object: EniObject, endpoint: EndpointObject | undefined): Endpoint {
  if (endpoint !== undefined) return holderOf(endpoint);
  // Made after the endpoints were listed, or taken away by somebody.
  const last = lastHolder(object.status?.CCEStatusChangeLog);
  if (last !== undefined) return last;
  const { namespace = '', name = '', uid } = referenceOf(object.status ?? {}) ?? {};
  return stranger(`${namespace}/${name}`, uid || object.metadata.name);
}
