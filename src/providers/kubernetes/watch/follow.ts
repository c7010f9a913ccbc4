/**
 * Follows one kind of objects for as long as it is told to: carries out what the stream (stream.ts) wants next, and tells it what came
 * of that. Clock, pauses and dice are given, so that a day of it can be played.
 */
import { EnimError, errnoOf } from '../../../model/errors.js';
import type { Observe, WatchTold } from '../../../model/observation.js';
import { type Attempt, hopeless, reasonOf, refusal } from '../failures.js';
import { parseJson } from '../json.js';
import { type NodeResource, pathOfNode } from '../paths.js';
import type { ApiResponse, Streaming } from '../transport.js';
import { GROUP } from '../wire.js';
import { isTracked, lean, parseEvent, type Tracked } from './event.js';
import { step } from './step.js';
import { begin, type Change, type EndReason, type Happening, QUIET_MS, type Stream } from './stream.js';

export interface FollowSettings<T extends Tracked> {
  readonly resource: NodeResource;
  readonly node: string;
  /** The connection; a new one where the last was of no use. Throws an EnimError where there can be none. */
  readonly connect: () => Streaming;
  readonly clock: () => Date;
  /** In milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
  /** Ends early, and without an error, when the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random: () => number;
  readonly observe: Observe;
  readonly onChanges: (changes: readonly Change<T>[]) => void;
}

export interface Follower<T extends Tracked> {
  stream(): Stream<T>;
  /** Follows until the signal is aborted; whatever goes wrong is tried again. */
  run(signal: AbortSignal): Promise<void>;
}

/** For a list, and for the beginning of a watch, in milliseconds. */
const ANSWER_MS = 10_000;

/** How long the server is asked to let a watch last, in seconds: not as long for each, so that not all come back together. */
const LASTS_S = { least: 300, most: 600 };

export function createFollower<T extends Tracked>(settings: FollowSettings<T>): Follower<T> {
  const { resource, node, clock, now, sleep, random, observe, onChanges } = settings;
  const path = pathOfNode(resource, node);
  let stream = begin<T>();
  let connection: Streaming | undefined;

  const happen = (happening: Happening<T>): EndReason | null => {
    const next = step(stream, happening, { now: now(), random: random() });
    stream = next.stream;
    if (next.changes.length > 0) onChanges(next.changes);
    return next.cut;
  };
  const tell = (what: WatchTold['what'], reason: string, message: string | null = null): void =>
    observe({ kind: 'watch', resource, what, reason, objects: stream.objects.size, message });
  const asked = (verb: 'list' | 'watch', status: number | null, since: number): void =>
    observe({ kind: 'request', verb, resource, status, milliseconds: now() - since });
  const why = (verb: Attempt['verb'], response: ApiResponse): string =>
    response.status === 429 || response.status >= 500
      ? `The API server answered ${response.status}.`
      : refusal(connected(), { verb, resource, group: GROUP }, response, clock()).message;
  const connected = (): Streaming => {
    connection ??= settings.connect();
    return connection;
  };
  /** It may be the connection's fault: its kubeconfig can be another by now. */
  const failed = (thrown: unknown): string => {
    const fault = connection === undefined ? undefined : hopeless(connection, thrown);
    connection = undefined;
    return fault?.message ?? reasonOf(thrown);
  };

  const list = async (reason: string, signal: AbortSignal): Promise<void> => {
    const since = now();
    let status: number | null = null;
    try {
      const response = await connected().send({ method: 'GET', path, timeout: ANSWER_MS, signal });
      status = response.status;
      if (status === 200) {
        happen({ kind: 'listed', ...listOf<T>(response.body) });
        tell('listed', reason);
      } else {
        happen({ kind: 'failed', retryAfter: milliseconds(response) });
        tell('ended', 'list', why('list', response));
        connection = undefined;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      happen({ kind: 'failed' });
      tell('ended', 'list', failed(thrown));
    }
    asked('list', status, since);
  };

  const watch = async (from: string, signal: AbortSignal): Promise<void> => {
    const since = now();
    const ender = new AbortController();
    let end: EndReason | null = null;
    let message: string | null = null;
    let retryAfter: number | null = null;
    let isOpen = false;
    const cut = (reason: EndReason): void => {
      end ??= reason;
      ender.abort();
    };
    const opened = (): void => {
      isOpen = true;
      asked('watch', 200, since);
      happen({ kind: 'opened' });
      tell('opened', '');
      void whenSilent(() => cut('silent'), ender.signal);
    };
    const line = (text: string): void => {
      if (end !== null) return;
      const event = parseEvent<T>(text);
      const reason = happen({ kind: 'event', event });
      tell('event', event.type);
      if (event.type === 'ERROR') message = event.message;
      if (reason !== null) cut(reason);
    };
    try {
      const lasts = Math.round(LASTS_S.least + (LASTS_S.most - LASTS_S.least) * random());
      const query = `&watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(from)}&timeoutSeconds=${lasts}`;
      const request = { path: `${path}${query}`, timeout: ANSWER_MS, opened, line };
      const refused = await connected().follow(request, AbortSignal.any([signal, ender.signal]));
      if (refused !== null) {
        asked('watch', refused.status, since);
        retryAfter = milliseconds(refused);
        message = why('watch', refused);
        end = refused.status === 410 ? 'gone' : 'refused';
        connection = undefined;
      }
      end ??= 'timeout';
    } catch (thrown) {
      if (!isOpen) asked('watch', null, since);
      message ??= failed(thrown);
      end ??= thrown instanceof EnimError || errnoOf(thrown) === 'EMSGSIZE' ? 'garbage' : 'cut';
    }
    ender.abort();
    if (signal.aborted) return;
    happen({ kind: 'ended', why: end, retryAfter });
    tell('ended', end, message);
  };

  const whenSilent = async (cut: () => void, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const left = QUIET_MS - (now() - stream.heard);
      if (left <= 0) return cut();
      await sleep(left, signal);
    }
  };

  return {
    stream: () => stream,
    async run(signal) {
      while (!signal.aborted) {
        const { move } = stream;
        if (move.do === 'list') await list(move.reason, signal);
        else if (move.do === 'watch') await watch(move.from, signal);
        else {
          await sleep(move.milliseconds, signal);
          happen({ kind: 'woke' });
        }
      }
      tell('left', '');
    },
  };
}

function milliseconds({ retryAfter }: ApiResponse): number | null {
  return retryAfter === null ? null : retryAfter * 1_000;
}

/** @throws EnimError API_FAILED for what is no list */
function listOf<T extends Tracked>(body: string): { readonly version: string; readonly items: readonly T[] } {
  const { metadata, items } = parseJson(body) as {
    readonly metadata?: { readonly resourceVersion?: unknown };
    readonly items?: unknown;
  };
  const version = metadata?.resourceVersion;
  const all = items ?? [];
  if (typeof version === 'string' && version !== '' && Array.isArray(all) && all.every(isTracked))
    return { version, items: all.map((item) => lean(item as unknown as T)) };
  throw new EnimError('API_FAILED', 'The API server answered a list with something that is none.');
}
