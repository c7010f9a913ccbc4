/**
 * The ENIs and endpoints of this node as the cluster has them, kept up to date by two watches; and a word to whoever waits for it when
 * something changed that is worth a look. What is kept serves to see that nothing is to be done; what is done is asked for anew.
 */
import type { Observe } from '../../../model/observation.js';
import type { News } from '../../provider.js';
import type { Connection, Streaming } from '../transport.js';
import { open } from '../transport.js';
import type { Look } from '../view.js';
import type { EndpointObject, EniObject } from '../wire.js';
import { createFollower } from './follow.js';
import { concernsGc, concernsSync, givenUp, isLoss, nextDue } from './news.js';
import { isFresh } from './stream.js';

export interface WatchSettings {
  /** Makes a connection. */
  readonly connect: () => Connection;
  /** Name of this node in the cluster. */
  readonly node: string;
  readonly clock: () => Date;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random: () => number;
  readonly observe: Observe;
  readonly onNews: (news: News) => void;
}

/** What was heard: all objects of the node. */
export type Heard = Omit<Look, 'subnets'>;

export interface NodeWatch {
  /** Undefined where it may be old. */
  heard(): Heard | undefined;
  /** Watches until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** For what comes along with a change, in milliseconds, before it is asked when the next thing is due. */
const SETTLE_MS = 250;

/** Clocks of this node and of the API server differ, and it tells whole seconds; in milliseconds. */
const MARGIN_MS = 250;

export function createNodeWatch(settings: WatchSettings): NodeWatch {
  const { node, clock, now, sleep, onNews } = settings;
  const connect = (): Streaming => open(settings.connect());
  let wake = (): void => undefined;

  const enis = createFollower<EniObject>({
    ...{ ...settings, connect, resource: 'enis' },
    onChanges(changes) {
      tell({ gc: changes.some(concernsGc), sync: changes.some(concernsSync) });
    },
  });
  const endpoints = createFollower<EndpointObject>({
    ...{ ...settings, connect, resource: 'cceendpoints' },
    onChanges(changes) {
      tell({ gc: changes.some(isLoss), sync: false });
    },
  });
  const tell = (news: News): void => {
    if (news.gc || news.sync) onNews(news);
    wake();
  };

  const objects = (): Heard => ({
    // The label is only a copy of it.
    enis: [...enis.stream().objects.values()].filter(({ spec }) => spec.nodeName === node),
    endpoints: [...endpoints.stream().objects.values()],
  });
  const isAllFresh = (): boolean => isFresh(enis.stream(), now()) && isFresh(endpoints.stream(), now());

  /** Tells of what is given up by now: because it was heard, or because time has passed. What is not fresh is worth a look as well. */
  const remind = async (signal: AbortSignal): Promise<void> => {
    let known: ReadonlySet<string> = new Set();
    while (!signal.aborted) {
      const next = new AbortController();
      wake = () => next.abort();
      const look = { ...objects(), subnets: NONE };
      const present = givenUp(look, clock());
      if ([...present].some((each) => !known.has(each))) onNews({ gc: true, sync: false });
      known = present;
      const due = nextDue(look, clock());
      await sleep(
        due === null ? FOREVER_MS : Math.min(due + MARGIN_MS, FOREVER_MS),
        AbortSignal.any([signal, next.signal]),
      );
      if (next.signal.aborted) await sleep(SETTLE_MS, signal);
    }
  };

  return {
    heard: () => (isAllFresh() ? objects() : undefined),
    async run(signal) {
      await Promise.all([enis.run(signal), endpoints.run(signal), remind(signal)]);
    },
  };
}

/** Who has what does not depend on it. */
const NONE: Look['subnets'] = new Map();

/** As long as a timer can be; in milliseconds. */
const FOREVER_MS = 2 ** 31 - 1;
