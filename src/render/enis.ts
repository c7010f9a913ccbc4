/** What `enim list` prints. */
import { basename } from 'node:path';
import type { ChalkInstance } from 'chalk';
import { ENI_STATES, type EniState, type EniView } from '../manager/list.js';
import { type EniColumn, textsOf } from '../manager/select.js';
import { ageSince } from '../model/duration.js';
import { csv } from './csv.js';
import { concessionsFor, missing, roomOf } from './fitted.js';
import { foldWords } from './fold.js';
import { type Concession, narrow, toItsEnd, widthOf } from './narrow.js';
import { plural } from './plural.js';
import { aligned, headOf } from './table.js';
import { visible } from './visible.js';

/** How they are shown. */
export interface EnisOptions {
  /** All columns, nothing shortened as long as the terminal has room for it. */
  readonly wide: boolean;
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly style: ChalkInstance;
  readonly now: Date;
  /** How many ENIs there are, also those that were not asked for. */
  readonly known: number;
  /** Path of the settings, for the hint when there are no ENIs. */
  readonly config: string;
  /** Command that makes or shows some, for the same. */
  readonly origin: string;
}

/** One line an ENI, and a line that counts them by state. Notes that would not fit beside the table stand below it. */
export function renderEnis(enis: readonly EniView[], options: EnisOptions): string {
  if (enis.length === 0) return nothing(options);
  const { rows, below } = layOut(enis, options);
  return [rows, ...below.notes, summary(enis), ...below.missing].join('\n');
}

/** The same as a page that is drawn again and again: the count comes first, for the end may be below the terminal's. */
export function renderWatched(enis: readonly EniView[], options: EnisOptions, trouble: string | null): string {
  const time = `${options.now.toISOString().slice(11, 19)} UTC`;
  const state = trouble === null ? `${time}, Ctrl-C ends` : `${time}, not up to date: ${visible(trouble)}`;
  if (enis.length === 0) return `${state}\n${nothing(options)}`;
  const { rows, below } = layOut(enis, options);
  return [`${summary(enis)}  (${state})`, rows, ...below.notes, ...below.missing].join('\n');
}

function nothing({ known, config, origin }: EnisOptions): string {
  return known === 0
    ? `No ENIs. The settings are ${visible(config)}. Try: ${origin}`
    : `No ENI is such, of ${known}. All of them: enim list`;
}

interface Layout {
  readonly rows: string;
  /** What has no room in the rows. */
  readonly below: { readonly notes: readonly string[]; readonly missing: readonly string[] };
}

function layOut(enis: readonly EniView[], { wide, width, style, now }: EnisOptions): Layout {
  const columns = wide ? WIDE_COLUMNS : COLUMNS;
  const rows = enis.map((eni) => (wide ? wideRow(eni, style) : row(eni, now, style)));
  const notes = enis.map(({ note }) => visible(note ?? ''));
  const beside = [[...columns, ''], ...rows.map((cells, index) => [...cells, notes[index] ?? ''])];
  const room = width === null ? Number.POSITIVE_INFINITY : roomOf(width);
  const print = ([head = [], ...lines]: readonly (readonly string[])[]): string =>
    aligned([headOf(head), ...lines], { width: null });
  if (widthOf(beside) <= room) return { rows: print(beside), below: { notes: [], missing: [] } };
  const narrowed = narrow([columns, ...rows], concessionsFor(room, wide ? WIDE_CONCESSIONS : CONCESSIONS), room);
  const below = enis.flatMap(({ id }, index) =>
    notes[index] === '' ? [] : [indented(`  ${visible(id)}: ${notes[index]}`, room)],
  );
  return { rows: print(narrowed.rows), below: { notes: below, missing: missing(narrowed.conceded, UNCUT, room) } };
}

function indented(text: string, room: number): string {
  return foldWords(text, room - NOTE_INDENT.length).replaceAll('\n', `\n${NOTE_INDENT}`);
}

const NOTE_INDENT = '    ';

/** Where nothing is cut. */
const UNCUT = 'enim list -o wide | less -S';

