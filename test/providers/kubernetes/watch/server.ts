/** An API server in memory that can be listed and watched, on a clock that a test turns. It counts what it is asked. */
import type { ApiResponse, Streaming } from '../../../../src/providers/kubernetes/transport.js';
import type { TestClock } from '../../../agent/clock.js';

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion?: string };
}

type Kind = 'enis' | 'cceendpoints';

export interface TestServer {
  readonly transport: Streaming;
  /** Requests, by verb and kind: `watch enis`. */
  readonly asked: Map<string, number>;
  write(type: 'ADDED' | 'MODIFIED' | 'DELETED', kind: Kind, item: Item): void;
  items(kind: Kind): readonly Item[];
  /** Breaks all watches. */
  cut(): void;
  /** Has the watches that are open neither told anything nor ended any more, as where a firewall has forgotten a connection. */
  lose(): void;
  /** Answers nothing until told again. */
  away(isAway: boolean): void;
  /** How many watches are open. */
  watches(): number;
}

interface Watch {
  readonly kind: Kind;
  isLost: boolean;
  tell(line: string): void;
  end(thrown?: Error): void;
}

/** Versions that are remembered. */
const WINDOW = 100;

const BOOKMARK_MS = 60_000;

export function createServer({ now, sleep }: TestClock): TestServer {
  let version = 1;
  let isAway = false;
  const asked = new Map<string, number>();
  const objects = { enis: new Map<string, Item>(), cceendpoints: new Map<string, Item>() };
  const log: { readonly kind: Kind; readonly version: number; readonly line: string }[] = [];
  const open = new Set<Watch>();
  const count = (what: string): void => void asked.set(what, (asked.get(what) ?? 0) + 1);
  const kindOf = (path: string): Kind => (path.includes('/enis?') ? 'enis' : 'cceendpoints');
  const refused = (): Error => Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const answer = (status: number, body: unknown): ApiResponse => ({
    ...{ status, retryAfter: null, body: JSON.stringify(body) },
  });

  const watch = (kind: Kind, from: number, seconds: number, tell: Watch['tell'], signal: AbortSignal): Promise<null> =>
    new Promise((resolve, reject) => {
      const over = new AbortController();
      const end = (thrown?: Error): void => {
        open.delete(each);
        over.abort();
        if (thrown === undefined) resolve(null);
        else reject(thrown);
      };
      const each: Watch = { kind, tell, end, isLost: false };
      const until = now() + seconds * 1_000;
      const remind = async (): Promise<void> => {
        while (!over.signal.aborted) {
          await sleep(Math.min(BOOKMARK_MS, until - now()), over.signal);
          if (over.signal.aborted || each.isLost) return;
          if (now() >= until) return end();
          tell(JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } }));
        }
      };
      open.add(each);
      signal.addEventListener('abort', () => end());
      for (const past of log) if (past.kind === kind && past.version > from && open.has(each)) tell(past.line);
      void remind();
    });

  return {
    asked,
    transport: {
      ...{ server: 'https://api', certificateEnd: null },
      async send({ path }) {
        count(`list ${kindOf(path)}`);
        if (isAway) throw refused();
        return answer(200, {
          metadata: { resourceVersion: String(version) },
          items: [...objects[kindOf(path)].values()],
        });
      },
      async follow({ path, opened, line }, signal) {
        const kind = kindOf(path);
        const { searchParams } = new URL(path, 'https://api');
        count(`watch ${kind}`);
        if (isAway) throw refused();
        const from = Number(searchParams.get('resourceVersion'));
        if (log.length === WINDOW && from < (log[0]?.version ?? 0) - 1) return answer(410, { code: 410 });
        opened();
        return watch(kind, from, Number(searchParams.get('timeoutSeconds')), line, signal);
      },
    },
    write(type, kind, item) {
      version += 1;
      const { name, namespace = '' } = item.metadata;
      const object = { ...item, metadata: { ...item.metadata, resourceVersion: String(version) } };
      if (type === 'DELETED') objects[kind].delete(`${namespace}/${name}`);
      else objects[kind].set(`${namespace}/${name}`, object);
      const line = JSON.stringify({ type, object });
      log.push({ kind, version, line });
      if (log.length > WINDOW) log.shift();
      for (const each of [...open]) if (each.kind === kind && !each.isLost) each.tell(line);
    },
    items: (kind) => [...objects[kind].values()],
    cut() {
      for (const each of [...open]) each.end(Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' }));
    },
    lose() {
      for (const each of open) each.isLost = true;
    },
    away(away) {
      isAway = away;
    },
    watches: () => open.size,
  };
}
