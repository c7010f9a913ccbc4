/** Patterns as people write them for names: `*` stands for anything, `?` for one character; case does not matter. */

/** Whether the whole of a text fits. */
export function fits(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(text);
}