const COLUMNS = ['eni', 'state', 'nic', 'address', 'owner', 'container', 'age'];
const WIDE_COLUMNS = ['eni', 'state', 'mac', 'nic', 'netns', 'ipv4', 'ipv6', 'owner', 'container', 'since'] as const;

/** What tells an ENI, its state and its owner apart stays whole longest: these are what one pastes. */
const CONCESSIONS: readonly Concession[] = [
  { column: 'nic', cutTo: 14 },
  ...[{ column: 'container' }, { column: 'age' }, { column: 'address' }],
  { column: 'nic', cutTo: 7, short: (cell) => cell.replace(/ in .*$/, '…') },
  ...[toItsEnd('owner'), toItsEnd('eni')],
];

const WIDE_CONCESSIONS: readonly Concession[] = [
  { column: 'container', cutTo: 13 },
  { column: 'netns', cutTo: 16, cutAt: 'start' },
  // What the other table has stays longest.
  ...[{ column: 'ipv6' }, { column: 'mac' }, { column: 'netns' }, { column: 'container', cutTo: 9 }],
  { column: 'since', cutTo: 17, short: (cell) => cell.replace(/:\d\d\.\d+Z$/, 'Z') },
  ...[{ column: 'container' }, { column: 'since' }, { column: 'ipv4' }],
  ...[toItsEnd('owner'), toItsEnd('eni')],
];

function row(eni: EniView, now: Date, style: ChalkInstance): string[] {
  const { id, state, ipv4, ipv6, attachment } = eni;
  return [
    visible(id),
    coloured(state, style),
    nic(eni),
    visible(ipv4?.address ?? ipv6?.address ?? '-'),
    visible(attachment?.owner ?? '-'),
    visible(shorten(attachment?.containerID ?? '-')),
    attachment === null ? '-' : ageSince(attachment.since, now),
  ];
}

function wideRow(eni: EniView, style: ChalkInstance): string[] {
  return WIDE_COLUMNS.map((column) =>
    column === 'state' ? coloured(eni.state, style) : visible(textsOf(eni, column)[0]),
  );
}

/** Colour says nothing that the word does not say. */
function coloured(state: EniState, style: ChalkInstance): string {
  switch (state) {
    case 'free':
      return style.green(state);
    case 'used':
    case 'shared':
      return state;
    case 'releasing':
      return style.cyan(state);
    case 'missing':
      return style.red(state);
    case 'orphan':
    case 'quarantined':
      return style.yellow(state);
  }
}

/** `eni1` at home, `eth0 in web-0` away. A pod gives its links what names it likes. */
function nic({ link }: EniView): string {
  if (link === null) return '-';
  if (link.netns === null) return visible(link.name);
  const pid = /^\/proc\/(\d+)\//.exec(link.netns)?.[1];
  return visible(`${link.name} in ${pid === undefined ? basename(link.netns) : `pid ${pid}`}`);
}

/** As much of a container ID as one recognizes it by. */
export function shorten(containerID: string): string {
  return containerID.length > 16 ? `${containerID.slice(0, 8)}…` : containerID;
}

function summary(enis: readonly EniView[]): string {
  const counts = ENI_STATES.flatMap((state) => {
    const count = enis.filter((eni) => eni.state === state).length;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  return `${plural(enis.length, 'ENI')}: ${counts.join(', ')}`;
}

const CSV_COLUMNS = [
  ...(['eni', 'state', 'mac', 'nic', 'netns', 'ipv4', 'ipv6', 'owner', 'container', 'ifname', 'network'] as const),
  ...(['since', 'provider', 'note'] as const),
] satisfies readonly EniColumn[];

/** One line an ENI, everything whole; what it does not have is empty, and control characters are shown. */
export function enisAsCsv(enis: readonly EniView[]): string {
  const cell = (text: string): string => (text === '-' ? '' : text);
  return csv(
    CSV_COLUMNS,
    enis.map((eni) => CSV_COLUMNS.map((column) => visible(cell(textsOf(eni, column)[0])))),
  );
}
