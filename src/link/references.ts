/** What refers to a netns, and so keeps it: processes in it, descriptors that have it open, and mounts. */
import { promises, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { errnoOf } from '../model/errors.js';
import { isVisitor } from './iproute2.js';

/**
 * What /proc/PID/fd shows for a netns: `net:[…]`, the path of its bind mount, or `/` once that is unmounted. Nothing else is looked
 * at more closely, for a look at a file on a dead network mount can hang.
 */
const NETNS_DESCRIPTOR = /^(net:\[\d+\]|\/|\/(var\/)?run\/.*|\/proc\/.*)$/;

/** A line of mountinfo that mounts a netns: its inode, and the mount point. */
const NETNS_MOUNT = /^\S+ \S+ \S+ net:\[(\d+)\] (\S+) /gm;

/** Our own netns. All namespaces, and nothing else, are inodes of the kernel's one nsfs, whose device number it tells. */
export function home(): { readonly dev: number; readonly ino: number } {
  return statSync('/proc/self/ns/net');
}

/** A mount of a netns. */
export interface NetnsMount {
  readonly inode: number;
  readonly path: string;
  readonly deleted: boolean;
}

/** Every mount of a netns: ours, and of the mount namespaces of others those that our own paths do not lead to. */
export async function mounts(): Promise<NetnsMount[]> {
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
export function descriptors(): { readonly inode: number; readonly pid: number; readonly fd: number }[] {
  const { dev: nsfs } = home();
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

/** The processes in each netns, by its inode. */
export async function processes(): Promise<Map<number, number[]>> {
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

/** Whether a process only passes by: it is an enim, which looks around, or has ended. */
export function isPassing(pid: number): boolean {
  try {
    return isEnimName(readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd());
  } catch {
    return true;
  }
}

/** The name that a process of enim has in /proc/PID/comm. */
export function isEnimName(command: string): boolean {
  return command === 'enim';
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

/** What a directory holds; nothing where it is not there, or may not be looked at. */
export function listIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'].includes(errnoOf(thrown) ?? '')) return [];
    throw thrown;
  }
}
