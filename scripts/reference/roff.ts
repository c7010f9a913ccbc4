/** Text as roff for man(7): `man`, `mandoc` and `groff` read it. Pure. */

/** A line of running text; what stands between backticks is bold. */
export function running(text: string): string {
  const parts = text.split(/`([^`]*)`/);
  return parts.map((part, index) => (index % 2 === 1 ? bold(part) : plain(part, index === 0))).join('');
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** Lines that are shown as they are. */
export function verbatim(lines: readonly string[]): string {
  return ['.PP', '.RS 4', '.nf', ...lines.map((line) => plain(line, true)), '.fi', '.RE'].join('\n');
}

/** A paragraph whose first line hangs out. */
export function tagged(tag: string, ...paragraphs: readonly string[]): string {
  return ['.TP', tag, paragraphs.join('\n.IP\n')].join('\n');
}

/** Paragraphs, which an empty line parts. */
export function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((each) => `.PP\n${running(each.replace(/\s*\n\s*/g, ' '))}`)
    .join('\n');
}

export function section(title: string, ...content: readonly string[]): string {
  return [`.SH ${title.toUpperCase()}`, ...content].join('\n');
}

/** The first lines of a page. */
export function header(name: string, number: number, version: string): string {
  return `.TH "${name.toUpperCase().replaceAll('-', '\\-')}" "${number}" "" "enim ${version}" "enim"`;
}

/** @param leads whether it begins a line: a dot or an apostrophe there would be a request */
function plain(text: string, leads: boolean): string {
  const safe = escaped(text);
  return leads && /^[.']/.test(safe) ? `\\&${safe}` : safe;
}

/** A hyphen that can be pasted; what ASCII lacks as a name that every output device knows. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replace(
      /[^\x20-\x7e\n]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
