/** Stepping into another netns with our own thread (setns(2)), for what is opened there and stays there. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { type EnimError, errnoOf } from '../model/errors.js';
import { notEntered, type Place } from './kernel.js';

const CLONE_NEWNET = 0x40000000;

const LEADS_NOWHERE = ['ENOENT', 'ESRCH', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'];

/**
 * A descriptor of the netns at a path.
 *
 * @throws EnimError NOT_THERE if the path leads nowhere, or to another netns than that of the inode; NOT_PERMITTED, LINK_FAILED
 */
export function openNetns({ path, inode }: Exclude<Place, 'home'>): number {
  const fd = openPath(path);
  if (inode === undefined || fstatSync(fd).ino === inode) return fd;
  closeSync(fd);
  throw replaced(path);
}

/** That a path leads to another netns by now. */
export function replaced(path: string): EnimError {
  return notEntered('NOT_THERE', path, 'another one is there by now');
}

function openPath(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    const errno = errnoOf(thrown) ?? String(thrown);
    if (LEADS_NOWHERE.includes(errno)) throw notEntered('NOT_THERE', path, errno);
    throw notEntered(['EACCES', 'EPERM'].includes(errno) ? 'NOT_PERMITTED' : 'LINK_FAILED', path, errno);
  }
}

/**
 * Does the work in the netns of this descriptor. Nothing may be awaited in there: whatever else this thread did would be done in the
 * other netns.
 *
 * @param path what the netns is called in the error
 * @throws EnimError NOT_THERE if it is none, NOT_PERMITTED, LINK_FAILED, and whatever the work throws
 */
export function stepInto<T>(fd: number, path: string, setns: (fd: number, type: number) => number, work: () => T): T {
  const home = openPath('/proc/thread-self/ns/net');
  try {
    if (setns(fd, CLONE_NEWNET) !== 0) {
      // Whoever may enter his own netns may enter any.
      const isAllowed = setns(home, CLONE_NEWNET) === 0;
      if (isAllowed) throw notEntered('NOT_THERE', path, 'it is no network namespace');
      throw notEntered('NOT_PERMITTED', path, 'Operation not permitted');
    }
    try {
      return work();
    } finally {
      // Lost in a pod's netns we would mistake its links for those at home. What is on disk says what to do next.
      if (setns(home, CLONE_NEWNET) !== 0) process.kill(process.pid, 'SIGKILL');
    }
  } finally {
    closeSync(home);
  }
}
