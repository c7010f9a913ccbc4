/** What a round of sync came to, as data. Pure. */
import type { Step } from '../../link/arrange.js';
import type { SyncEni, Written } from '../../model/sync.js';
import type { Assigned } from '../../providers/provider.js';
import type { Left } from './number.js';
import type { EniPlan, SyncPlan } from './plan.js';

/**
 * `ready`: it is what it must be. `change`: something was to be done for it. `left`: nothing may be done for it now. `failed`:
 * something is to be mended first, or went wrong.
 */
export type Outcome = 'ready' | 'change' | 'left' | 'failed';

/** One ENI. */
export interface SyncedEni {
  readonly eni: string;
  readonly outcome: Outcome;
  /** Why nothing was done for it, as a clause or a sentence. */
  readonly reason: string | null;
  /** Name that its NIC had, and the one that it has now; null where nothing is known. */
  readonly nic: { readonly from: string; readonly name: string; readonly index: number } | null;
  /** As one would type them, in their order; of what failed, those that were begun with. */
  readonly commands: readonly string[];
  /** What the provider was told. */
  readonly written: readonly Written[];
  /** False for a dry run, and for what failed. */
  readonly done: boolean;
}

/** What is done for all of them. */
export interface NodeWork {
  readonly commands: readonly string[];
  /** Why not all of that could be done, as a sentence. */
  readonly error: string | null;
}

/** One round. */
export interface Synced {
  readonly dryRun: boolean;
  readonly node: NodeWork;
  /** In the provider's order. */
  readonly enis: readonly SyncedEni[];
}

/** The outcome for an ENI with which nothing is to be done; undefined if something is. */
export function settled({ eni, differences }: Assigned, plan: SyncPlan): SyncedEni | undefined {
  const left = plan.left.find(({ id }) => id === eni.id);
  if (left !== undefined) return leftAlone(eni.id, left);
  const its = plan.enis.find(({ id }) => id === eni.id);
  if (its === undefined || its.steps.length > 0 || differences(its).length > 0) return undefined;
  return { ...changed(eni, its, [], false), outcome: 'ready' };
}

export function changed(
  { id }: SyncEni,
  { link, name, index, steps }: EniPlan,
  written: readonly Written[],
  done: boolean,
): SyncedEni {
  const nic = { from: link.name, name, index };
  return { eni: id, outcome: 'change', reason: null, nic, commands: asCommands(steps), written, done };
}

/** @param plan what was begun */
export function leftAlone(id: string, { reason, isFault }: Omit<Left, 'id'>, plan?: EniPlan): SyncedEni {
  const outcome = isFault ? 'failed' : 'left';
  const commands = asCommands(plan?.steps ?? []);
  return { eni: id, outcome, reason, nic: null, commands, written: [], done: false };
}

/** The steps as commands of a shell. */
export function asCommands(steps: readonly Step[]): string[] {
  return steps.map((step) => ('ip' in step ? `ip ${step.ip.join(' ')}` : `echo ${step.value} > ${step.sysctl}`));
}

/** Whether a round as it was rehearsed would change nothing. */
export function isNothingToDo({ node, enis }: Synced): boolean {
  return node.commands.length === 0 && enis.every(({ outcome }) => outcome === 'ready' || outcome === 'left');
}

/** What went wrong, a line each. */
export function failures({ node, enis }: Synced): string[] {
  return [
    ...enis.flatMap(({ eni, outcome, reason }) => (outcome === 'failed' ? [`${eni}: ${reason}`] : [])),
    ...(node.error === null ? [] : [`the node: ${node.error}`]),
  ];
}
