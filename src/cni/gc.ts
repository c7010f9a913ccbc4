/** GC: gives back what the runtime does not know any more of this network. */
import { gc as collect } from '../manager/gc/gc.js';
import { prune } from '../manager/prune.js';
import { EnimError, messageOf } from '../model/errors.js';
import { delegate } from './delegation.js';
import type { OpenTask } from './task.js';

/** Time between the two looks where the runtime does not say what is alive, in milliseconds. */
const GRACE_MS = 2_000;

/**
 * Prints nothing. Goes on after failures, and reports all of them. Nobody waits for one that was interrupted, and what its list says may
 * be out of date: it takes no further NIC, and hands nothing on.
 *
 * @throws EnimError LINK_FAILED, INTERRUPTED
 */
export async function gc(task: OpenTask): Promise<undefined> {
  const { network, context } = task;
  const { validAttachments } = network;
  const signal = task.interruption();
  const failures = validAttachments === null ? await judge(task, signal) : await obey(task, validAttachments, signal);
  if (signal.aborted) {
    throw new EnimError('INTERRUPTED', `GC of network ${network.name} was interrupted; what it had begun is done.`, {
      details: failures,
      hint: 'run it again',
    });
  }
  await delegate(task, 'GC').catch((thrown: unknown) => failures.push(messageOf(thrown)));
  if (failures.length === 0) return;
  throw new EnimError('LINK_FAILED', `GC of network ${network.name}: ${failures.join(' ')}`, {
    hint: `see what is left: enim gc --dry-run --config ${context.locations.config}`,
  });
}

/** The list is the runtime's word; what is not in it is dead. */
async function obey(
  { network, context, log }: OpenTask,
  valid: readonly { containerID: string; ifname: string }[],
  signal: AbortSignal,
): Promise<string[]> {
  const failures: string[] = [];
  for (const { key, error } of await prune(context.parts, network.name, valid, signal)) {
    if (error === null) log('info', 'reclaimed', { ...key });
    else failures.push(`${key.ifname} of container ${key.containerID}: ${error}`);
  }
  return failures;
}

/** Without a list (cnitool sends none) nothing is reclaimed that is alive. */
async function judge({ network, context, log }: OpenTask, signal: AbortSignal): Promise<string[]> {
  const failures: string[] = [];
  const request = { dryRun: false, grace: GRACE_MS, network: network.name };
  for (const { eni, done, reason, error } of await collect(context.parts, request, signal)) {
    if (done) log('info', 'reclaimed', { eni, reason });
    if (error !== null) failures.push(`ENI ${eni}: ${error}`);
  }
  return failures;
}
