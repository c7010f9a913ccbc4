/** What `enim support-bundle` says. */
import { commandLine } from '../model/paste.js';
import { plural } from './plural.js';
import { visible } from './visible.js';

interface BundleMade {
  readonly path: string;
  /** Of the file. */
  readonly bytes: number;
  readonly files: number;
  /** What the doctor found; null if it could not look. */
  readonly problems: number | null;
  readonly warnings: number | null;
}

/** Where it is, what the doctor said, and what to do before one gives it away. */
export function renderBundle({ path, bytes, files, problems, warnings }: BundleMade): string {
  const found =
    problems === null || warnings === null
      ? 'The doctor could not look.'
      : `The doctor found ${plural(problems, 'problem')} and ${plural(warnings, 'warning')}.`;
  return [
    `${visible(path)}: ${plural(files, 'file')}, ${sizeOf(bytes)}. ${found}`,
    'Secrets were taken out; names of pods and addresses are in it. See what it has before you give it away:',
    `  ${commandLine(['tar', '-tzf', path])}`,
    'On another machine it answers like this node:',
    `  ${commandLine(['enim', 'list', '--from-bundle', path])}`,
  ].join('\n');
}

/** `12 kB`, `3.4 MB`. */
function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
