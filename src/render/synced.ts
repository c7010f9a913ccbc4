/** What `enim sync` shows. */
import type { Synced, SyncedEni } from '../manager/sync/outcome.js';
import type { Written } from '../model/sync.js';
import { plural } from './plural.js';
import { table } from './table.js';
import { visible } from './visible.js';

/** A line an ENI, then what is done for each, and a line that says what came of it; the same for a dry run, marked. */
export function renderSynced(synced: Synced, width: number | null): string {
  const { node, enis } = synced;
  const rows = enis.map((each) => [each.eni, each.outcome, each.nic?.name ?? '-', because(each)]);
  const blocks = [
    ...block('node', node.commands, []),
    ...enis.flatMap(({ eni, commands, written }) => block(eni, commands, written)),
  ];
  const shown = rows.length === 0 ? [] : [table(['eni', 'outcome', 'nic', 'because'], rows, { width })];
  return [...shown, ...blocks, conclusion(synced)].join('\n');
}

/** A line for everything that was done, for a command that stays; none where nothing was. */
export function renderSyncedLines({ node, enis }: Synced): string[] {
  return [
    ...node.commands.map((command) => `node: ${command}`),
    ...enis.flatMap(({ eni, commands, written }) => [
      ...commands.map((command) => `${eni}: ${command}`),
      ...(written.length === 0 ? [] : [`${eni}: ${tell(written)}`]),
    ]),
  ].map(visible);
}

function because({ reason, nic, commands, written }: SyncedEni): string {
  if (reason !== null) return reason;
  return [
    ...(nic !== null && nic.from !== nic.name ? [`name ${nic.from} → ${nic.name}`] : []),
    ...(commands.length === 0 ? [] : [plural(commands.length, 'command')]),
    ...(written.length === 0 ? [] : [`${plural(written.length, 'field')} of its status`]),
  ].join('; ');
}

function block(name: string, commands: readonly string[], written: readonly Written[]): string[] {
  if (commands.length === 0 && written.length === 0) return [];
  const done = [...commands, ...(written.length === 0 ? [] : [tell(written)])];
  return ['', visible(name), ...done.map((line) => `  ${visible(line)}`)];
}

function tell(written: readonly Written[]): string {
  return `status: ${written.map(({ what, from, to }) => `${what} ${from ?? '-'} → ${to}`).join(', ')}`;
}

function conclusion({ dryRun, node, enis }: Synced): string {
  const count = (outcome: SyncedEni['outcome']): number => enis.filter((each) => each.outcome === outcome).length;
  const others = (['ready', 'left', 'failed'] as const).flatMap((each) =>
    count(each) > 0 ? [`${count(each)} ${each}`] : [],
  );
  const rest = others.length === 0 ? '' : `; ${others.join(', ')}`;
  const changes = count('change');
  const isIdle = changes === 0 && node.commands.length === 0;
  const space = isIdle ? '' : '\n';
  if (enis.length === 0) return `${space}No ENI of the cluster is on this node.`;
  if (dryRun) return `${space}Dry run: nothing was changed. ${plural(changes, 'ENI')} would be changed${rest}.`;
  return isIdle ? `Nothing to do${rest}.` : `${space}${plural(changes, 'ENI')} changed${rest}.`;
}
