/** The table of `enim history`. */
import { ageSince, formatAge } from '../model/duration.js';
import type { Holding } from '../model/history.js';
import { commandLine } from '../model/paste.js';
import { shorten } from './enis.js';
import { fittedTable } from './fitted.js';
import { type Concession, toItsEnd } from './narrow.js';
import { plural } from './plural.js';
import { renderRestored } from './restored.js';

interface HistoryOptions {
  /** All columns, exact times, nothing shortened. */
  readonly wide: boolean;
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly now: Date;
  /** What was asked for, as it was typed; null means everything. */
  readonly subject: string | null;
  readonly since: string | null;
  /** Lines that could not be read. */
  readonly ignored: number;
}

/** One line a holding, the newest last, and a line that counts them. */
export function renderHistory(holdings: readonly Holding[], options: HistoryOptions): string {
  const damage = options.ignored === 0 ? [] : [`${plural(options.ignored, 'damaged line')} ignored.`];
  if (holdings.length === 0) return [nothing(options), ...damage].join('\n');
  const [rows = '', ...missing] = historyTable(holdings, options);
  const lasting = holdings.filter(({ to }) => to === null).length;
  return [
    rows,
    `${plural(holdings.length, 'holding')}: ${holdings.length - lasting} over, ${lasting} lasting`,
    ...damage,
    ...missing,
  ].join('\n');
}

/** The table, and below it, in a terminal without room for all of it, what is missing. */
export function historyTable(
  holdings: readonly Holding[],
  { wide, width, now, subject }: Pick<HistoryOptions, 'wide' | 'width' | 'now' | 'subject'>,
): string[] {
  const command = ['enim', 'history', ...(subject === null ? [] : [subject]), ...(wide ? ['-o', 'wide'] : [])];
  const isOfOne = subject !== null && holdings.every(({ eni }) => eni === subject);
  const rows = holdings.map((holding) => (wide ? wideRow(holding) : row(holding, now)));
  return fittedTable(wide ? WIDE_COLUMNS : COLUMNS, rows, {
    width,
    // Who has asked for one ENI need not be told which it is.
    concessions: [...(isOfOne ? [{ column: 'eni' }] : []), ...(wide ? WIDE_CONCESSIONS : CONCESSIONS)],
    whole: `${commandLine(command)} | less -S`,
  });
}

function nothing({ subject, since }: HistoryOptions): string {
  const of = subject === null ? '' : ` of ${subject}`;
  const within = since === null ? '' : ` within the last ${since}`;
  return `Nothing is recorded${of}${within}.`;
}

const COLUMNS = ['time', 'eni', 'owner', 'container', 'from', 'to', 'held', 'why'];
const WIDE_COLUMNS = [
  ...['eni', 'owner', 'uid', 'network', 'container', 'ifname', 'netns', 'from', 'to', 'held'],
  ...['put back', 'why'],
];

const CONCESSIONS: readonly Concession[] = [
  ...[{ column: 'container' }, { column: 'to' }, { column: 'from' }],
  ...[toItsEnd('owner'), toItsEnd('eni')],
];

const WIDE_CONCESSIONS: readonly Concession[] = [
  { column: 'container', cutTo: 13 },
  { column: 'netns', cutTo: 16, cutAt: 'start' },
  ...[{ column: 'uid' }, { column: 'put back' }, { column: 'netns' }, { column: 'container' }, { column: 'network' }],
  ...[{ column: 'ifname' }, { column: 'held' }, { column: 'to' }],
  ...[toItsEnd('owner'), toItsEnd('eni')],
  { column: 'from' },
];

/** The time is that of what happened last. */
function row(holding: Holding, now: Date): string[] {
  const { eni, owner, containerID, from, to, reason } = holding;
  const last = to ?? from;
  return [
    last === null ? '-' : ageSince(last, now),
    ...[eni, owner, shorten(containerID), stamp(from, now), stamp(to, now), held(from, to ?? now.toISOString())],
    reason ?? '-',
  ];
}

function wideRow(holding: Holding): string[] {
  const { eni, owner, uid, network, containerID, ifname, netns, from, to, reason, restored } = holding;
  return [
    ...[eni, owner, uid ?? '-', network, containerID, ifname, netns || '-', from ?? '-', to ?? '-'],
    to === null ? '-' : held(from, to),
    restored.length === 0 ? '-' : renderRestored(restored),
    reason ?? '-',
  ];
}

/** As much of a time as tells it from now, in UTC: `08:03:33`, `11-24 08:03`, `2025-11-24`. */
function stamp(time: string | null, now: Date): string {
  if (time === null) return '-';
  const today = now.toISOString();
  if (time.slice(0, 10) === today.slice(0, 10)) return time.slice(11, 19);
  return time.slice(0, 4) === today.slice(0, 4) ? `${time.slice(5, 10)} ${time.slice(11, 16)}` : time.slice(0, 10);
}

function held(from: string | null, to: string): string {
  return from === null ? '-' : formatAge(Date.parse(to) - Date.parse(from));
}
