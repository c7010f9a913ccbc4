/** Quotes in a line, which may be escaped as often as JSON was put into JSON. Pure. */

/** From where to where. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Longest quote, with its backslashes: JSON in JSON in JSON in JSON in JSON in JSON. */
const LONGEST = 64;

/**
 * What is between quotes that open here and close on this line, with whatever is escaped in them; undefined if none do. Three of them
 * are one that has three, as TOML has it, and shells have `$'…'`.
 */
export function quoted(line: string, at: number): Span | undefined {
  const open = /^\$?(?:"{3}|'{3}|\\*["'`])/.exec(line.slice(at, at + LONGEST))?.[0];
  if (open === undefined) return undefined;
  const from = at + open.length;
  const to = closingOf(line, open, { from, to: line.length });
  return to === undefined ? undefined : { from, to };
}

/** Where the quotes that are just before `start` close within the span, as in `-H "Authorization: Token X"`; its end if they do not. */
export function endOfEnclosing(line: string, start: number, span: Span): number {
  const open = /\\*["'`]$/.exec(line.slice(Math.max(0, start - LONGEST), start))?.[0];
  return (open === undefined ? undefined : closingOf(line, open, span)) ?? span.to;
}

/** It closes with as many backslashes as it has opened with, or with so many more as are quoted backslashes. */
function closingOf(line: string, open: string, { from, to }: Span): number | undefined {
  const triple = /("{3}|'{3})$/.exec(open)?.[0];
  if (triple !== undefined) return line.indexOf(triple, from) < 0 ? undefined : line.indexOf(triple, from);
  const depth = open.replace('$', '').length - 1;
  let backslashes = 0;
  for (let index = from; index < to; index += 1) {
    if (line[index] === '\\') backslashes += 1;
    else if (line[index] === open.at(-1) && backslashes % (2 * (depth + 1)) === depth) return index - depth;
    else backslashes = 0;
  }
  return undefined;
}
