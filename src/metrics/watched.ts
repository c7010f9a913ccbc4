/** What became of the watches of an API server, counted as it goes. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { WatchTold } from '../model/observation.js';

/** Counts in this registry whatever it is told of. */
export function countWatch(registry: Registry, clock: () => Date): (told: WatchTold) => void {
  const registers = [registry];
  const events = new Counter({
    ...{ name: 'enim_watch_events_total', registers, labelNames: ['resource', 'type'] },
    help: 'What the API server told by watches, by resource and type of event.',
  });
  const ends = new Counter({
    ...{ name: 'enim_watch_ends_total', registers, labelNames: ['resource', 'reason'] },
    help: 'Watches, and attempts at one, that ended, by resource and reason; each is begun anew.',
  });
  const lists = new Counter({
    ...{ name: 'enim_watch_lists_total', registers, labelNames: ['resource', 'reason'] },
    help: 'How often all objects were listed for a watch, by resource and reason.',
  });
  const objects = new Gauge({
    ...{ name: 'enim_watch_objects', registers, labelNames: ['resource'] },
    help: 'Objects that are kept of what was listed and watched.',
  });
  const heard = new Map<string, number>();
  new Gauge({
    ...{ name: 'enim_watch_age_seconds', registers, labelNames: ['resource'] },
    help: 'How long ago the API server was last heard of what is kept; a bookmark comes every minute.',
    collect() {
      this.reset();
      for (const [resource, time] of heard) this.set({ resource }, (clock().getTime() - time) / 1_000);
    },
  });
  return ({ resource, what, reason, objects: count }) => {
    if (what === 'left') {
      heard.delete(resource);
      objects.remove({ resource });
      return;
    }
    objects.set({ resource }, count);
    if (what === 'ended') return ends.inc({ resource, reason });
    heard.set(resource, clock().getTime());
    if (what === 'event') events.inc({ resource, type: reason });
    else if (what === 'listed') lists.inc({ resource, reason });
  };
}
