/** What `enim install` and `enim uninstall` tell a person. */
import type { Installation } from '../install/installer.js';
import { formatAge } from '../model/duration.js';
import { table } from './table.js';

/** A line for each file, and what to do next; the same for a dry run, marked. */
export function renderInstallation(
  { dryRun, changes, next, kubeconfig }: Installation,
  width: number | null,
  now: Date,
): string {
  const rows = changes.map(({ path, action, note }) => [action, path, note ?? '']);
  const conclusion = dryRun ? ['Dry run: nothing was changed.'] : [];
  return [
    table(['action', 'file', 'because'], rows, { width }),
    ...(kubeconfig === null ? [] : [speaker(kubeconfig, now)]),
    ...conclusion,
    ...(next.length === 0 ? [] : [`Next: ${next.join('; ')}`]),
  ].join('\n');
}

/** Whom the plugin is for the cluster, and how long. */
function speaker({ server, account, pod, expires }: NonNullable<Installation['kubeconfig']>, now: Date): string {
  const end = expires === null ? [] : [`at ${expires} (in ${formatAge(Date.parse(expires) - now.getTime())})`];
  const ends = [...end, ...(pod === null ? [] : [`with the pod ${pod}`])];
  const until =
    ends.length === 0 ? 'Its token does not end.' : `Its token ends ${ends.join(', or ')}: run this again before.`;
  return `The plugin asks ${server} as the service account ${account ?? 'of the token'}. ${until}`;
}
