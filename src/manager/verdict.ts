/**
 * What gc decides of an ENI, and why. Pure: evidence in, verdict out. Nothing is reclaimed on one witness: that the path of a netns
 * is gone counts only if the NIC has left it too, or if no process runs in it; and whatever is seen must be seen twice. The number
 * of a netns is no witness by itself: the kernel gives it to the next one. Nor is an API: what it gives up stays with a pod in which
 * something runs.
 */
import { type Attachment, BY_HAND, type Endpoint } from '../model/attachment.js';
import { isLabelOfAnother, parseLabel } from '../model/label.js';
import type { Fate } from '../providers/provider.js';
import type { Away, Whereabouts } from './locate.js';

/** What gc may decide of an ENI. */
export const ACTIONS = ['keep', 'reclaim', 'repair', 'skip'] as const;

/**
 * `keep`: in order. `reclaim`: bring the NIC home and free the ENI. `repair`: make record and kernel agree, the pod keeps its
 * NIC. `skip`: not in order, but nothing that may be mended without a human, or not now.
 */
export type Action = (typeof ACTIONS)[number];

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
  /** Null if the provider's own records do not give it up. */
  readonly withdrawn: Withdrawn | null;
}

/** That the provider's own records give an endpoint up. */
export interface Withdrawn {
  /** As a clause. */
  readonly reason: string;
  readonly pod: Fate;
}

/** Judges an attachment that nobody is working on. */
export function judgeAttachment(attachment: Attachment, { bootID, netns, pids, where, withdrawn }: Evidence): Verdict {
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
  if (withdrawn?.pod === 'gone' && pids.length === 0)
    return { action: 'reclaim', reason: `${withdrawn.reason}, its pod is gone, no process is in ${path}; ${nic}` };
  if (attachment.phase === 'attaching') {
    return { action: 'skip', reason: `${alive}; its add was interrupted: repeat it, or: enim del ${attachment.owner}` };
  }
  const objection = withdrawn === null ? '' : `, although ${withdrawn.reason}: ${whyNot(withdrawn)}`;
  return { action: 'keep', reason: `${alive}; NIC is in it as ${where.link.name}${objection}` };
}

function whyNot({ pod }: Withdrawn): string {
  if (pod === 'there') return 'its pod is there';
  return pod === 'unknown' ? 'no UID tells which pod it was for' : 'something runs in it';
}

/** Judges an ENI that is held by hand, or by an agent that says no more than a name. */
export function judgeHolding({ owner }: Endpoint, where: Whereabouts, withdrawn: Withdrawn | null): Verdict {
  if (withdrawn === null)
    return { action: 'keep', reason: `held by hand for ${owner}; enim provider release frees it` };
  const { reason, pod } = withdrawn;
  if (pod === 'there') return { action: 'keep', reason: `${reason}, but its pod is there; ${describe(where)}` };
  if (where.at === 'unclear' || where.at === 'netns')
    return { action: 'skip', reason: `${reason}, but ${describe(where)}` };
  return { action: 'reclaim', reason: `${reason}; ${describe(where)}` };
}

/** Judges an endpoint that is given up, and that neither a record nor an ENI speaks of. `carrier` is a NIC with its label. */
export function judgeLeftover({ owner, network }: Endpoint, { reason, pod }: Withdrawn, carrier: Away | null): Verdict {
  if (carrier !== null) {
    const del = `enim del ${owner} --netns ${carrier.netns.path}`;
    return { action: 'skip', reason: `${reason}, but ${describe(carrier)}, labelled for it; ${del}` };
  }
  // Another agent labels nothing, so there is only the pod to tell.
  if (network === BY_HAND && pod === 'there') return { action: 'skip', reason: `${reason}, but its pod is there` };
  return { action: 'reclaim', reason };
}

/**
 * The command by which an ENI that is away without a record is recorded again: gc knows by a label whose it is, else a human has to say.
 *
 * @param holder who has it, by its provider
 */
export function recordAgainBy(id: string, alias: string | null, holder: Endpoint | null): string {
  const label = parseLabel(alias);
  const endpoint = holder ?? label?.endpoint ?? null;
  const isTold = label !== undefined && endpoint !== null && !isLabelOfAnother(alias, endpoint);
  return isTold ? 'enim gc' : `enim adopt ${id}`;
}

/** Where the NIC is, as a clause. */
export function describe(where: Whereabouts): string {
  switch (where.at) {
    case 'home':
      return `NIC is home as ${where.link.name}`;
    case 'netns':
      return `NIC is in ${where.netns.path} as ${where.link.name}`;
    case 'nowhere':
      return where.misplaced ?? 'NIC is nowhere on this node';
    case 'unclear':
      return where.message;
  }
}

function processes(pids: readonly number[]): string {
  return pids.length === 1 ? `pid ${pids[0]} runs` : `${pids.length} processes (pid ${pids[0]}, …) run`;
}
