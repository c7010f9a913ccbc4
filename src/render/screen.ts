/** A screen that is drawn again and again in place, on a page of its own: what stood on the terminal comes back. */

/** Turns to a page of its own, without a cursor. */
export const ENTER = '\u001b[?1049h\u001b[?25l';

/** Turns back. */
export const LEAVE = '\u001b[?25h\u001b[?1049l';

const HOME = '\u001b[H';
const CLEAR_REST_OF_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Draws the lines over those that are there, without a flicker. Those that the terminal has no rows for are left out, and counted.
 *
 * @param rows of the terminal
 */
export function frame(text: string, rows: number): string {
  const lines = text.split('\n');
  const rest = lines.length - rows + 1;
  const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${rest} more lines`];
  return `${HOME}${shown.map((line) => line + CLEAR_REST_OF_LINE).join('\r\n')}${CLEAR_BELOW}`;
}
