/** Commands that are shown so that they can be pasted into a shell. Pure. */

/** The command line of a program and its arguments. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/[\p{Cc}']/u.test(word)) return `'${word}'`;
  const escaped = word
    .replaceAll(/[\\']/g, (character) => `\\${character}`)
    .replaceAll(/\p{Cc}/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  return `$'${escaped}'`;
}
