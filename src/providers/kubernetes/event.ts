/**
 * Events of pods: what `kubectl describe pod` shows of a pod that gets no ENI. One object for each pod and reason, however often it
 * happens: the API server would keep each of them for an hour.
 */
import type { Endpoint } from '../../model/attachment.js';
import type { Warning } from '../provider.js';
import type { Api, Patience } from './api.js';
import { checksum, findPod } from './endpoint.js';
import type { EventObject } from './wire.js';

/** Whoever waits for the error has waited long enough. */
export const EVENT_PATIENCE: Patience = { total: 1_000, request: 1_000 };

const MAX_NAME = 253;
const MAX_MESSAGE = 1_024;

/** Makes the event, or counts one more in that which is there. */
export async function tell(api: Api, event: EventObject): Promise<void> {
  if ((await api.createEvent(event)) !== 'conflict') return;
  const { lastTimestamp, message } = event;
  // The answer says how often it was counted; to ask for that would take one more right.
  const now = await api.patchEvent(event, { lastTimestamp, message });
  if (typeof now === 'string') return;
  const { resourceVersion } = now.metadata;
  await api.patchEvent(event, { metadata: { resourceVersion }, count: (now.count ?? 0) + 1 });
}

/** The object; undefined for an owner that can be no pod. Pure. */
export function eventOf(
  endpoint: Endpoint,
  { reason, message }: Warning,
  node: string,
  now: Date,
): EventObject | undefined {
  const pod = findPod(endpoint);
  if (pod === undefined || endpoint.uid === null) return undefined;
  const at = now.toISOString();
  const suffix = `.${reason.toLowerCase()}.${checksum(`${endpoint.uid} ${reason}`)}`;
  return {
    ...{ apiVersion: 'v1', kind: 'Event' },
    metadata: { name: `${pod.name.slice(0, MAX_NAME - suffix.length)}${suffix}`, namespace: pod.namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: endpoint.uid },
    ...{ type: 'Warning', reason, message: shorten(message) },
    ...{ source: { component: 'enim', host: node }, reportingComponent: 'enim', reportingInstance: node },
    ...{ firstTimestamp: at, lastTimestamp: at, count: 1 },
  };
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}
