/** Making a table narrower: columns are cut to a part of their values, or left out, in an order that its maker chooses. Pure. */
import stringWidth from 'string-width';

/** ASCII that is seen. */
const PLAIN = /^[ -~]*$/;

/** Between two columns. */
export const GAP = 2;

/** How a column gives way. */
export interface Concession {
  readonly column: string;
  /** Its values are cut to no less than so much, at their end unless told; without it the column is left out. */
  readonly cutTo?: number;
  readonly cutAt?: 'start' | 'end';
  /** Its values are put like this, before they are cut. */
  readonly short?: (cell: string) => string;
}

/** Of a long ID or owner the end is what tells it from others. */
export function toItsEnd(column: string): Concession {
  return { column, cutTo: 24, cutAt: 'start' };
}

/** A table that was made to fit. */
export interface Narrowed {
  /** The first is the head. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of which something is missing. */
  readonly conceded: readonly string[];
}

/** A concession, and how wide its column is then; 0 is left out. */
interface Conceded {
  readonly concession: Concession;
  readonly target: number;
}

/**
 * Applies the concessions one after the other until the table fits, and then takes back what a later one has made needless, so that
 * each goes no further than it must.
 *
 * @param rows the first has the names of the columns
 */
export function narrow(
  rows: readonly (readonly string[])[],
  concessions: readonly Concession[],
  width: number,
): Narrowed {
  const head = rows[0] ?? [];
  const whole = columnWidths(rows);
  const inShort = new Map(concessions.map((each) => [each, shortWidth(rows, each)]));
  /** What the columns take, without that a row is made. */
  const widths = (conceded: readonly Conceded[]): number[] =>
    conceded.reduce(
      (known, { concession, target }) =>
        known.map((has, at) =>
          head[at] === concession.column ? Math.min(inShort.get(concession) ?? has, has, target) : has,
        ),
      whole,
    );
  /** How wide the column must be for the table to fit, or as narrow as it may be; undefined if it fits, or nothing is gained. */
  const targetOf = ({ column, cutTo }: Concession, conceded: readonly Conceded[]): number | undefined => {
    const known = widths(conceded);
    const has = known[head.indexOf(column)] ?? 0;
    const excess = taken(known) - width;
    const target = cutTo === undefined ? 0 : Math.max(cutTo, has - excess);
    return excess > 0 && target < has ? target : undefined;
  };

  let conceded: readonly Conceded[] = [];
  for (const concession of concessions) {
    const target = targetOf(concession, conceded);
    if (target !== undefined) conceded = [...conceded, { concession, target }];
  }
  for (const { concession, target } of conceded.toReversed()) {
    const others = conceded.filter((each) => each.concession !== concession);
    const now = targetOf(concession, others);
    if (taken(widths(others)) <= width) conceded = others;
    else if (now !== undefined && now > target)
      conceded = conceded.map((each) => (each.concession === concession ? { concession, target: now } : each));
  }
  return {
    rows: conceding(rows, conceded),
    conceded: [...new Set(conceded.map(({ concession }) => concession.column))],
  };
}

/** What the column takes where its values are short; undefined if they are no shorter. */
function shortWidth(rows: readonly (readonly string[])[], { column, short }: Concession): number | undefined {
  const at = (rows[0] ?? []).indexOf(column);
  if (short === undefined || at < 0) return undefined;
  return Math.max(...rows.map((cells) => displayWidth(short(cells[at] ?? ''))));
}

function conceding(
  rows: readonly (readonly string[])[],
  conceded: readonly Conceded[],
): readonly (readonly string[])[] {
  return conceded.reduce((narrowed, { concession, target }) => concede(narrowed, concession, target), rows);
}

function concede(
  rows: readonly (readonly string[])[],
  { column, cutAt, short = (cell) => cell }: Concession,
  target: number,
): readonly (readonly string[])[] {
  const at = (rows[0] ?? []).indexOf(column);
  if (at < 0) return rows;
  return rows.map((cells) =>
    cells.flatMap((cell, index) => (index !== at ? [cell] : target === 0 ? [] : [cut(short(cell), target, cutAt)])),
  );
}

/** A text with no more than so many columns of a terminal, one at least; what was cut off, at its end unless told, is an ellipsis. */
export function cut(text: string, length: number, side: 'start' | 'end' = 'end'): string {
  if (displayWidth(text) <= length) return text;
  if (PLAIN.test(text)) return side === 'end' ? `${text.slice(0, length - 1)}…` : `…${text.slice(1 - length)}`;
  const characters = [...text];
  while (displayWidth(characters.join('')) > length - 1) side === 'end' ? characters.pop() : characters.shift();
  return side === 'end' ? `${characters.join('')}…` : `…${characters.join('')}`;
}

/** What each column takes. */
export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [index, cell] of cells.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
  }
  return widths;
}

/** What a table takes. */
export function widthOf(rows: readonly (readonly string[])[]): number {
  return taken(columnWidths(rows));
}

/** Of columns that are left out nothing is taken, not even the gap. */
function taken(widths: readonly number[]): number {
  return widths.filter((each) => each > 0).reduce((sum, each) => sum + each + GAP, -GAP);
}

/** The columns of a terminal that a text takes, without its colour. */
export function displayWidth(text: string): number {
  // Nearly all texts are such, and the other way takes a hundred times as long (measured).
  return PLAIN.test(text) ? text.length : stringWidth(text);
}
