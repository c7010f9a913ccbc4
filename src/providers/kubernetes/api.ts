/**
 * The requests that the provider makes, one function each, always to the API server itself and never to a cache: what was just
 * written is seen. What may pass is tried again until the deadline of the operation; whatever else goes wrong is an EnimError.
 */
import { failpoint } from '../../failpoint.js';
import { EnimError } from '../../model/errors.js';
import type { Observe } from '../../model/observation.js';
import type { Waits } from '../../model/waiting.js';
import {
  type Attempt,
  type Failure,
  garbled,
  hopeless,
  isAbsent,
  isOfStart,
  isPassing,
  isSilence,
  isStarting,
  refusal,
  unreachable,
} from './failures.js';
import { findDocument } from './json.js';
import { type NodeResource, pathOfNode, V2 } from './paths.js';
import type { ApiRequest, ApiResponse, Transport } from './transport.js';
import {
  type EndpointObject,
  type EniObject,
  type EventObject,
  GROUP,
  type PodObject,
  type ResourceObject,
  type SubnetObject,
} from './wire.js';

/** How long one operation may take, in milliseconds. */
export interface Patience {
  /** All requests and pauses of it together. */
  readonly total: number;
  /** One request. */
  readonly request: number;
}

interface ApiSettings {
  readonly transport: Transport;
  readonly patience: Patience;
  readonly clock: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Told whether the server has answered, or was given up. */
  readonly reached: (isThere: boolean) => void;
  readonly observe?: Observe | undefined;
  readonly waits?: Waits | undefined;
}

/** `conflict`: the object is another by now, or one of its name is there already. `absent`: it is not there. */
export type Written<T> = T | 'conflict' | 'absent';

/** A part of a long list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next one begins; null after the last. */
  readonly next: string | null;
}

/** The requests of one operation. */
export interface Api {
  listEnis(node: string): Promise<readonly EniObject[]>;
  listEndpoints(node: string): Promise<readonly EndpointObject[]>;
  /** A page of what there is on all nodes. `expired`: the server no longer knows the list that this is to go on with. */
  pageOf<T extends EniObject | EndpointObject>(
    resource: NodeResource,
    from: string | null,
  ): Promise<Page<T> | 'expired'>;
  getEni(id: string): Promise<EniObject | undefined>;
  getEndpoint(like: Pick<EndpointObject, 'metadata'>): Promise<EndpointObject | undefined>;
  getSubnet(id: string): Promise<SubnetObject | undefined>;
  getPod(namespace: string, name: string): Promise<PodObject | undefined>;
  /** The resources of the API's own group. */
  listResources(): Promise<readonly ResourceObject[]>;
  /** Asks once for the end of a pod; the answer is the caller's to judge, whatever it is. */
  postEviction(namespace: string, name: string, eviction: unknown): Promise<ApiResponse>;
  /** Replaces the status of what was read, unless it has changed since. */
  putEniStatus(object: EniObject): Promise<Written<EniObject>>;
  createEndpoint(object: EndpointObject): Promise<Written<EndpointObject>>;
  /** Replaces what was read, unless it has changed since. */
  putEndpoint(object: EndpointObject): Promise<Written<EndpointObject>>;
  /** Deletes what was read, unless it has changed since; an object with finalizers stays for the time being. */
  deleteEndpoint(object: EndpointObject): Promise<Written<EndpointObject>>;
  createEvent(object: EventObject): Promise<Written<EventObject>>;
  /** Changes these fields of the event of that name; nothing if a version stands among them and it has changed since. */
  patchEvent(object: EventObject, fields: object): Promise<Written<EventObject>>;
  /**
   * A pause after a conflict, longer each time.
   *
   * @throws EnimError BUSY when the deadline has passed; a request that has only the rest of the time throws it too, if it gets no answer
   */
  pause(about: string): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const FIRST_CONFLICT_MS = 5;
const LONGEST_CONFLICT_MS = 200;

/** Objects a page: what a server answers at once, and an operation has time for. */
const PAGE = 500;

/** Begins an operation: from here on its time counts. */
export function beginOperation(settings: ApiSettings): Api {
  const { transport, patience, clock, sleep, reached, observe = () => {}, waits = () => () => {} } = settings;
  const deadline = performance.now() + patience.total;
  const left = (): number => deadline - performance.now();
  const jitter = (): number => 0.5 + Math.random();
  let conflicts = 0;
  let contested: EnimError | undefined;

  const exchange = async (
    { verb, resource }: Pick<Attempt, 'verb' | 'resource'>,
    request: Omit<ApiRequest, 'timeout'>,
  ): Promise<ApiResponse> => {
    const what = `the API server: ${request.method} ${request.path}`;
    const started = performance.now();
    let status: number | null = null;
    failpoint('ask', what);
    try {
      const response = await transport.send({
        ...request,
        timeout: Math.max(1, Math.min(patience.request, left())),
      });
      status = response.status;
      failpoint('answered', what);
      return response;
    } finally {
      observe({ kind: 'request', verb, resource, status, milliseconds: performance.now() - started });
    }
  };

  /**
   * The answer, and whether it is only that of a server that is starting: in the first moments in which it answers it has no rights and no
   * definitions yet, and says that we have none. It may have become ready between that answer and our question, so what it says then counts.
   */
  const once = async (
    attempt: Attempt,
    request: Omit<ApiRequest, 'timeout'>,
  ): Promise<{ readonly response: ApiResponse; readonly isPremature: boolean }> => {
    const response = await exchange(attempt, request);
    if (!isOfStart(response)) return { response, isPremature: false };
    const ready = await exchange({ verb: 'get', resource: 'readyz' }, { method: 'GET', path: '/readyz' });
    if (isStarting(ready)) return { response, isPremature: true };
    return { response: await exchange(attempt, request), isPremature: false };
  };

  /** The answer, once it is one that no repetition changes. */
  const send = async (attempt: Attempt, request: Omit<ApiRequest, 'timeout'>): Promise<ApiResponse> => {
    let last: Failure | undefined;
    const atStart = left();
    for (let pause = FIRST_PAUSE_MS; left() > 0; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const { response, isPremature } = await once(attempt, request);
        last = { response };
        if (!isPassing(response) && !isPremature) return settled(response);
      } catch (thrown) {
        const error = hopeless(transport, thrown);
        if (error !== undefined) throw error;
        last = { thrown };
      }
      const asked = 'response' in last ? last.response.retryAfter : null;
      const wanted = Math.max(pause * jitter(), (asked ?? 0) * 1_000);
      if (wanted >= left()) break;
      await sleep(wanted);
    }
    // What it has said all the time may be true after all.
    if (last !== undefined && 'response' in last && !isPassing(last.response)) return settled(last.response);
    // A server that had less time than any request has is not to blame: those are who used it up.
    if (contested !== undefined && atStart < patience.request && isSilence(last)) throw contested;
    reached(false);
    throw unreachable(transport, last, patience.total);
  };

