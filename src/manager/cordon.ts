/**
 * The cordon of a node: no endpoint is given an ENI any more; whoever has one keeps it. Whoever allocates asks for the cordon under his
 * attachment's lock, so once the cordon is on disk and all such locks were free, nobody is left who has not seen it.
 */
import { BY_HAND, type Endpoint, sameKey } from '../model/attachment.js';
import { type Cordon, describeCordon } from '../model/cordon.js';
import { EnimError } from '../model/errors.js';
import type { ProvidedEni } from '../providers/provider.js';
import { ATTACHMENT_LOCKS } from './locked.js';
import type { Parts } from './parts.js';

/**
 * Puts the cordon up, or keeps the one that is. When it returns, every add has ended that began before.
 *
 * @param reason null keeps the one that was given before
 * @throws EnimError BUSY if one does not end; the cordon is up all the same
 */
export async function cordon({ cordon: record, locks, clock }: Parts, reason: string | null): Promise<Cordon> {
  const now = clock().toISOString();
  const up = { since: now, reason };
  const standing = await record.update((before) => {
    if (before === null) return up;
    return reason === null || reason === before.reason ? before : { ...before, reason };
  });
  await locks.settleAll(ATTACHMENT_LOCKS).catch((thrown: unknown) => {
    if (!(thrown instanceof EnimError) || thrown.code !== 'BUSY') throw thrown;
    throw new EnimError('BUSY', `The node is cordoned, but not everybody has seen it. ${thrown.message}`, {
      hint: thrown.hint,
      cause: thrown,
    });
  });
  return standing ?? up;
}

/** Takes the cordon away; null if there was none, else the one that it was. */
export async function uncordon({ cordon: record }: Parts): Promise<Cordon | null> {
  let former: Cordon | null = null;
  await record.update((before) => {
    former = before;
    return null;
  });
  return former;
}

/**
 * Refuses to give an ENI to an endpoint while the cordon is up. What is held by hand is held on: to be asked again gives nothing out.
 *
 * @throws EnimError CORDONED
 */
export function refuseCordoned({ cordon: record }: Parts, endpoint: Endpoint, provided: readonly ProvidedEni[]): void {
  const isHeld = provided.some(({ holder }) => holder !== null && sameKey(holder, endpoint));
  if (endpoint.network === BY_HAND && isHeld) return;
  const standing = record.find();
  if (standing === null) return;
  throw new EnimError('CORDONED', `The node ${describeCordon(standing)}: it gives out no ENI.`, { hint: UNCORDON });
}

/** What ends a cordon. */
export const UNCORDON = 'enim uncordon';
