/**
 * Threads of ours that stay in a pod's netns. Our own thread steps in there for moments (setns), and a thread that the runtime starts
 * in such a moment is born there: one that compiles or collects garbage, which ends when it has had nothing to do for ten seconds. One
 * that stayed would keep the netns of a pod alive that has gone, and the NIC in it.
 */
import { readdirSync, statSync } from 'node:fs';
import { errnoOf } from '../model/errors.js';

/** How long one may stay, in milliseconds. */
const PATIENCE_MS = 120_000;

/**
 * Looks whether one has stayed too long, at each call.
 *
 * @param now milliseconds of a clock that only goes forward
 * @param own our directory in /proc
 */
export function createStrayWatch(now: () => number, own = '/proc/self'): () => boolean {
  let since = new Map<string, number>();
  return () => {
    since = new Map(straysOf(own).map((thread) => [thread, since.get(thread) ?? now()]));
    return [...since.values()].some((first) => now() - first > PATIENCE_MS);
  };
}

/** IDs of the threads that are elsewhere. */
function straysOf(own: string): string[] {
  const home = statSync(`${own}/ns/net`).ino;
  return readdirSync(`${own}/task`).filter((thread) => {
    const netns = netnsOf(`${own}/task/${thread}/ns/net`);
    return netns !== undefined && netns !== home;
  });
}

/** Undefined for a thread that ends at this moment, of which the kernel says ENOENT, ESRCH or EACCES, depending on how far it is. */
function netnsOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return undefined;
  }
}
