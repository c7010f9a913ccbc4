/** The page of `enim show`. */
import type { Portrait } from '../manager/show.js';
import type { Flow } from '../model/counters.js';
import { ageSince } from '../model/duration.js';
import type { EniAddress } from '../model/eni.js';
import { commandLine } from '../model/paste.js';
import { folded } from './fold.js';
import { historyTable } from './history.js';
import { aligned } from './table.js';
import { visible } from './visible.js';
import { holderRows, place, purposeOf, recordText, subject } from './where.js';

interface ShowOptions {
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly now: Date;
}

/** A page for each; its first two lines say what it is, and where. */
export function renderShow(portraits: readonly Portrait[], options: ShowOptions): string {
  return portraits.map((portrait) => page(portrait, options)).join('\n\n');
}

function page(portrait: Portrait, { width, now }: ShowOptions): string {
  const { nic, eni, settings, traffic, quarantine } = portrait;
  const note = eni?.note ?? nic.note;
  const rows = [
    ['state', eni === null ? 'no ENI' : eni.state],
    ['where', place(nic)],
    ...holderRows(nic.netns),
    ['record', recordText(nic, now)],
    ...(eni === null ? [] : [['addresses', addressesOf([eni.ipv4, eni.ipv6])]]),
    ...(settings === null ? [] : settingsRows(settings, nic.mac)),
    ...(traffic === null ? [] : trafficRows(traffic)),
    ...(quarantine === null ? [] : [['quarantine', quarantineText(quarantine, now)]]),
    ...(note === null || (quarantine !== null && note.includes(quarantine.reason)) ? [] : [['note', note]]),
  ].map(([title = '', text = '']) => [`  ${title}`, visible(text)]);
  const lines = [
    visible(subject(nic)),
    aligned(rows, { width }),
    nextLine(portrait),
    ...timeline(portrait, { width, now }),
  ];
  return folded(lines.join('\n'), width);
}

function nextLine({ nic, eni, next }: Portrait): string {
  if (next !== null) return `  ${next === nic.next ? purposeOf(nic) : 'mend it'}: ${visible(next)}`;
  return `  next: ${eni?.state === 'missing' ? 'plug it in again, or take it out of the inventory' : 'nothing to do'}`;
}

function addressesOf(addresses: readonly (EniAddress | null)[]): string {
  const texts = addresses.flatMap((each) =>
    each === null ? [] : [`${each.address}${each.gateway === null ? '' : ` gateway ${each.gateway}`}`],
  );
  return texts.length === 0 ? 'none' : texts.join(', ');
}

function settingsRows({ mac, mtu, up, carrier, addresses }: NonNullable<Portrait['settings']>, own: string | null) {
  const state = !up ? 'down' : carrier ? 'up' : 'up, no carrier';
  const other = mac === own ? '' : `, MAC ${mac}`;
  return [
    ['link', `${state}, MTU ${mtu}${other}`],
    ['on it now', addresses.length === 0 ? 'no addresses' : addresses.join(', ')],
  ];
}

function trafficRows({ received, sent }: NonNullable<Portrait['traffic']>): string[][] {
  return [
    ['received', flowText(received)],
    ['sent', flowText(sent)],
  ];
}

function flowText({ bytes, packets, errors, dropped }: Flow): string {
  const counts = { packets, errors, dropped };
  return [sizeText(bytes), ...Object.entries(counts).map(([what, count]) => `${count} ${what}`)].join(', ');
}

/** `512 B`, `1.4 MiB`. */
function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function quarantineText({ reason, since, until }: NonNullable<Portrait['quarantine']>, now: Date): string {
  const age = ageSince(since, now);
  return `${reason}; since ${age}, ${until === null ? 'until it is ended by hand' : `until ${until}`}`;
}

/** More of it says `enim history`. */
const SHOWN = 5;

function timeline({ nic, history }: Portrait, { width, now }: ShowOptions): string[] {
  if (history.length === 0) return [];
  const last = history.slice(-SHOWN);
  const more = history.length - last.length;
  return [
    '',
    ...historyTable(last, { wide: false, width, now, subject: nic.eni }),
    ...(more > 0 ? [`${more} more: ${commandLine(['enim', 'history', nic.eni ?? ''])}`] : []),
  ];
}