  const settled = (response: ApiResponse): ApiResponse => {
    reached(true);
    return response;
  };

  const ask = async <T>(attempt: Attempt, request: Omit<ApiRequest, 'timeout'>): Promise<Written<T>> => {
    const response = await send(attempt, request).finally(waits(() => 'the API server'));
    if (response.status < 300) return read<T & object>(attempt, response);
    if (response.status === 409) return 'conflict';
    if (isAbsent(response, attempt.name)) return 'absent';
    throw refusal(transport, attempt, response, clock());
  };

  const read = <T extends object>(attempt: Attempt, { body }: ApiResponse): T => {
    const document = findDocument(body);
    if (document === undefined) throw garbled(transport, attempt);
    return document as T;
  };

  /** What is no list is not an empty one: that would say that nobody has anything. */
  const readList = <T>(
    attempt: Attempt,
    response: ApiResponse,
  ): { readonly items: readonly T[]; readonly metadata?: { readonly continue?: string } } => {
    const list = read<{ readonly items?: unknown }>(attempt, response);
    if (!Array.isArray(list.items)) throw garbled(transport, attempt);
    return { ...list, items: list.items };
  };

  const get = async <T>(resource: string, path: string, name: string, group = GROUP): Promise<T | undefined> => {
    const answer = await ask<T>({ verb: 'get', resource, group, name }, { method: 'GET', path });
    return answer === 'absent' || answer === 'conflict' ? undefined : answer;
  };

  const list = async <T>(resource: NodeResource, node: string): Promise<readonly T[]> => {
    const attempt = { verb: 'list', resource, group: GROUP } as const;
    const request = { method: 'GET', path: pathOfNode(resource, node) } as const;
    const response = await send(attempt, request).finally(waits(() => 'the API server'));
    if (response.status >= 300) throw refusal(transport, attempt, response, clock());
    return readList<T>(attempt, response).items;
  };

