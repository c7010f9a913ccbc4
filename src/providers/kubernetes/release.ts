/**
 * Giving back what an endpoint holds. The ENI comes first: an endpoint object that is there too long hurts nobody, and tells whoever
 * comes next what is still to be done. An ENI whose object is gone is no reason to keep the endpoint object.
 */
import { type Endpoint, sameEndpoint } from '../../model/attachment.js';
import type { Api } from './api.js';
import { isOf } from './endpoint.js';
import { freed, referenceOf } from './eni.js';
import type { Operation } from './operation.js';
import { type Look, names, type Seen, view } from './view.js';
import { type EndpointObject, FINALIZER } from './wire.js';

/** What the endpoint holds; that is nothing is success. */
export async function release(operation: Operation, endpoint: Endpoint): Promise<void> {
  const { api } = operation;
  let held = operation.recent === undefined ? NOTHING : heldBy(operation.recent, endpoint);
  // That there is nothing must not be an old answer.
  if (isNothing(held)) held = heldBy(await operation.look(), endpoint);
  const unlisted = await findUnlisted(api, held, endpoint);
  for (const seen of held.enis) await free(operation, seen, endpoint);
  for (const object of [...held.objects, ...unlisted]) await remove(api, object);
}

interface Held {
  readonly enis: readonly Seen[];
  readonly objects: readonly EndpointObject[];
}

const NOTHING: Held = { enis: [], objects: [] };

function isNothing({ enis, objects }: Held): boolean {
  return enis.length === 0 && objects.length === 0;
}

function heldBy(look: Look, endpoint: Endpoint): Held {
  const enis = view(look).filter(({ provided: { holder } }) => holder !== null && sameEndpoint(holder, endpoint));
  return { enis, objects: look.endpoints.filter((object) => isOf(object, endpoint)) };
}

/** What an ENI names and no list has shown: somebody has removed it, or its label. Once the ENI is free nothing leads to it. */
async function findUnlisted(api: Api, { enis }: Held, endpoint: Endpoint): Promise<readonly EndpointObject[]> {
  const found = await Promise.all(
    enis.map(async ({ object: eni, endpoint: listed }) => {
      const { namespace, name } = referenceOf(eni.status ?? {}) ?? {};
      if (listed !== undefined || !namespace || !name) return undefined;
      const object = await api.getEndpoint({ metadata: { namespace, name } });
      return object !== undefined && names(eni, object) && isOf(object, endpoint) ? object : undefined;
    }),
  );
  return found.filter((object) => object !== undefined);
}

export async function free({ api, clock }: Operation, { object: seen }: Seen, endpoint: Endpoint): Promise<void> {
  const { name } = seen.metadata;
  for (let object: Seen['object'] | undefined = seen; object !== undefined; ) {
    // It was given to somebody else meanwhile, or to nobody.
    if (object.status?.endpointReference?.uid !== seen.status?.endpointReference?.uid) return;
    const written = await api.putEniStatus(freed(object, endpoint, clock()));
    if (typeof written !== 'string') return;
    if (written === 'conflict') await api.pause(`ENI ${name}`);
    object = written === 'absent' ? undefined : await api.getEni(name);
  }
}

/** Deletes the endpoint object of a container, whatever others change in it meanwhile; a successor of its name stays. */
async function remove(api: Api, seen: EndpointObject): Promise<void> {
  let object: EndpointObject | undefined = seen;
  while (object !== undefined && isSame(object, seen) && !(await removeUnchanged(api, object))) {
    await api.pause(`The endpoint ${seen.metadata.namespace}/${seen.metadata.name}`);
    object = await api.getEndpoint(seen);
  }
}

/** Deletes an endpoint object if it still is as it was seen, and lets go of it. False if it has changed. */
export async function removeUnchanged(api: Api, seen: EndpointObject): Promise<boolean> {
  const deleted = seen.metadata.deletionTimestamp === undefined ? await api.deleteEndpoint(seen) : seen;
  if (deleted === 'conflict') return false;
  // What had no finalizers is gone, and the answer is no endpoint.
  const finalizers = deleted === 'absent' ? [] : (deleted.metadata?.finalizers ?? []);
  if (deleted === 'absent' || !finalizers.includes(FINALIZER)) return true;
  const others = finalizers.filter((each) => each !== FINALIZER);
  return (await api.putEndpoint({ ...deleted, metadata: { ...deleted.metadata, finalizers: others } })) !== 'conflict';
}

function isSame(object: EndpointObject, seen: EndpointObject): boolean {
  const idOf = ({ spec }: EndpointObject) => spec?.['external-identifiers']?.['container-id'];
  return object.metadata.uid === seen.metadata.uid && idOf(object) === idOf(seen);
}
