/**
 * One round of sync: makes the node what its ENIs want, and tells the provider what became of each. It may be repeated at any time;
 * killed between any two steps, the next round goes on from what it sees. Only one runs at a time, and a NIC is only touched under
 * the lock of its ENI, after another look: whoever gives the ENI to a pod meanwhile is first.
 */
import type { Step } from '../../link/arrange.js';
import { isSameNic } from '../../model/eni.js';
import { EnimError, messageOf } from '../../model/errors.js';
import type { SyncEni } from '../../model/sync.js';
import type { Assigned, Assignments } from '../../providers/provider.js';
import { eniLock, type LockedParts, withLock } from '../locked.js';
import type { Parts } from '../parts.js';
import { lookAround } from './look.js';
import { asCommands, changed, leftAlone, type NodeWork, type Synced, type SyncedEni, settled } from './outcome.js';
import { type EniPlan, planSync, type SyncPlan } from './plan.js';
import { hostsOf } from './rules.js';

/** Name of the lock that whoever syncs holds; taken before those of ENIs. */
const SYNC_LOCK = 'sync';

/** How to run. */
export interface SyncRequest {
  /** Plan, and change nothing. */
  readonly dryRun: boolean;
}

/**
 * What was done, or with `dryRun` would be, for each ENI; what failed for one does not keep the others from theirs.
 *
 * @param signal ends it between two ENIs
 * @throws EnimError INVALID_CONFIG where the provider leaves nothing to the node; BUSY if another sync does not end; what the
 *   provider throws if it cannot be asked
 */
export async function sync(parts: Parts, { dryRun }: SyncRequest, signal?: AbortSignal): Promise<Synced> {
  const assignments = assignmentsOf(parts);
  if (dryRun) return rehearse(parts, await assignments.list());
  return withLock(parts, await parts.locks.acquire(SYNC_LOCK), (locked) => round(locked, assignments, signal));
}

function assignmentsOf({ provider: { name, assignments } }: Parts): Assignments {
  if (assignments !== undefined) return assignments;
  throw new EnimError(
    'INVALID_CONFIG',
    `The provider is ${name}; sync is for the provider kubernetes, whose cluster says what the node must become.`,
    { hint: 'see which ENIs this provider has, and use them as they are: enim list' },
  );
}

/** What the round would do, as far as can be told without having done the first half of it. */
async function rehearse(parts: Parts, assigned: readonly Assigned[]): Promise<Synced> {
  const plan = await planNow(parts, assigned);
  const enis = assigned.map((each) => {
    const nothing = settled(each, plan);
    if (nothing !== undefined) return nothing;
    const its = findPlan(plan, each);
    return changed(each.eni, its, each.differences(its), false);
  });
  const commands = asCommands([...plan.node, ...plan.stale.map(({ step }) => step)]);
  return { dryRun: true, node: { commands, error: null }, enis };
}

async function round(parts: LockedParts, assignments: Assignments, signal: AbortSignal | undefined): Promise<Synced> {
  const assigned = await assignments.list();
  const plan = await planNow(parts, assigned);
  const before = await carryOut(parts, plan.node);
  const outcomes = new Map<string, SyncedEni>();
  const numbers: Numbers = new Map();
  for (const each of inOrder(assigned, plan)) {
    if (signal?.aborted) break;
    const { id } = each.eni;
    const nothing = settled(each, plan);
    // What seems wrong may just be on its way into a pod: that is known once the ENI's lock is held.
    const isSure = nothing !== undefined && nothing.outcome !== 'failed';
    outcomes.set(id, isSure ? nothing : await attempt(parts, assignments, assigned, id, numbers));
  }
  const enis = assigned.flatMap(({ eni: { id } }) => outcomes.get(id) ?? []);
  // As long as an ENI has not got its new rules, it is served by the old ones.
  const done = new Set(enis.filter(({ outcome }) => outcome !== 'failed').map(({ eni }) => eni));
  const unserved = new Set(assigned.flatMap(({ eni }) => (done.has(eni.id) ? [] : hostsOf(eni))));
  const stale = plan.stale.filter(({ host }) => !unserved.has(host)).map(({ step }) => step);
  const after = await carryOut(parts, signal?.aborted ? [] : stale);
  const commands = [...before.commands, ...after.commands];
  return { dryRun: false, node: { commands, error: before.error ?? after.error }, enis };
}

