/** The page of `enim where`. */
import type { NetnsHolders } from '../link/holders.js';
import type { NicView } from '../manager/where/view.js';
import { ageSince } from '../model/duration.js';
import { folded } from './fold.js';
import { aligned } from './table.js';
import { visible } from './visible.js';

interface WhereOptions {
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly now: Date;
}

/** A paragraph for each NIC; its first line answers the question. */
export function renderWhere(nics: readonly NicView[], options: WhereOptions): string {
  return nics.map((nic) => renderNic(nic, options)).join('\n\n');
}

function renderNic(nic: NicView, { width, now }: WhereOptions): string {
  const rows = [
    ...holderRows(nic.netns),
    ['record', recordText(nic, now)],
    ...(nic.note === null ? [] : [['note', nic.note]]),
  ].map(([title = '', text = '']) => [`  ${title}`, visible(text)]);
  const next = nic.next === null ? [] : [`  ${purposeOf(nic)}: ${visible(nic.next)}`];
  return folded(
    [`${visible(subject(nic))} ${visible(place(nic))}`, aligned(rows, { width }), ...next].join('\n'),
    width,
  );
}

/** `eni-c (02:e0:00:00:00:02, 0000:00:07.0, ena)`. */
export function subject({ eni, mac, busAddress, pciAddress, driver, link }: NicView): string {
  const marks = [
    eni === null && link === null ? null : mac,
    pciAddress,
    busAddress === pciAddress ? null : busAddress,
    driver,
  ];
  const known = marks.filter((mark) => mark !== null);
  return `${eni ?? link?.name ?? 'a NIC'}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
}

/** Where it is, as the rest of that sentence. */
export function place({ at, link, netns, pciAddress, busAddress }: NicView): string {
  switch (at) {
    case 'home':
      return `is at home as ${link?.name}`;
    case 'netns':
      return `is in network namespace ${netns?.inode} as ${link?.name}`;
    case 'unreachable':
      return `is plugged in at ${pciAddress ?? busAddress}, in no network namespace that can be reached`;
    case 'nowhere':
      return 'is not on this machine';
  }
}

/** Beyond these a list says how many more there are; all of them are in the document of --json. */
const SHOWN = 5;

/** What keeps its netns alive. */
export function holderRows(netns: NetnsHolders | null): string[][] {
  if (netns === null) return [];
  const { paths, processes, descriptors } = netns;
  const held = [
    ...some(processes.map(({ pid, command }) => `pid ${pid} (${command})`)),
    ...some(descriptors.map(({ pid, command, fd }) => `descriptor ${fd} of pid ${pid} (${command})`)),
  ];
  return [
    ['held by', held.length === 0 ? `no process and no descriptor` : held.join(', ')],
    ...paths.map(({ path, deleted }) => ['path', deleted ? `${path} (deleted)` : path]),
  ];
}

function some(items: readonly string[]): string[] {
  const rest = items.length - SHOWN;
  return rest > 0 ? [...items.slice(0, SHOWN), `${rest} more`] : [...items];
}

/** Who has it, by what is recorded. */
export function recordText({ eni, record, label }: NicView, now: Date): string {
  if (record === null) {
    const says = label?.endpoint;
    if (says) return `none; its label says ${says.owner}, container ${says.containerID}, network ${says.network}`;
    return eni === null ? 'none: it is no ENI' : 'none';
  }
  const { owner, containerID, network, since, phase } = record;
  const age = since === null ? '' : ` since ${ageSince(since, now)}`;
  return `${owner}, container ${containerID}, network ${network}, ${phase ?? 'held'}${age}`;
}

/** What its next step is for. */
export function purposeOf({ at, next, eni }: NicView): string {
  if (next?.startsWith('enim del ')) return at === 'netns' ? 'bring it home' : 'free it';
  if (next?.startsWith('enim provider release ')) return 'free it';
  if (next === 'enim gc') return 'mend it';
  return at === 'netns' && eni === null ? 'look at it' : 'look further';
}
