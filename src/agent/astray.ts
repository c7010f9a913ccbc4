/**
 * Threads of ours that stayed in a pod's netns. Our own thread steps in there for moments (setns), and a thread that the runtime starts
 * in such a moment is born there. In a short-lived process that is nothing; in one that stays it would keep the netns of a pod alive
 * that has gone, and the NIC in it.
 */
import { readdirSync, statSync } from 'node:fs';
import { errnoOf } from '../model/errors.js';

/**
 * Whether there is one.
 *
 * @param own our directory in /proc
 */
export function isAstray(own = '/proc/self'): boolean {
  const home = statSync(`${own}/ns/net`).ino;
  return readdirSync(`${own}/task`).some((thread) => {
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
