/** The logs' part of a bundle: those that the network configurations of enim name, those that were asked for, and the journal. */
import type { Host } from '../../host/host.js';
import type { Tail } from '../../host/tail.js';
import type { Gatherer } from './gathered.js';

/** Where logs are. */
export interface LogSources {
  readonly host: Host;
  /** The last lines of a file; undefined if there is none. Throws EnimError. */
  readonly tail: (path: string) => Tail | undefined;
  /** What the journal has of the agent's units; null where there is no journal. */
  readonly journal: () => Promise<string | null>;
  /** Where runtimes look for network configurations. */
  readonly confDir: string;
  /** Further files. */
  readonly logs: readonly string[];
}

/** One of ours that is full is put aside under this name. */
const OLDER = '.1';

export async function gatherLogs(gatherer: Gatherer, sources: LogSources): Promise<void> {
  const { host, confDir, tail, logs } = sources;
  const named: string[] = [];
  await gatherer.part(confDir, () => {
    for (const name of host.list(confDir).filter((each) => /\.(conf|conflist|json)$/.test(each))) {
      const text = host.read(`${confDir}/${name}`);
      if (text === undefined) {
        gatherer.miss(`${confDir}/${name}`, 'It cannot be read.');
        continue;
      }
      const ours = configurationsIn(text);
      if (ours.length === 0) continue;
      gatherer.putText(`cni/${plain(name)}`, text);
      named.push(...ours.flatMap(({ logFile }) => (typeof logFile === 'string' && logFile !== '' ? [logFile] : [])));
    }
  });
  const asked = new Set(logs);
  for (const path of new Set([...named, ...logs])) {
    for (const each of [path, `${path}${OLDER}`]) {
      await gatherer.part(each, () => {
        const end = tail(each);
        if (end !== undefined) gatherer.putText(`logs/${plain(each)}`, end.text, end.isShortened);
        else if (asked.has(each)) gatherer.miss(each, 'There is no such file.');
      });
    }
  }
  const journal = await gatherer.part('logs/journal.log', sources.journal);
  if (typeof journal === 'string' && journal !== '') gatherer.putText('logs/journal.log', journal);
}

interface Configuration {
  readonly type?: unknown;
  readonly logFile?: unknown;
}

/** The configurations of enim in the text of a conflist, or of a configuration by itself. Pure. */
function configurationsIn(text: string): readonly Configuration[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return [];
  }
  const { plugins } = (raw ?? {}) as { readonly plugins?: unknown };
  const all: unknown[] = Array.isArray(plugins) ? plugins : [raw];
  const objects = all.filter((each): each is Configuration => typeof each === 'object' && each !== null);
  return objects.filter(({ type }) => type === 'enim');
}

/** A path as the name of a file in a bundle. */
function plain(path: string): string {
  const name = path.replaceAll(/[^\w.@+-]+/g, '_').slice(-150);
  return name.replace(/^[._]+/, '') || 'log';
}