  return {
    async listEnis(node) {
      const enis = await list<EniObject>('enis', node);
      // The label is only a copy of it.
      return enis.filter(({ spec }) => spec.nodeName === node);
    },
    listEndpoints: (node) => list('cceendpoints', node),
    async pageOf<T>(resource: string, from: string | null) {
      const path = `${V2}/${resource}?limit=${PAGE}${from === null ? '' : `&continue=${encodeURIComponent(from)}`}`;
      const attempt = { verb: 'list', resource, group: GROUP } as const;
      const response = await send(attempt, { method: 'GET', path });
      if (response.status === 410) return 'expired';
      if (response.status >= 300) throw refusal(transport, attempt, response, clock());
      const { items, metadata } = readList<T>(attempt, response);
      return { items, next: metadata?.continue || null };
    },
    getEni: (id) => get('enis', `${V2}/enis/${id}`, id),
    getEndpoint: ({ metadata }) => get('cceendpoints', pathOf(metadata), metadata.name),
    getSubnet: (id) => get('subnets', `/apis/${GROUP}/v1/subnets/${encodeURIComponent(id)}`, id),
    getPod: (namespace, name) => get('pods', `/api/v1/namespaces/${namespace}/pods/${name}`, name, ''),
    async listResources() {
      const attempt = { verb: 'get', resource: 'pods/eviction', group: '' } as const;
      const answer = await ask<{ readonly resources?: readonly ResourceObject[] }>(attempt, {
        method: 'GET',
        path: '/api/v1',
      });
      return typeof answer === 'string' ? [] : (answer.resources ?? []);
    },
    async postEviction(namespace, name, eviction) {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
      const attempt = { verb: 'create', resource: 'pods/eviction', group: '', name } as const;
      try {
        const answer = await exchange(attempt, { method: 'POST', path, body: JSON.stringify(eviction) });
        if (answer.status !== 401 && answer.status !== 403) return answer;
        throw refusal(transport, attempt, answer, clock());
      } catch (thrown) {
        if (thrown instanceof EnimError) throw thrown;
        throw hopeless(transport, thrown) ?? unreachable(transport, { thrown }, patience.request);
      }
    },
    putEniStatus(object) {
      const { name } = object.metadata;
      const path = `${V2}/enis/${name}/status`;
      return ask(
        { verb: 'update', resource: 'enis/status', group: GROUP, name },
        { method: 'PUT', path, body: JSON.stringify(object) },
      );
    },
    createEndpoint(object) {
      const path = `${V2}/namespaces/${object.metadata.namespace}/cceendpoints`;
      return ask(
        { verb: 'create', resource: 'cceendpoints', group: GROUP },
        { method: 'POST', path, body: JSON.stringify(object) },
      );
    },
    putEndpoint(object) {
      const { name } = object.metadata;
      const request = { method: 'PUT', path: pathOf(object.metadata), body: JSON.stringify(object) } as const;
      return ask({ verb: 'update', resource: 'cceendpoints', group: GROUP, name }, request);
    },
    deleteEndpoint({ metadata }) {
      const { name, uid, resourceVersion } = metadata;
      const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } });
      return ask(
        { verb: 'delete', resource: 'cceendpoints', group: GROUP, name },
        { method: 'DELETE', path: pathOf(metadata), body },
      );
    },
    createEvent(object) {
      const path = `/api/v1/namespaces/${object.metadata.namespace}/events`;
      return ask(
        { verb: 'create', resource: 'events', group: '' },
        { method: 'POST', path, body: JSON.stringify(object) },
      );
    },
    patchEvent({ metadata: { namespace, name } }, fields) {
      const path = `/api/v1/namespaces/${namespace}/events/${name}`;
      return ask(
        { verb: 'patch', resource: 'events', group: '', name },
        { method: 'PATCH', path, body: JSON.stringify(fields) },
      );
    },
    async pause(about) {
      conflicts += 1;
      const pause = Math.min(FIRST_CONFLICT_MS * 2 ** (conflicts - 1), LONGEST_CONFLICT_MS) * jitter();
      contested = new EnimError(
        'BUSY',
        `${about} was changed by others ${conflicts} times in ${patience.total / 1_000} s while it was being written.`,
        { hint: 'try again; see who does that: kubectl get --show-managed-fields -o yaml' },
      );
      if (pause >= left()) throw contested;
      await sleep(pause);
    },
  };
}

function pathOf({ namespace, name }: EndpointObject['metadata']): string {
  return `${V2}/namespaces/${namespace}/cceendpoints/${name}`;
}
