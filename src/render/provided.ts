/** The table of `enim provider list`. */
import { ageSince } from '../model/duration.js';
import type { ProvidedEni } from '../providers/provider.js';
import { shorten } from './enis.js';
import { fittedTable } from './fitted.js';
import { type Concession, toItsEnd } from './narrow.js';

/** One line an ENI. */
export function renderProvided(
  enis: readonly ProvidedEni[],
  { width, now, origin }: { width: number | null; now: Date; origin: string },
): string {
  if (enis.length === 0) return `No ENIs. Try: ${origin}`;
  const age = (time: string | null): string => (time === null ? '-' : ageSince(time, now));
  const rows = enis.map(({ eni, holder, since, releasedAt }) => [
    ...[eni.id, eni.mac, eni.ipv4?.address ?? '-', eni.ipv6?.address ?? '-'],
    ...[
      holder?.owner ?? '-',
      shorten(holder?.containerID ?? '-'),
      age(since),
      age(holder === null ? releasedAt : null),
    ],
  ]);
  return fittedTable(COLUMNS, rows, { width, concessions: CONCESSIONS, whole: 'enim provider list | less -S' }).join(
    '\n',
  );
}

const COLUMNS = ['eni', 'mac', 'ipv4', 'ipv6', 'holder', 'container', 'held', 'resting'];

const CONCESSIONS: readonly Concession[] = [
  ...[{ column: 'container' }, { column: 'ipv6' }, { column: 'mac' }, { column: 'resting' }, { column: 'ipv4' }],
  ...[toItsEnd('holder'), toItsEnd('eni')],
];
