/** How far a drain is, for people: a picture that is drawn anew on a terminal, a line a change elsewhere. Pure. */
import { isHome, type Standing } from '../manager/drain/standing.js';
import { cut } from './narrow.js';
import { aligned } from './table.js';
import { visible } from './visible.js';

/** What a picture shows. */
export interface Picture {
  readonly standings: readonly Standing[];
  /** Milliseconds since it began, and in all. */
  readonly passed: number;
  readonly timeout: number;
  /** Of the terminal. */
  readonly width: number;
  readonly height: number;
}

const BAR = 20;

/** What is not home yet, a line each, as far as the terminal has room, and a bar. */
export function renderPicture({ standings, passed, timeout, width, height }: Picture): string {
  const away = standings.filter((each) => !isHome(each));
  const room = Math.max(1, height - 3);
  const shown = away.slice(0, room);
  const rows = shown.map((each) => [
    `  ${visible(each.eni)}`,
    each.state,
    visible(each.holder?.owner ?? '-'),
    visible(each.reason),
  ]);
  const lines = rows.length === 0 ? [] : aligned(rows, { width: null }).split('\n');
  const more = away.length > shown.length ? [`  … and ${away.length - shown.length} more`] : [];
  const home = standings.length - away.length;
  const filled = standings.length === 0 ? BAR : Math.floor((home / standings.length) * BAR);
  const bar = `[${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}]`;
  const end = `${bar}  ${home} of ${standings.length} home  ${time(passed)} / ${time(timeout)}`;
  // Never two rows of the terminal, or the next picture would not cover this one.
  return [...lines, ...more, end].map((line) => cut(line, width)).join('\n');
}

/** What takes the place of a picture that stands above the cursor; undefined if there is none. */
export function redraw(before: string | undefined, after: string): string {
  const up = before === undefined ? '' : `\u001b[${before.split('\n').length}A\u001b[0J`;
  return `${up}${after}\n`;
}

/** What has changed since the last look, a line each; at the first one, what is not home. */
export function renderChanges(
  before: readonly Standing[] | undefined,
  after: readonly Standing[],
  passed: number,
): string[] {
  const keyOf = ({ eni, state, holder }: Standing): string => `${eni} ${state} ${holder?.owner} ${holder?.containerID}`;
  const known = new Set(before?.map(keyOf));
  return after
    .filter((each) => (before === undefined ? !isHome(each) : !known.has(keyOf(each))))
    .map((each) => `${time(passed)} ${renderStanding(each)}`);
}

/** `eni-a used by default/web-0: netns /run/netns/web-0 alive (pid 4711)`. */
export function renderStanding({ eni, state, holder, reason }: Standing): string {
  const by = holder === null ? '' : ` by ${holder.owner}, container ${holder.containerID}`;
  return visible(`${eni} ${state}${by}: ${reason}`);
}

/** That all is proved. */
export function renderHome(standings: readonly Standing[]): string {
  const count = standings.length;
  if (count === 0) return 'No ENI is known on this node, so none is away.';
  return count === 1
    ? 'The NIC of the only ENI is home and restored, and nobody holds it.'
    : `The NICs of all ${count} ENIs are home and restored, and nobody holds one.`;
}

/** `0:42`. */
function time(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
