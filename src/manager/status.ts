/** Whether an add would find an ENI now, and whether the pods that have one still have it. Looks only. */
import { describeCordon } from '../model/cordon.js';
import { messageOf } from '../model/errors.js';
import { UNCORDON } from './cordon.js';
import { type EniView, list } from './list.js';
import type { Parts } from './parts.js';

/** The state of a network on this node. */
export interface Readiness {
  /** Why no ENI can be given out; null if one can. */
  readonly unavailable: string | null;
  /** What to do about that, where it is not to look for ENIs to reclaim. */
  readonly hint?: string;
  /** What is wrong with ENIs that pods have, as clauses. */
  readonly suffering: readonly string[];
}

/** @param network whose pods count */
export async function readiness(parts: Parts, network: string): Promise<Readiness> {
  const health = await parts.provider.health().catch((thrown: unknown) => ({ ok: false, message: messageOf(thrown) }));
  const enis = await list(parts).catch((thrown: unknown) => messageOf(thrown));
  if (typeof enis === 'string') return { unavailable: enis, suffering: [] };
  const suffering = enis.filter((eni) => eni.attachment?.network === network).flatMap(complaint);
  const standing = parts.cordon.find();
  if (standing !== null)
    return { unavailable: `The node ${describeCordon(standing)}: it gives out no ENI.`, hint: UNCORDON, suffering };
  if (!health.ok)
    return {
      unavailable: `The provider ${parts.provider.name} is not ready: ${health.message}.`,
      suffering,
    };
  if (enis.some(({ state }) => state === 'free')) return { unavailable: null, suffering };
  return { unavailable: `No ENI is free (${enis.length} known: ${counts(enis)}).`, suffering };
}

function complaint({ id, state, note, attachment }: EniView): string[] {
  if (state !== 'missing' && state !== 'orphan' && state !== 'quarantined') return [];
  return [`${attachment?.owner} has lost ENI ${id}: ${note ?? state}`];
}

function counts(enis: readonly EniView[]): string {
  const states = [...new Set(enis.map(({ state }) => state))];
  return states.map((state) => `${enis.filter((eni) => eni.state === state).length} ${state}`).join(', ') || 'none';
}
