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

const JOURNAL = 'journal.log';

export async function gatherLogs(gatherer: Gatherer, sources: LogSources): Promise<void> {
  const { host, confDir, tail, logs } = sources;
  const [configurationName, logName] = [createNames(), createNames([JOURNAL])];
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
      gatherer.putText(`cni/${configurationName(name)}`, text);
      named.push(...ours.flatMap(({ logFile }) => (typeof logFile === 'string' && logFile !== '' ? [logFile] : [])));
    }
  });
  const asked = new Set(logs);
  for (const path of new Set([...named, ...logs].flatMap((each) => [each, `${each}${OLDER}`]))) {
    await gatherer.part(path, () => {
      const end = tail(path);
      if (end !== undefined) gatherer.putText(`logs/${logName(path)}`, end.text, end.isShortened);
      else if (asked.has(path)) gatherer.miss(path, 'There is no such file.');
    });
  }
  const journal = await gatherer.part(`logs/${JOURNAL}`, sources.journal);
  if (typeof journal === 'string' && journal !== '') gatherer.putText(`logs/${JOURNAL}`, journal);
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

/**
 * Makes names of paths, each of them once: two paths may differ in no more than what no name has, and one of them would be lost.
 *
 * @param taken names that are no path's
 */
function createNames(taken: readonly string[] = []): (path: string) => string {
  const given = new Set(taken);
  return (path) => {
    const name = plain(path);
    let free = name;
    for (let number = 2; given.has(free); number += 1) free = `${number}-${name}`;
    given.add(free);
    return free;
  };
}

/** A path as the name of a file in a bundle. */
function plain(path: string): string {
  const name = path.replaceAll(/[^\w.@+-]+/g, '_').slice(-150);
  return name.replace(/^[._]+/, '') || 'log';
}
