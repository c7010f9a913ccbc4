/** The table of `enim gc`. */
import type { Collected } from '../manager/gc/finding.js';
import { renderRestored } from './restored.js';
import { table } from './table.js';

/** What was decided and why, and a line that says what was done; the same for a dry run, marked. */
export function renderVerdicts(verdicts: readonly Collected[], dryRun: boolean, width: number | null): string {
  const rows = verdicts.map(({ eni, action, reason, error, remaining }) => {
    const failed = error === null ? '' : `; FAILED: ${error}`;
    const lost = remaining.length === 0 ? '' : `; could not be put back: ${renderRestored(remaining)}`;
    return [eni ?? '-', action, `${reason}${failed}${lost}`];
  });
  const lines = rows.length === 0 ? [] : [table(['eni', 'verdict', 'because'], rows, { width })];
  return [...lines, conclusion(verdicts, dryRun)].join('\n');
}

function conclusion(verdicts: readonly Collected[], dryRun: boolean): string {
  const count = (test: (verdict: Collected) => boolean): number => verdicts.filter(test).length;
  if (dryRun) {
    const reclaim = count(({ action }) => action === 'reclaim');
    const repair = count(({ action }) => action === 'repair');
    const would = [`${reclaim} would be reclaimed`, ...(repair > 0 ? [`${repair} repaired`] : [])].join(', ');
    return `Dry run: nothing was changed. ${would}.`;
  }
  const reclaimed = count(({ action, done }) => action === 'reclaim' && done);
  const repaired = count(({ action, done }) => action === 'repair' && done);
  if (reclaimed + repaired === 0) return 'Nothing was reclaimed.';
  const done = [
    ...(reclaimed > 0 ? [`${reclaimed} reclaimed`] : []),
    ...(repaired > 0 ? [`${repaired} repaired`] : []),
  ];
  return `${done.join(', ')}.`;
}
