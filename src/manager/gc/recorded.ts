/** gc for what is recorded: is the pod gone, and where is its NIC. */
import { type Attachment, endpointOf } from '../../model/attachment.js';
import { giveBack } from '../home.js';
import { identityOfAttachment } from '../identify.js';
import { type Look, locate, look, type Whereabouts } from '../locate.js';
import type { Parts } from '../parts.js';
import { judgeAttachment, type Verdict, type Withdrawn } from '../verdict.js';
import { findWithdrawn, withdrawnOf } from '../withdrawn.js';
import type { Finding } from './finding.js';

/** Processes by the inode of the netns that they run in. */
export type Processes = ReadonlyMap<number, readonly number[]>;

/** Judges one attachment. */
export async function judgeRecorded(
  parts: Parts,
  machine: Look,
  processes: Processes,
  attachment: Attachment,
  withdrawn: Withdrawn | null,
): Promise<Finding> {
  const { eni, snapshot } = attachment;
  const { verdict, where } = await judgeNow(parts, machine, processes, attachment, withdrawn);
  const finding: Finding = { ...verdict, eni: eni.id, endpoint: endpointOf(attachment) };
  if (verdict.action !== 'reclaim') return finding;
  const changes =
    where.at === 'home' ? parts.links.differences(where.link, snapshot, (await machine.home()).links) : [];
  const restoring = changes.map(({ what, from, to }) => `; ${what} ${from} → ${to}`).join('');
  return {
    ...finding,
    reason: `${verdict.reason}${restoring}`,
    act: async (locked) => {
      // Another look, under the lock: the record may be finished, replaced or gone, and the pod may have got its NIC.
      const now = await locked.store.find(attachment);
      if (now === undefined || now.since !== attachment.since) return undefined;
      const given = withdrawn === null ? null : withdrawnOf(await findWithdrawn(parts, [now]), now);
      const { verdict: again } = await judgeNow(parts, look(parts), await parts.netns.processes(), now, given);
      if (again.action !== 'reclaim') return undefined;
      return giveBack(locked, now, { reason: `gc: ${again.reason}` });
    },
  };
}

async function judgeNow(
  parts: Parts,
  machine: Look,
  processes: Processes,
  attachment: Attachment,
  withdrawn: Withdrawn | null,
): Promise<{ readonly verdict: Verdict; readonly where: Whereabouts }> {
  const { netns } = attachment;
  const there = netns.path === '' ? undefined : await parts.netns.find(netns.path);
  const where = await locate(machine, identityOfAttachment(attachment, parts.bootID), netns);
  const verdict = judgeAttachment(attachment, {
    bootID: parts.bootID,
    netns: there === undefined ? 'gone' : there.inode === netns.inode ? 'same' : 'another',
    pids: processes.get(netns.inode) ?? [],
    where,
    withdrawn,
  });
  return { verdict, where };
}
