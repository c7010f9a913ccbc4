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

/**
 * Applies the concessions one after the other until the table fits, each no further than it must.
 *
 * @param rows the first has the names of the columns
 */
export function narrow(
  rows: readonly (readonly string[])[],
  concessions: readonly Concession[],
  width: number,
): Narrowed {
  let narrowed: Narrowed = { rows, conceded: [] };
  for (const concession of concessions) {
    const excess = widthOf(narrowed.rows) - width;
    if (excess <= 0) break;
    const at = (narrowed.rows[0] ?? []).indexOf(concession.column);
    const has = columnWidths(narrowed.rows)[at] ?? 0;
    const target = concession.cutTo === undefined ? 0 : Math.max(concession.cutTo, has - excess);
    if (at >= 0 && target < has) narrowed = concede(narrowed, at, target, concession);
  }
  return narrowed;
}

function concede(
  { rows, conceded }: Narrowed,
  at: number,
  target: number,
  { column, cutAt, short = (cell) => cell }: Concession,
): Narrowed {
  return {
    rows: rows.map((cells) =>
      cells.flatMap((cell, index) => (index !== at ? [cell] : target === 0 ? [] : [cut(short(cell), target, cutAt)])),
    ),
    conceded: [...new Set([...conceded, column])],
  };
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
  return columnWidths(rows).reduce((sum, each) => sum + each + GAP, -GAP);
}

/** The columns of a terminal that a text takes, without its colour. */
export function displayWidth(text: string): number {
  // Nearly all texts are such, and the other way takes a hundred times as long (measured).
  return PLAIN.test(text) ? text.length : stringWidth(text);
}
