/** Reading the lines of an `ip` batch as iproute2 does (lib/utils.c, makeargs): blanks separate, quotes hold together, `#` ends. */

/** The arguments of one line. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '' && !rest.startsWith('#')) {
    const quote = rest[0] === '"' || rest[0] === "'" ? rest[0] : undefined;
    const end = quote === undefined ? rest.search(/[\s#]|$/) : rest.indexOf(quote, 1);
    if (end < 0) throw new Error(`Unterminated quote in batch line: ${line}`);
    words.push(quote === undefined ? rest.slice(0, end) : rest.slice(1, end));
    rest = rest.slice(quote === undefined ? end : end + 1).trimStart();
  }
  return words;
}
