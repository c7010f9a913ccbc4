/** Plain tables as kubectl prints them: no borders, two spaces between columns, nothing after the last word of a line. */
import Table from 'cli-table3';
import { foldWords } from './fold.js';
import { columnWidths, displayWidth, GAP } from './narrow.js';
import { visible } from './visible.js';

interface TableOptions {
  /** Columns of the terminal; null folds nothing. */
  readonly width: number | null;
}

/** Below this many columns a folded text is harder to read than one that the terminal folds. */
const NARROWEST = 20;

/**
 * A header in upper case and a line a row, without a final line feed. Values are those of others: nothing in them is obeyed.
 *
 * Values are never cut or broken, so that they can be pasted back. Only the last column, which is where prose belongs, is folded
 * between its words when the table is wider than the terminal.
 */
export function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { width }: TableOptions,
): string {
  return aligned([headOf(columns), ...rows.map((cells) => cells.map(visible))], { width });
}

/** The names of columns as a table has them above itself. */
export function headOf(columns: readonly string[]): string[] {
  return columns.map((column) => column.toUpperCase());
}

/** Cells that are visible and may be coloured, below each other, without a header. */
export function aligned(rows: readonly (readonly string[])[], { width }: TableOptions): string {
  const lines = width === null ? rows : fold(rows, width);
  const text = lines.some((cells) => cells.slice(0, -1).some((cell) => cell.includes('\n')))
    ? laidOut(lines)
    : padded(lines);
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Cells of several lines, in any column. */
function laidOut(rows: readonly (readonly string[])[]): string {
  const grid = new Table({ chars: NO_BORDERS, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
  grid.push(...rows.map((cells) => [...cells]));
  return grid.toString();
}

/**
 * Cells of one line need no more than padding, and a last one of several lines an indentation; cli-table3 takes 85 ms for 256 rows of
 * the former, this 6 ms (measured, cold), and seconds for the latter.
 */
function padded(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows.map((cells) => cells.slice(0, -1)));
  const indent = ' '.repeat(widths.reduce((sum, each) => sum + each + GAP, 0));
  const pad = (cell: string, index: number): string => cell + ' '.repeat((widths[index] ?? 0) - displayWidth(cell));
  return rows
    .map((cells) => {
      const last = cells.at(-1)?.replaceAll('\n', `\n${indent}`) ?? '';
      return [...cells.slice(0, -1).map(pad), last].join(' '.repeat(GAP));
    })
    .join('\n');
}

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: ' '.repeat(GAP),
};

function fold(rows: readonly (readonly string[])[], width: number): readonly (readonly string[])[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const before = rows.map((cells) => cells.slice(0, last));
  const taken = columnWidths(before).reduce((sum, each) => sum + each + GAP, 0);
  const room = width - taken;
  if (room < NARROWEST) return rows;
  return rows.map((cells) => cells.map((cell, index) => (index === last ? foldWords(cell, room) : cell)));
}
