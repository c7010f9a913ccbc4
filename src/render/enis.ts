/** The table of `enim list`. */
import { basename } from 'node:path';
import { ENI_STATES, type EniView } from '../manager/list.js';
import { formatAge } from '../model/duration.js';
import { table } from './table.js';

interface EnisOptions {
  /** All columns, nothing shortened. */
  readonly wide: boolean;
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly now: Date;
  /** Path of the settings, for the hint when there are no ENIs. */
  readonly config: string;
  /** Command that makes or shows some, for the same. */
  readonly origin: string;
}

/** One line an ENI, and a line that counts them by state. Notes that would not fit beside the table stand below it. */
export function renderEnis(enis: readonly EniView[], { wide, width, now, config, origin }: EnisOptions): string {
  if (enis.length === 0) return `No ENIs. The settings are ${config}. Try: ${origin}`;
  const columns = wide ? WIDE_COLUMNS : COLUMNS;
  const rows = enis.map((eni) => (wide ? wideRow(eni) : row(eni, now)));
  const notes = enis.map(({ note }) => note ?? '');
  const beside = table(
    [...columns, ''],
    rows.map((cells, index) => [...cells, notes[index] ?? '']),
    { width: null },
  );
  if (width === null || beside.split('\n').every((line) => line.length <= width)) return `${beside}\n${summary(enis)}`;
  const below = enis.flatMap(({ id, note }) => (note === null ? [] : [`  ${id}: ${note}`]));
  return [table(columns, rows, { width: null }), ...below, summary(enis)].join('\n');
}

const COLUMNS = ['eni', 'state', 'nic', 'address', 'owner', 'container', 'age'];
const WIDE_COLUMNS = ['eni', 'state', 'mac', 'nic', 'netns', 'ipv4', 'ipv6', 'owner', 'container', 'since'];

function row(eni: EniView, now: Date): string[] {
  const { id, state, ipv4, ipv6, attachment } = eni;
  return [
    id,
    state,
    nic(eni),
    ipv4?.address ?? ipv6?.address ?? '-',
    attachment?.owner ?? '-',
    shorten(attachment?.containerID ?? '-'),
    attachment === null ? '-' : formatAge(now.getTime() - Date.parse(attachment.since)),
  ];
}

function wideRow({ id, state, mac, link, ipv4, ipv6, attachment }: EniView): string[] {
  return [
    id,
    state,
    mac,
    link?.name ?? '-',
    link?.netns ?? '-',
    ipv4?.address ?? '-',
    ipv6?.address ?? '-',
    attachment?.owner ?? '-',
    attachment?.containerID ?? '-',
    attachment?.since ?? '-',
  ];
}

/** `eni1` at home, `eth0 in web-0` away. */
function nic({ link }: EniView): string {
  if (link === null) return '-';
  if (link.netns === null) return link.name;
  const pid = /^\/proc\/(\d+)\//.exec(link.netns)?.[1];
  return `${link.name} in ${pid === undefined ? basename(link.netns) : `pid ${pid}`}`;
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
  return `${enis.length} ENI${enis.length === 1 ? '' : 's'}: ${counts.join(', ')}`;
}
