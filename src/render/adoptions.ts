/** What `enim adopt` tells a person. */
import type { Adoption } from '../manager/adopt.js';
import { fittedTable } from './fitted.js';
import { type Concession, toItsEnd } from './narrow.js';

/**
 * One line an ENI, and how to go on.
 *
 * @param again command that records it; null where it was
 */
export function renderAdoptions(adoptions: readonly Adoption[], again: string | null, width: number | null): string {
  if (adoptions.length === 0) return 'Nothing to adopt: every NIC that is away is recorded.';
  const rows = adoptions.map(({ eni, attachment, where, evidence, done, error }) => [
    ...[eni, attachment?.owner ?? '-', attachment?.containerID ?? '-'],
    done ? 'recorded' : attachment === null ? 'unclear' : error !== null ? 'failed' : 'to record',
    [where, ...evidence, ...(error === null ? [] : [attachment === null ? error : `FAILED: ${error}`])].join('; '),
  ]);
  const isClear = adoptions.some(({ attachment }) => attachment !== null);
  const unclear = adoptions.find(({ attachment, error }) => attachment === null && error === null);
  return [
    ...fittedTable(['eni', 'owner', 'container', 'conclusion', 'because'], rows, {
      width,
      concessions: CONCESSIONS,
      prose: true,
      whole: 'enim adopt | less -S',
    }),
    ...(again === null ? [] : [isClear ? `Nothing was written. To record it: ${again}` : 'Nothing was written.']),
    ...(unclear === undefined
      ? []
      : [`It is not clear whose ${unclear.eni} is. To say it: enim adopt ${unclear.eni} --owner NAMESPACE/NAME --yes`]),
  ].join('\n');
}

const CONCESSIONS: readonly Concession[] = [
  { column: 'container', cutTo: 13 },
  { column: 'container' },
  toItsEnd('owner'),
];
