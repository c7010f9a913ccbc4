/** Commands that are shown so that they can be pasted into a shell. Pure. */

/** What a terminal obeys instead of showing it: control characters, and those that turn the order of what follows round. */
export const OBEYED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** The command line of a program and its arguments. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!word.includes("'") && word.search(OBEYED) < 0) return `'${word}'`;
  const escaped = word
    .replaceAll(/[\\']/g, (character) => `\\${character}`)
    .replaceAll(OBEYED, (character) =>
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  return `$'${escaped}'`;
}
