/** gc for ENIs without a record, of which provider and label may still say whose they are. */
import { type Attachment, BY_HAND, type Endpoint, sameKey } from '../../model/attachment.js';
import { isSameNic } from '../../model/eni.js';
import { isLabelOfAnother, parseLabel } from '../../model/label.js';
import type { ProvidedEni } from '../../providers/provider.js';
import { giveBack } from '../home.js';
import { identityOf } from '../identify.js';
import { type Look, locate, look, recordedOf } from '../locate.js';
import type { Parts } from '../parts.js';
import { rebuild, recordAgain } from '../rebuild.js';
import { type Action, describe, judgeHolding, type Withdrawn } from '../verdict.js';
import { findWithdrawn, withdrawnOf } from '../withdrawn.js';
import type { Finding } from './finding.js';

/** An ENI without a record: free, held by hand, or left by a crash between two records. Undefined if it is plainly free. */
export async function judgeUnrecorded(
  parts: Parts,
  machine: Look,
  attachments: readonly Attachment[],
  provided: ProvidedEni,
  withdrawn: Withdrawn | null,
): Promise<Finding | undefined> {
  const { eni, holder } = provided;
  const where = await locate(machine, identityOf(eni), recordedOf(provided));
  if (holder?.network === BY_HAND) {
    const verdict = judgeHolding(holder, where, withdrawn);
    return reclaimable(parts, { ...verdict, eni: eni.id, endpoint: holder }, () => rebuild(parts, eni, holder, where));
  }
  if (where.at === 'unclear') return { eni: eni.id, endpoint: holder, action: 'skip', reason: describe(where) };
  const label = where.at === 'nowhere' ? undefined : parseLabel(where.link.alias);
  const endpoint = holder ?? label?.endpoint ?? null;
  const record = endpoint === null ? undefined : rebuild(parts, eni, endpoint, where);
  const finding = { eni: eni.id, endpoint };

  // It was given another one since the record of this was lost; or a pod has written somebody else's label on its NIC. A second
  // record would take the place of that of the other.
  const other = attachments.find((each) => endpoint !== null && sameKey(each, endpoint));
  if (other !== undefined) {
    const reason = `${describe(where)}, and ${other.owner}, whose it was, has ${other.eni.id}; del that first`;
    return { ...finding, action: 'skip', reason };
  }

  if (where.at === 'netns') {
    const { link } = where;
    if (record === undefined || label === undefined) {
      return { ...finding, action: 'skip', reason: `${describe(where)}, and nothing says whose it is` };
    }
    // A pod can write a label, and an earlier generation of the state does not know who was given the ENI since.
    if (isLabelOfAnother(link.alias, record)) {
      const said = `labelled for ${label.endpoint?.owner ?? 'another'}, but the provider has it for ${record.owner}`;
      return { ...finding, action: 'skip', reason: `${describe(where)}, ${said}; see enim adopt ${eni.id}` };
    }
    return {
      ...finding,
      action: 'repair',
      reason: `no record, but ${describe(where)}, labelled for ${record.owner}: record it again`,
      act: (locked) =>
        ifStill(parts, finding, 'repair', async () => {
          await recordAgain(locked, record, link);
          return { remaining: [] };
        }),
    };
  }
  if (record === undefined) return undefined;
  const cause =
    holder === null
      ? `NIC still carries the label of ${record.owner}`
      : `allocated to ${record.owner}, which has no record`;
  const reason = `${cause}; ${describe(where)}`;
  return reclaimable(parts, { ...finding, action: 'reclaim', reason }, () => record);
}

/** With the work, where the verdict on an ENI without a record is to reclaim it. */
function reclaimable(parts: Parts, finding: Finding & { readonly eni: string }, record: () => Attachment): Finding {
  if (finding.action !== 'reclaim') return finding;
  const reason = `gc: ${finding.reason}`;
  return {
    ...finding,
    act: (locked) => ifStill(parts, finding, 'reclaim', () => giveBack(locked, record(), { reason })),
  };
}

/** Works on an ENI without a record if another look, under the lock, comes to the same verdict about the same endpoint. */
async function ifStill<T>(
  parts: Parts,
  { eni: id, endpoint }: { readonly eni: string; readonly endpoint: Endpoint | null },
  action: Action,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const attachments = await parts.store.list();
  const provided = (await parts.provider.list()).find(({ eni }) => eni.id === id);
  const again =
    provided === undefined || attachments.some(({ eni }) => isSameNic(eni, provided.eni))
      ? undefined
      : await judgeUnrecorded(parts, look(parts), attachments, provided, await withdrawnNow(parts, provided));
  if (again?.action !== action || again.endpoint === null || endpoint === null) return undefined;
  return sameKey(again.endpoint, endpoint) ? work() : undefined;
}

/** Only what is held by hand is judged by it. */
async function withdrawnNow(parts: Parts, { holder }: ProvidedEni): Promise<Withdrawn | null> {
  return holder?.network === BY_HAND ? withdrawnOf(await findWithdrawn(parts, []), holder) : null;
}
