/** What lies in directories, for comparing before with after. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every file below the given directories: relative path → kind, mode, and hash of the contents. Missing directories are empty. */
export function readTree(root: string, directories: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  const walk = (path: string): void => {
    const { mode } = lstatSync(path);
    const permissions = (mode & 0o7777).toString(8);
    if (lstatSync(path).isDirectory()) {
      entries.push([relative(root, path), `directory ${permissions}`]);
      for (const name of readdirSync(path)) walk(join(path, name));
    } else {
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
      entries.push([relative(root, path), `file ${permissions} ${hash}`]);
    }
  };
  for (const directory of directories) {
    if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) walk(directory);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}
