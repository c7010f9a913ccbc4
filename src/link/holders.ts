/** Who keeps a netns. */
import { promises } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { descriptors, isEnimName, mounts, processes } from './references.js';

/** What keeps a netns alive. */
export interface NetnsHolders {
  /** Where it is mounted; those in mount namespaces of others by way of a process in it (`/proc/PID/root/…`). */
  readonly paths: readonly {
    readonly path: string /** The path no longer leads there. */;
    readonly deleted: boolean;
  }[];
  /** Processes that run in it. */
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
  /** Descriptors that have it open. */
  readonly descriptors: readonly { readonly pid: number; readonly command: string; readonly fd: number }[];
}

/** What keeps each of these netns, by inode. */
export async function holders(inodes: readonly number[]): Promise<Map<number, NetnsHolders>> {
  const wanted = new Set(inodes);
  let found = await lookForHolders(wanted);
  let visitors = enimsIn(found);
  for (let waited = 0; waited < VISIT_MS && visitors.size > 0; waited += VISIT_POLL_MS) {
    await sleep(VISIT_POLL_MS);
    found = await lookForHolders(wanted);
    const still = enimsIn(found);
    visitors = new Set([...visitors].filter((pid) => still.has(pid)));
  }
  const stays = ({ pid, command }: NetnsHolders['processes'][number]): boolean =>
    !isEnimName(command) || visitors.has(pid);
  return new Map(
    [...found].map(([inode, { paths, processes: inside, descriptors: open }]) => [
      inode,
      { paths, processes: inside.filter(stays), descriptors: open.filter(stays) },
    ]),
  );
}

/**
 * How long an enim may be in a netns, or have it open, to look around there, and how often to see whether it still does; in
 * milliseconds. One that stays is a holder like any other.
 */
const VISIT_MS = 1_000;
const VISIT_POLL_MS = 50;

function enimsIn(found: ReadonlyMap<number, NetnsHolders>): Set<number> {
  const all = [...found.values()].flatMap((each) => [...each.processes, ...each.descriptors]);
  return new Set(all.filter(({ command }) => isEnimName(command)).map(({ pid }) => pid));
}

async function lookForHolders(inodes: ReadonlySet<number>): Promise<Map<number, NetnsHolders>> {
  const [everyMount, everyProcess] = await Promise.all([mounts(), processes()]);
  const everyDescriptor = descriptors();
  const found = [...inodes].map(async (inode) => {
    const inside = (everyProcess.get(inode) ?? []).map((pid) => ({ pid }));
    const open = everyDescriptor.filter((each) => each.inode === inode).map(({ pid, fd }) => ({ pid, fd }));
    const paths = everyMount.filter((each) => each.inode === inode).map(({ path, deleted }) => ({ path, deleted }));
    return [inode, { paths, processes: await named(inside), descriptors: await named(open) }] as const;
  });
  return new Map(await Promise.all(found));
}

/** With the name of each process; without those that have ended since they were seen, which keep nothing. */
async function named<T extends { readonly pid: number }>(all: readonly T[]): Promise<(T & { command: string })[]> {
  const found = all.map(async (each) => {
    const command = await promises.readFile(`/proc/${each.pid}/comm`, 'utf8').catch(() => null);
    return command === null ? [] : [{ ...each, command: command.replace(/\n$/, '') }];
  });
  return (await Promise.all(found)).flat();
}
