/**
 * Network namespaces: naming one, telling whether it still is the one that was recorded, and finding all that can be reached.
 * A netns lives as long as anything refers to it: a process, an open descriptor, a bind mount.
 */
import { promises, readdirSync, readlinkSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetnsRef } from '../model/attachment.js';
import { EnimError, errnoOf } from '../model/errors.js';
import { isVisitor } from './iproute2.js';

const NAMED = '/run/netns';

/**
 * What /proc/PID/fd shows for a netns: `net:[…]`, the path of its bind mount, or `/` once that is unmounted. Nothing else is looked
 * at more closely, for a look at a file on a dead network mount can hang.
 */
const NETNS_DESCRIPTOR = /^(net:\[\d+\]|\/|\/(var\/)?run\/.*|\/proc\/.*)$/;

/** A line of mountinfo that mounts a netns: its inode, and the mount point. */
const NETNS_MOUNT = /^\S+ \S+ \S+ net:\[(\d+)\] (\S+) /gm;

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
  // All namespaces, and nothing else, are inodes of the kernel's one nsfs, whose device number our own tells.
  return there !== undefined && there.dev === home().dev ? { path, inode: there.ino } : undefined;
}

/** Our own netns. */
function home(): { readonly dev: number; readonly ino: number } {
  return statSync('/proc/self/ns/net');
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
  for (const name of listIfThere(NAMED)) {
    const there = statIfThere(`${NAMED}/${name}`);
    if (there?.dev === nsfs) add(there.ino, `${NAMED}/${name}`, []);
  }
  for (const [inode, pids] of await processes()) add(inode, `/proc/${pids[0]}/ns/net`, pids);
  for (const { inode, pid, fd } of descriptors(nsfs)) add(inode, `/proc/${pid}/fd/${fd}`, []);
  for (const { inode, path, deleted } of await mounts()) if (!deleted) add(inode, path, []);
  return [...found.values()];
}

async function holders(inodes: readonly number[]): Promise<Map<number, NetnsHolders>> {
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
    command !== 'enim' || visitors.has(pid);
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
  return new Set(all.filter(({ command }) => command === 'enim').map(({ pid }) => pid));
}

async function lookForHolders(inodes: ReadonlySet<number>): Promise<Map<number, NetnsHolders>> {
  const [everyMount, everyProcess] = await Promise.all([mounts(), processes()]);
  const everyDescriptor = descriptors(home().dev);
  const found = [...inodes].map(async (inode) => {
    const inside = (everyProcess.get(inode) ?? []).map((pid) => named({ pid }));
    const open = everyDescriptor
      .filter((each) => each.inode === inode)
      .map(async ({ pid, fd }) => ({ ...(await named({ pid })), fd }));
    const paths = everyMount.filter((each) => each.inode === inode).map(({ path, deleted }) => ({ path, deleted }));
    return [inode, { paths, processes: await Promise.all(inside), descriptors: await Promise.all(open) }] as const;
  });
  return new Map(await Promise.all(found));
}

async function named<T extends { readonly pid: number }>(each: T): Promise<T & { readonly command: string }> {
  const command = await promises.readFile(`/proc/${each.pid}/comm`, 'utf8').catch(() => '');
  return { ...each, command: command.replace(/\n$/, '') };
}

interface NetnsMount {
  readonly inode: number;
  readonly path: string;
  readonly deleted: boolean;
}

/** Every mount of a netns: ours, and of the mount namespaces of others those that our own paths do not lead to. */
async function mounts(): Promise<NetnsMount[]> {
  const found = new Map<string, NetnsMount>();
  const seen = new Set<string>();
  for (const pid of ['self', ...listPids()]) {
    const namespace = targetOf(`/proc/${pid}/ns/mnt`);
    if (namespace === '' || seen.has(namespace)) continue;
    seen.add(namespace);
    const table = await promises.readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
    for (const [, number, point = ''] of table.matchAll(NETNS_MOUNT)) {
      const inode = Number(number);
      const there = pointOf(point);
      const isOurs = pid === 'self' || (!there.deleted && statOrNothing(there.path)?.ino === inode);
      const path = isOurs ? there.path : `/proc/${pid}/root${there.path}`;
      found.set(`${inode} ${path}`, { inode, path, deleted: there.deleted || statOrNothing(path)?.ino !== inode });
    }
  }
  return [...found.values()];
}

/** mountinfo writes blanks and the like as octal numbers, and marks a mount point whose file is gone. */
function pointOf(text: string): { readonly path: string; readonly deleted: boolean } {
  const point = text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return point.endsWith(DELETED)
    ? { path: point.slice(0, -DELETED.length), deleted: true }
    : { path: point, deleted: false };
}

const DELETED = '//deleted';

/**
 * Every descriptor that has a netns open. There are thousands to look at, so it is not done through the thread pool, which takes twenty
 * times as long; the kernel answers all of it from memory.
 */
function descriptors(nsfs: number): { readonly inode: number; readonly pid: number; readonly fd: number }[] {
  const found: { inode: number; pid: number; fd: number }[] = [];
  for (const pid of listPids()) {
    for (const fd of listIfThere(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      if (!NETNS_DESCRIPTOR.test(targetOf(path))) continue;
      const there = statOrNothing(path);
      if (there?.dev === nsfs) found.push({ inode: there.ino, pid, fd: Number(fd) });
    }
  }
  return found;
}

/** Of a process that may be gone, or may not be looked at, at any moment. */
function statOrNothing(path: string): { readonly dev: number; readonly ino: number } | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

async function processes(): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  const own = home().ino;
  const all = listPids().map(async (pid) => {
    const inode = netInodeOf(`/proc/${pid}/ns/net`);
    const isIn = inode !== undefined && (inode === own || !(await isVisiting(pid)));
    return isIn ? [{ inode, pid }] : [];
  });
  for (const { inode, pid } of (await Promise.all(all)).flat()) {
    const others = found.get(inode);
    if (others === undefined) found.set(inode, [pid]);
    else others.push(pid);
  }
  return found;
}

/** Whether it only looks around in its netns, for us or for another enim. */
async function isVisiting(pid: number): Promise<boolean> {
  const text = await promises.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return isVisitor(text.split('\0').slice(0, -1));
}

function listPids(): number[] {
  return listIfThere('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function netInodeOf(path: string): number | undefined {
  const inode = /^net:\[(\d+)\]$/.exec(targetOf(path))?.[1];
  return inode === undefined ? undefined : Number(inode);
}

/** Of a link of a process that may be gone, or may not be looked at. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function listIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'].includes(errnoOf(thrown) ?? '')) return [];
    throw thrown;
  }
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
