/**
 * Evicting the pod of an endpoint: through the API, which honours disruption budgets, in the version that the server has, and fenced by
 * the pod's UID, so that no successor of its name is ended.
 */
import type { Endpoint } from '../../model/attachment.js';
import type { Eviction } from '../provider.js';
import { findPod } from './endpoint.js';
import type { Operation } from './operation.js';
import type { ApiResponse } from './transport.js';
import { MIRRORED_UID_ANNOTATION, type PodObject, type ResourceObject } from './wire.js';

/** Asks once for the end of the endpoint's pod. */
export async function evict({ api, node }: Operation, endpoint: Endpoint): Promise<Eviction> {
  const whose = findPod(endpoint);
  if (whose === undefined) return { result: 'never', message: `${endpoint.owner} can be no pod` };
  const pod = await api.getPod(whose.namespace, whose.name);
  const fate = judgePod(pod, endpoint, node);
  if (fate !== null || pod === undefined) return fate ?? GONE;
  const version = evictionVersion(await api.listResources());
  if (version === undefined) return { result: 'never', message: 'the API server evicts no pods' };
  const { uid = '' } = pod.metadata;
  const eviction = {
    apiVersion: version,
    kind: 'Eviction',
    metadata: whose,
    deleteOptions: { preconditions: { uid } },
  };
  return judgeAnswer(await api.postEviction(whose.namespace, whose.name, eviction));
}

const GONE: Eviction = { result: 'granted', message: 'its pod is gone' };

/** What can be said without asking; null if it has to be. Pure. */
export function judgePod(pod: PodObject | undefined, { uid }: Endpoint, node: string): Eviction | null {
  if (pod === undefined) return GONE;
  const { metadata, spec } = pod;
  const mirrored = metadata.annotations?.[MIRRORED_UID_ANNOTATION];
  if (mirrored !== undefined && (uid === null || uid === mirrored))
    return { result: 'never', message: 'its pod is static: take its file away on the node' };
  // A record that names no UID was not made by a kubelet; a pod of that name on another node is another.
  if (uid === null && spec?.nodeName !== node)
    return { result: 'never', message: 'no pod of its name is on this node' };
  if (uid !== null && uid !== metadata.uid) return GONE;
  return metadata.deletionTimestamp === undefined ? null : { result: 'granted', message: 'its pod is terminating' };
}

/** `policy/v1`, or what the server has instead; undefined if it has nothing. Pure. */
export function evictionVersion(resources: readonly ResourceObject[]): string | undefined {
  const own = resources.find(({ name }) => name === 'pods/eviction');
  return own === undefined ? undefined : `${own.group ?? 'policy'}/${own.version ?? 'v1beta1'}`;
}

/** What the answer to an eviction means. Pure. */
export function judgeAnswer({ status, body }: ApiResponse): Eviction {
  if (status < 300) return { result: 'granted', message: 'its pod is terminating' };
  // Another pod of its name, or none.
  if (status === 404 || status === 409) return { result: 'later', message: 'its pod has just changed' };
  if (status === 429) return { result: 'later', message: `may not be evicted now: ${said(body)}` };
  return { result: 'later', message: `was not evicted (${status}): ${said(body)}` };
}

function said(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: string };
    return (message ?? body).replace(/\.$/, '');
  } catch {
    return body;
  }
}