/** Those with something to do in the order of the plan. */
function inOrder(assigned: readonly Assigned[], { enis }: SyncPlan): readonly Assigned[] {
  const ids = [...enis.map(({ id }) => id), ...assigned.map(({ eni }) => eni.id)];
  const rank = ({ eni }: Assigned): number => ids.indexOf(eni.id);
  return [...assigned].sort((a, b) => rank(a) - rank(b));
}

/** @param whose ENIs whose steps are wanted; those of the others are not to be relied on, for their NICs are not looked at closely */
async function planNow(parts: Parts, assigned: readonly Assigned[], whose = assigned): Promise<SyncPlan> {
  // Both before and after the kernel is looked at: an add records first and moves then, a del moves first and forgets then.
  const before = await parts.store.list();
  const seen = await lookAround(parts.links, whose);
  const attachments = [...before, ...(await parts.store.list())];
  const enis = assigned.map(({ eni }): SyncEni => {
    const owner = attachments.find((each) => isSameNic(each.eni, eni))?.owner;
    return owner === undefined ? eni : { ...eni, excluded: eni.excluded ?? `${owner} has it` };
  });
  const reserved = new Set(attachments.map(({ snapshot }) => snapshot.name));
  return planSync(enis, { ...seen, reserved });
}

function findPlan({ enis }: SyncPlan, { eni }: Assigned): EniPlan {
  const found = enis.find(({ id }) => id === eni.id);
  if (found === undefined) throw new Error(`The plan has neither steps for ${eni.id} nor a reason against them.`);
  return found;
}

/** What is done for all does not keep the ENIs from what is done for each. */
async function carryOut({ links }: LockedParts, steps: readonly Step[]): Promise<NodeWork> {
  try {
    await links.arrange(steps);
    return { commands: asCommands(steps), error: null };
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    return { commands: asCommands(steps), error: thrown.message };
  }
}

/** The numbers that ENIs were given in this round, by ID. */
type Numbers = Map<string, number>;

/** An ENI that was listed before it was given its number; its NIC may have gone into a pod since. */
function withNumber(each: Assigned, numbers: Numbers): Assigned {
  const index = each.eni.index ?? numbers.get(each.eni.id) ?? null;
  return { ...each, eni: { ...each.eni, index } };
}

async function attempt(
  parts: Parts,
  assignments: Assignments,
  assigned: readonly Assigned[],
  id: string,
  numbers: Numbers,
): Promise<SyncedEni> {
  let plan: EniPlan | undefined;
  try {
    const lock = await parts.locks.acquire(eniLock(id));
    return await withLock(parts, lock, async (locked) => {
      const now = await assignments.find(id);
      if (now === undefined) return leftAlone(id, { reason: 'its object is gone', isFault: false });
      const all = assigned.map((each) => (each.eni.id === id ? now : withNumber(each, numbers)));
      const its = await planNow(locked, all, [now]);
      const nothing = settled(now, its);
      if (nothing !== undefined) return nothing;
      plan = findPlan(its, now);
      numbers.set(id, plan.index);
      await arrange(locked, plan);
      const written = await assignments.report(id, plan);
      if (plan.steps.length > 0 || written.length > 0) return changed(now.eni, plan, written, true);
      return leftAlone(id, { reason: 'it was given to somebody, or made ready, just now', isFault: false });
    });
  } catch (thrown) {
    // It is not about this ENI.
    if (!(thrown instanceof EnimError) || thrown.code === 'API_UNREACHABLE') throw thrown;
    return leftAlone(id, { reason: messageOf(thrown), isFault: true }, plan);
  }
}

/** What fails on the way must not leave a NIC down that was up. */
async function arrange({ links }: LockedParts, { link, steps }: EniPlan): Promise<void> {
  try {
    await links.arrange(steps);
  } catch (thrown) {
    if (link.up)
      await links.arrange([{ ip: ['link', 'set', 'dev', `if${link.ifindex}`, 'up'] }]).catch(() => undefined);
    throw thrown;
  }
}
