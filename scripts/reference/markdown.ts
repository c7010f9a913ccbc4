/** Markdown of the generated pages. Pure. */

/** What every generated page says of itself, below its title. */
export const MADE = '<!-- Made by `npm run reference`; what is changed here by hand is lost. -->';

/** A table whose columns are aligned in its source, too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...others] = lines;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}

/** Words in code, with a comma between. */
export function code(...words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

/** Longest line of an example. */
const WIDTH = 110;

/** JSON with a line for each thing that fits one. */
export function compact(value: unknown, indent = ''): string {
  const short = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replaceAll('[ ', '[').replaceAll(' ]', ']');
  if (typeof value !== 'object' || value === null || indent.length + short.length <= WIDTH) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((each) => inner + compact(each, inner)).join(',\n')}\n${indent}]`;
  const entries = Object.entries(value).map(([key, each]) => `${inner}${JSON.stringify(key)}: ${compact(each, inner)}`);
  return `{\n${entries.join(',\n')}\n${indent}}`;
}
