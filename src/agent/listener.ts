/** The watch of what a cluster has for this node, for as long as the settings name one; what it tells goes to the rounds and to the log. */
import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../config/schema.js';
import type { Log } from '../log.js';
import type { Observe, WatchTold } from '../model/observation.js';
import type { Heard, NodeWatch } from '../providers/kubernetes/watch/watch.js';
import type { News } from '../providers/provider.js';

interface ListenerSettings {
  /** Makes a watch by these settings; nothing is asked yet. */
  readonly open: (settings: Settings, observe: Observe, onNews: (news: News) => void) => Promise<NodeWatch>;
  readonly observe: Observe;
  readonly onNews: (news: News) => void;
  readonly log: Log;
}

export interface Listener {
  /** Watches what these settings name, from now on; undefined if they name nothing that can be watched. */
  follow(settings: Settings): void;
  /** See `NodeWatch`. */
  heard(): Heard | undefined;
  stop(): void;
}

export function createListener({ open, observe, onNews, log }: ListenerSettings): Listener {
  let followed: Pick<Settings, 'provider' | 'kubernetes'> | undefined;
  let watch: NodeWatch | undefined;
  let ender = new AbortController();

  const told: Observe = (observation) => {
    observe(observation);
    if (observation.kind === 'watch') tell(log, observation);
  };
  const begin = async (settings: Settings, { signal }: AbortController): Promise<void> => {
    const opened = await open(settings, told, (news) => signal.aborted || onNews(news));
    if (signal.aborted) return;
    watch = opened;
    await opened.run(signal);
  };

  return {
    follow(settings) {
      const { provider, kubernetes } = settings;
      if (isDeepStrictEqual(followed, { provider, kubernetes })) return;
      followed = { provider, kubernetes };
      ender.abort();
      ender = new AbortController();
      watch = undefined;
      if (provider !== 'kubernetes') return;
      const its = ender;
      begin(settings, its).catch((thrown: unknown) => {
        // Without it, everything is asked for as if there were none; the next look at the settings begins another.
        its.abort();
        if (ender === its) [watch, followed] = [undefined, undefined];
        log('error', 'The watch has ended, and the agent goes on without it.', { reason: String(thrown) });
      });
    },
    heard: () => watch?.heard(),
    stop: () => ender.abort(),
  };
}

function tell(log: Log, { resource, what, reason, objects, message }: WatchTold): void {
  if (what === 'event') return;
  const fields = { resource, ...(reason === '' ? {} : { reason }), objects };
  if (message === null) log('debug', `watch ${what}`, fields);
  else log('warn', `watch ${what}: ${message}`, fields);
}
