/** The table of `enim list --node` and `--all-nodes`. */
import type { ClusterEniView } from '../manager/cluster.js';
import { ageSince } from '../model/duration.js';
import { shorten } from './enis.js';
import { fittedTable } from './fitted.js';
import { type Concession, toItsEnd } from './narrow.js';
import { plural } from './plural.js';
import { visible } from './visible.js';

interface ClusterOptions {
  /** All columns, nothing shortened. */
  readonly wide: boolean;
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly now: Date;
  /** The node that was asked for; null for all. */
  readonly node: string | null;
}

/** One line an ENI, a line that counts them by state, and one that says what was not looked at. */
export function renderCluster(enis: readonly ClusterEniView[], { wide, width, now, node }: ClusterOptions): string {
  if (enis.length === 0) return node === null ? 'No such ENIs in the cluster.' : `No such ENIs on node ${node}.`;
  const columns = wide ? WIDE_COLUMNS : COLUMNS;
  const rows = enis.map((eni) => [...(wide ? wideRow(eni) : row(eni, now)), eni.note ?? '']);
  const [lines = '', ...missing] = fittedTable([...columns, ''], rows, {
    width,
    concessions: wide ? WIDE_CONCESSIONS : CONCESSIONS,
    prose: true,
    whole: `enim list ${node === null ? '--all-nodes' : `--node ${node}`} -o wide | less -S`,
  });
  return [lines, summary(enis), NOT_LOOKED_AT, ...missing].join('\n');
}

const NOT_LOOKED_AT =
  'So the cluster’s objects say; where the NICs are was not looked at. On the node itself: enim list';

const COLUMNS = ['node', 'eni', 'state', 'address', 'owner', 'container', 'age'];
const WIDE_COLUMNS = ['node', 'eni', 'state', 'mac', 'addresses', 'owner', 'container', 'since'];

const CONCESSIONS: readonly Concession[] = [
  ...[{ column: 'container' }, { column: 'age' }, { column: 'address' }],
  toItsEnd('owner'),
  { column: 'node', cutTo: 16 },
];

const WIDE_CONCESSIONS: readonly Concession[] = [
  { column: 'container', cutTo: 13 },
  ...[{ column: 'since' }, { column: 'container' }, { column: 'mac' }, { column: 'addresses' }],
  toItsEnd('owner'),
  { column: 'node', cutTo: 16 },
];

function row({ node, id, state, addresses, attachment }: ClusterEniView, now: Date): string[] {
  const since = attachment?.since ?? null;
  return [
    ...[node, id, state, addresses[0] ?? '-', attachment?.owner ?? '-', shorten(attachment?.containerID ?? '-')],
    since === null ? '-' : ageSince(since, now),
  ];
}

function wideRow({ node, id, state, mac, addresses, attachment }: ClusterEniView): string[] {
  return [
    ...[node, id, state, mac || '-', addresses.join(',') || '-'],
    ...[attachment?.owner ?? '-', attachment?.containerID ?? '-', attachment?.since ?? '-'],
  ];
}

function summary(enis: readonly ClusterEniView[]): string {
  const counts = new Map<string, number>();
  for (const { state } of enis) counts.set(state, (counts.get(state) ?? 0) + 1);
  const nodes = new Set(enis.map(({ node }) => node)).size;
  const states = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([state, count]) => `${count} ${state}`);
  const of = `${plural(enis.length, 'ENI')} on ${plural(nodes, 'node')}`;
  return `${of}: ${visible(states.join(', '))}`;
}
