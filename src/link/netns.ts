/**
 * Network namespaces: naming one, telling whether it still is the one that was recorded, and finding all that can be reached.
 * A netns lives as long as anything refers to it: a process, an open descriptor, a bind mount.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NetnsRef } from '../model/attachment.js';
import { EnimError, errnoOf } from '../model/errors.js';
import { holders, type NetnsHolders } from './holders.js';
import { descriptors, home, isPassing, listIfThere, mounts, processes } from './references.js';

const NAMED = '/run/netns';

/** A netns that exists, and the ways that lead to it. */
export interface ReachableNetns extends NetnsRef {
  /** Processes that run in it. */
  readonly pids: readonly number[];
}

/** The netns of a machine, as the manager sees them. */
export interface NetnsDirectory {
  /** The netns that a caller named, for moving a NIC into it; throws EnimError NOT_THERE or INVALID_ARGUMENT. */
  get(text: string): Promise<NetnsRef>;
  /** The path that a caller's word for a netns stands for, whether it exists or not; throws EnimError INVALID_ARGUMENT. */
  pathOf(text: string): string;
  /** The netns at a path, if there is one. */
  find(path: string): Promise<NetnsRef | undefined>;
  /** Every netns but home that can be reached by a name, a process in it, a descriptor that is held open, or a mount anywhere. */
  findAll(): Promise<readonly ReachableNetns[]>;
  /** The processes in every netns, by its inode. */
  processes(): Promise<ReadonlyMap<number, readonly number[]>>;
  /** All that can be seen to keep the netns with these inodes alive. */
  holders(inodes: readonly number[]): Promise<ReadonlyMap<number, NetnsHolders>>;
}

/** The netns of this machine. */
export const netnsDirectory: NetnsDirectory = {
  pathOf: netnsPath,
  get: getNetns,
  find: findNetns,
  findAll: findAllNetns,
  processes,
  holders,
};

/**
 * Turns what a person or runtime calls a netns (a path, a name below /run/netns, or a PID) into its path. Looks at nothing.
 *
 * @throws EnimError INVALID_ARGUMENT if it can be none of them
 */
export function netnsPath(text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('\0')) {
    throw new EnimError(
      'INVALID_ARGUMENT',
      `The netns ${JSON.stringify(text)} is neither a path, nor a name, nor a PID.`,
      {
        hint: 'name it as in "ip netns list", or give the path /proc/PID/ns/net',
      },
    );
  }
  if (/^\d+$/.test(text)) return `/proc/${text}/ns/net`;
  return text.includes('/') ? resolve(text) : `${NAMED}/${text}`;
}

async function getNetns(text: string): Promise<NetnsRef> {
  const path = netnsPath(text);
  const netns = await findNetns(path);
  if (netns === undefined) {
    const kind = statIfThere(path) === undefined ? 'does not exist' : 'is no network namespace';
    throw new EnimError('NOT_THERE', `The netns ${path} ${kind}.`, { hint: 'see the named ones: ip netns list' });
  }
  if (netns.inode === home().ino) {
    throw new EnimError('INVALID_ARGUMENT', `The netns ${path} is the node’s own, where the NICs are at home.`, {
      hint: 'name the pod’s netns: ip netns list, or the PID of one of its processes',
    });
  }
  return netns;
}

async function findNetns(path: string): Promise<NetnsRef | undefined> {
  const there = statIfThere(path);
  return there !== undefined && there.dev === home().dev ? { path, inode: there.ino } : undefined;
}

async function findAllNetns(): Promise<ReachableNetns[]> {
  const found = new Map<number, ReachableNetns>();
  const { dev: nsfs, ino: own } = home();
  const add = (inode: number, path: string, pids: readonly number[]): void => {
    if (inode === own) return;
    const known = found.get(inode);
    found.set(inode, {
      inode,
      path: known?.path ?? path,
      pids: known === undefined || known.pids.length === 0 ? pids : known.pids,
    });
  };
  // Whoever passes by has left before anybody could go by way of it: it counts where nothing else leads there.
  const late: (() => void)[] = [];
  const addBy = (pid: number, ...way: Parameters<typeof add>): void => {
    if (!found.has(way[0]) && isPassing(pid)) late.push(() => add(...way));
    else add(...way);
  };
  for (const name of listIfThere(NAMED)) {
    const there = statIfThere(`${NAMED}/${name}`);
    if (there?.dev === nsfs) add(there.ino, `${NAMED}/${name}`, []);
  }
  for (const [inode, pids] of await processes()) {
    if (inode === own) continue;
    const pid = (found.has(inode) ? undefined : pids.find((each) => !isPassing(each))) ?? Number(pids[0]);
    addBy(pid, inode, `/proc/${pid}/ns/net`, pids);
  }
  for (const { inode, pid, fd } of descriptors()) addBy(pid, inode, `/proc/${pid}/fd/${fd}`, []);
  for (const { inode, path, deleted } of await mounts()) if (!deleted) add(inode, path, []);
  for (const each of late) each();
  return [...found.values()];
}

/** Not through the thread pool: it takes longer to start than an add takes to look at its netns. */
function statIfThere(path: string): { readonly dev: number; readonly ino: number } | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    const errno = errnoOf(thrown) ?? '';
    if (['ENOENT', 'ESRCH', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errno)) return undefined;
    // Not to be allowed to look is no sign that nothing is there.
    if (!['EACCES', 'EPERM'].includes(errno)) throw thrown;
    throw new EnimError('NOT_PERMITTED', `The netns ${path} may not be looked at (${errno}).`, {
      hint: 'run enim as root, with CAP_SYS_PTRACE and CAP_SYS_ADMIN',
      cause: thrown,
    });
  }
}
