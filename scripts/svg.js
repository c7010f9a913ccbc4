/** A terminal's text as a picture: SVG that keeps the text as text, so that it can be read, found and copied. */

const [WIDTH, HEIGHT, PADDING, BAR] = [8.4, 19, 16, 30];

export const ESCAPE = '\u001b';

/** The colours that enim uses, by their ANSI number; all are readable on the background. */
const COLOURS = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};
const STYLES = { 1: 'font-weight:600', 2: 'fill:#8b949e' };

/**
 * @param lines with the escape sequences of colours
 * @param columns of the terminal
 * @param title what is to be seen, for those who do not see it
 */
export function svg(lines, columns, title) {
  const [width, height] = [Math.ceil(columns * WIDTH) + 2 * PADDING, lines.length * HEIGHT + BAR + PADDING];
  const classes = Object.entries({
    ...STYLES,
    ...Object.fromEntries(Object.entries(COLOURS).map(([n, hue]) => [n, `fill:${hue}`])),
  });
  const used = classes.filter(([number]) => lines.some((line) => line.includes(`${ESCAPE}[${number}m`)));
  const rows = lines.map((line, index) => row(line, BAR + (index + 1) * HEIGHT - 5)).filter((text) => text !== '');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">
<title>${escaped(title)}</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}${used
    .map(([number, style]) => `.c${number}{${style}}`)
    .join('')}</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<g fill="#30363d"><circle cx="18" cy="16" r="5"/><circle cx="36" cy="16" r="5"/><circle cx="54" cy="16" r="5"/></g>
${rows.join('\n')}
</svg>
`;
}

/** One line; what has a colour is a span of its own. */
function row(line, y) {
  const on = new Set();
  const spans = line.split(`${ESCAPE}[`).map((part, index) => {
    const [sequence = '', codes = ''] = (index > 0 && part.match(/^([\d;]*)m/)) || [];
    for (const code of sequence === '' ? [] : codes.split(';').map(Number)) turn(on, code);
    const text = part.slice(sequence.length);
    return text === '' || on.size === 0 ? escaped(text) : span(text, on);
  });
  const text = spans.join('').trimEnd();
  return text === '' ? '' : `<text x="${PADDING}" y="${y}">${text}</text>`;
}

/** What a sequence changes in what is on. */
function turn(on, code) {
  const off =
    code === 0 ? () => true : code === 22 ? (each) => each < 30 : code === 39 ? (each) => each >= 30 : undefined;
  if (off === undefined) on.add(code);
  else for (const each of [...on].filter(off)) on.delete(each);
}

function span(text, on) {
  return `<tspan class="${[...on].map((code) => `c${code}`).join(' ')}">${escaped(text)}</tspan>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
