/** A table that gives way to the terminal, as its maker has chosen, and says so below itself. Pure. */
import { folded } from './fold.js';
import { type Concession, displayWidth, GAP, narrow } from './narrow.js';
import { table } from './table.js';
import { visible } from './visible.js';

interface FittedOptions {
  /** Columns of the terminal; null when piped. */
  readonly width: number | null;
  readonly concessions: readonly Concession[];
  /** The last column is prose, which is folded and has no concession. */
  readonly prose?: boolean;
  /** Command that shows all of it. */
  readonly whole: string;
}

/** Less than this no table is made to fit: no terminal is narrower on purpose. */
const NARROWEST = 50;

/** All that is printed fits so many. */
const USUAL = 80;

/** As little as a value is cut to on a terminal that is narrower. */
const LEAST = 12;

/** Columns that a table may take on a terminal. */
export function roomOf(width: number): number {
  return Math.max(NARROWEST, width);
}

/** The concessions, and on a terminal that is narrower than usual what was cut once more. */
export function concessionsFor(room: number, concessions: readonly Concession[]): readonly Concession[] {
  if (room >= USUAL) return concessions;
  return [
    ...concessions,
    ...concessions.filter(({ cutTo = 0 }) => cutTo > LEAST).map((each) => ({ ...each, cutTo: LEAST })),
  ];
}

/** So much at least is left for prose. */
const PROSE = 20;

/** The table, and the lines that say what is missing. */
export function fittedTable(
  columns: readonly string[],
  values: readonly (readonly string[])[],
  { width, concessions, prose = false, whole }: FittedOptions,
): string[] {
  const rows = values.map((cells) => cells.map(visible));
  if (width === null) return [table(columns, rows, { width })];
  const room = roomOf(width);
  const all = concessionsFor(room, concessions);
  const narrowed = prose ? besideProse([columns, ...rows], all, room) : narrow([columns, ...rows], all, room);
  const [head = [], ...lines] = narrowed.rows;
  return [table(head, lines, { width: prose ? room : null }), ...missing(narrowed.conceded, whole, room)];
}

function besideProse(rows: readonly (readonly string[])[], concessions: readonly Concession[], room: number) {
  const longest = Math.max(...rows.map((cells) => displayWidth(cells.at(-1) ?? '')));
  const { rows: narrowed, conceded } = narrow(
    rows.map((cells) => cells.slice(0, -1)),
    concessions,
    longest === 0 ? room : room - GAP - Math.min(PROSE, longest),
  );
  return { rows: narrowed.map((cells, index) => [...cells, rows[index]?.at(-1) ?? '']), conceded };
}

/** Says which columns are not whole, and what shows them. */
export function missing(conceded: readonly string[], whole: string, room: number): string[] {
  if (conceded.length === 0) return [];
  return [folded(`Not all of ${conceded.join(', ')}; to see it: ${whole}`, room)];
}
