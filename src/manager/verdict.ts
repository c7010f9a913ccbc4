/**
 * What gc decides of an ENI, and why. Pure: evidence in, verdict out. Nothing is reclaimed on one witness: that the path of a netns
 * is gone counts only if the NIC has left it too, or if no process runs in it; and whatever is seen must be seen twice. The number
 * of a netns is no witness by itself: the kernel gives it to the next one.
 */
import type { Attachment } from '../model/attachment.js';
import type { Whereabouts } from './locate.js';

/**
 * `keep`: in order. `reclaim`: bring the NIC home and free the ENI. `repair`: make record and kernel agree, the pod keeps its
 * NIC. `skip`: not in order, but nothing that may be mended without a human, or not now.
 */
export type Action = 'keep' | 'reclaim' | 'repair' | 'skip';

/** A decision and its grounds. */
export interface Verdict {
  readonly action: Action;
  readonly reason: string;
}

/** What was seen of an attachment. */
export interface Evidence {
  /** Boot ID of the running system. */
  readonly bootID: string;
  /** What the recorded netns path leads to now. */
  readonly netns: 'same' | 'another' | 'gone';
  /** Processes that run in the recorded netns, by its inode. */
  readonly pids: readonly number[];
  readonly where: Whereabouts;
}

/** Judges an attachment that nobody is working on. */
export function judgeAttachment(attachment: Attachment, { bootID, netns, pids, where }: Evidence): Verdict {
  const path = attachment.netns.path;
  const nic = describe(where);
  if (where.at === 'unclear') return { action: 'skip', reason: nic };
  if (attachment.bootID !== bootID) return { action: 'reclaim', reason: `made before the last boot; ${nic}` };
  if (attachment.phase === 'releasing') return { action: 'reclaim', reason: `its release was interrupted; ${nic}` };
  if (netns !== 'same') {
    const fate = netns === 'gone' ? `netns ${path} is gone` : `netns ${path} was replaced by another`;
    if (where.at !== 'netns') return { action: 'reclaim', reason: `${fate}; ${nic}` };
    if (where.netns.inode !== attachment.netns.inode) {
      return { action: 'skip', reason: `${fate}, but ${nic}, which is not its pod’s` };
    }
    if (pids.length > 0) return { action: 'keep', reason: `${fate}, but ${processes(pids)} in it; ${nic}` };
    return { action: 'reclaim', reason: `${fate}, no process is in it; ${nic}` };
  }
  const alive = `netns ${path} alive (${pids.length > 0 ? `pid ${pids[0]}` : 'no process'})`;
  if (attachment.role === 'ipam') return { action: 'keep', reason: `${alive}; another plugin moves the NIC: ${nic}` };
  if (where.at === 'home') {
    const cause = attachment.phase === 'attaching' ? 'its add was interrupted' : `${alive}, but the NIC is not in it`;
    return { action: 'reclaim', reason: `${cause}; ${nic}` };
  }
  if (where.at === 'nowhere') return { action: 'skip', reason: `${alive}, but ${nic}` };
  if (where.netns.inode !== attachment.netns.inode) return { action: 'skip', reason: `${alive}, but ${nic}` };
  if (attachment.phase === 'attaching') {
    return { action: 'skip', reason: `${alive}; its add was interrupted: repeat it, or: enim del ${attachment.owner}` };
  }
  return { action: 'keep', reason: `${alive}; NIC is in it as ${where.link.name}` };
}

/** Where the NIC is, as a clause. */
export function describe(where: Whereabouts): string {
  switch (where.at) {
    case 'home':
      return `NIC is home as ${where.link.name}`;
    case 'netns':
      return `NIC is in ${where.netns.path} as ${where.link.name}`;
    case 'nowhere':
      return 'NIC is nowhere on this node';
    case 'unclear':
      return where.message;
  }
}

function processes(pids: readonly number[]): string {
  return pids.length === 1 ? `pid ${pids[0]} runs` : `${pids.length} processes (pid ${pids[0]}, …) run`;
}
