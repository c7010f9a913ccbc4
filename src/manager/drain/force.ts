/**
 * Taking NICs home out of pods that still live, for a drain that may not wait any longer. Each is brought home as a del would; a pod
 * that lives on has lost its NIC.
 */
import { messageOf } from '../../model/errors.js';
import { giveBack } from '../home.js';
import { underLock } from '../locked.js';
import type { Parts } from '../parts.js';
import { isHome, type Standing } from './standing.js';

/** What came of it, by ENI. */
export interface Taken {
  /** IDs of those that are home. */
  readonly taken: readonly string[];
  /** Why another was not taken, as a clause. */
  readonly failed: ReadonlyMap<string, string>;
}

/** Takes home what the standings say is recorded and not home. The signal ends it between two NICs. */
export async function takeHome(parts: Parts, standings: readonly Standing[], signal: AbortSignal): Promise<Taken> {
  const taken: string[] = [];
  const failed = new Map<string, string>();
  for (const { eni, holder } of standings.filter((each) => !isHome(each))) {
    if (signal.aborted) break;
    if (holder === null) continue;
    try {
      const refusal = await underLock(parts, holder, async (locked): Promise<string | null> => {
        const now = await locked.store.find(holder);
        if (now === undefined || now.eni.id !== eni) return 'no attachment of it is recorded';
        // The other plugin has it in its books, and would fail at the end of the pod for want of it.
        if (now.role === 'ipam') return 'another plugin moves its NIC; end the pod';
        await giveBack(locked, now, { reason: 'drain --force' });
        return null;
      });
      if (refusal === null) taken.push(eni);
      else failed.set(eni, refusal);
    } catch (thrown) {
      failed.set(eni, messageOf(thrown));
    }
  }
  return { taken, failed };
}
