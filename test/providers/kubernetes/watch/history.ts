/** A server as far as lists and watches show it: what it has, what it wrote in which order, and how much of that it remembers. */
import type { Tracked, WatchEvent } from '../../../../src/providers/kubernetes/watch/event.js';

export interface History {
  /** Makes, changes or deletes an object, or forgets what is old. */
  write(next: (limit: number) => number): void;
  list(): { readonly version: string; readonly items: readonly Tracked[] };
  /** Whether a watch from this version on can be told everything. */
  remembers(version: string): boolean;
  after(version: string): readonly WatchEvent<Tracked>[];
  objects(): ReadonlyMap<string, Tracked>;
}

const NAMES = ['eni-1', 'eni-2', 'eni-3', 'eni-4'];

export function createHistory(): History {
  let version = 1;
  let forgotten = 0;
  const objects = new Map<string, Tracked>();
  let events: WatchEvent<Tracked>[] = [];
  const write = (type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string): void => {
    version += 1;
    const object: Tracked = { metadata: { name, resourceVersion: String(version) } };
    if (type === 'DELETED') objects.delete(`/${name}`);
    else objects.set(`/${name}`, object);
    events.push({ type, object, version: String(version) });
  };
  return {
    write(next) {
      const name = NAMES[next(NAMES.length)] ?? '';
      const what = next(10);
      if (what === 0) {
        forgotten = version;
        events = [];
      } else if (!objects.has(`/${name}`)) write('ADDED', name);
      else write(what < 4 ? 'DELETED' : 'MODIFIED', name);
      // Something else on the server was written.
      if (what === 9) version += 5;
    },
    list: () => ({ version: String(version), items: [...objects.values()] }),
    remembers: (from) => Number(from) >= forgotten,
    after: (from) => events.filter((each) => each.type !== 'ERROR' && Number(each.version) > Number(from)),
    objects: () => objects,
  };
}
