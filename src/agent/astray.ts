/**
 * Threads of ours that stayed in a pod's netns. Our own thread steps in there for moments (setns), and a thread that the runtime starts
 * in such a moment is born there. In a short-lived process that is nothing; in one that stays it would keep the netns of a pod alive
 * that has gone, and the NIC in it.
 */
import { readdirSync, statSync } from 'node:fs';

/** Whether there is one. */
export function isAstray(): boolean {
  const home = netnsOf('/proc/self');
  return readdirSync('/proc/self/task').some((thread) => {
    const netns = netnsOf(`/proc/self/task/${thread}`);
    return netns !== undefined && netns !== home;
  });
}

/** Undefined for a thread that has just ended. */
function netnsOf(process: string): number | undefined {
  return statSync(`${process}/ns/net`, { throwIfNoEntry: false })?.ino;
}
