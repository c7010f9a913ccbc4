/** What `enim install` and `enim uninstall` tell a person. */
import type { Installation } from '../install/installer.js';
import { table } from './table.js';

/** A line for each file, and what to do next; the same for a dry run, marked. */
export function renderInstallation({ dryRun, changes, next }: Installation, width: number | null): string {
  const rows = changes.map(({ path, action, note }) => [action, path, note ?? '']);
  const conclusion = dryRun ? ['Dry run: nothing was changed.'] : [];
  return [
    table(['action', 'file', 'because'], rows, { width }),
    ...conclusion,
    ...(next.length === 0 ? [] : [`Next: ${next.join('; ')}`]),
  ].join('\n');
}
