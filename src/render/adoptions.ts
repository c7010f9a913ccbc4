/** What `enim adopt` tells a person. */
import type { Adoption } from '../manager/adopt.js';
import { table } from './table.js';

/** One line an ENI, and how to go on. */
export function renderAdoptions(adoptions: readonly Adoption[], written: boolean, width: number | null): string {
  if (adoptions.length === 0) return 'Nothing to adopt: every NIC that is away is recorded.';
  const rows = adoptions.map(({ eni, attachment, where, evidence, done, error }) => [
    ...[eni, attachment?.owner ?? '-', attachment?.containerID ?? '-'],
    done ? 'recorded' : error !== null ? 'failed' : attachment === null ? 'unclear' : 'to record',
    [where, ...evidence, ...(error === null ? [] : [`FAILED: ${error}`])].join('; '),
  ]);
  const unclear = adoptions.find(({ attachment }) => attachment === null);
  return [
    table(['eni', 'owner', 'container', 'conclusion', 'because'], rows, { width }),
    ...(written ? [] : ['Nothing was written. To record it: enim adopt --yes']),
    ...(unclear === undefined
      ? []
      : [`It is not clear whose ${unclear.eni} is. To say it: enim adopt ${unclear.eni} --owner NAMESPACE/NAME --yes`]),
  ].join('\n');
}
