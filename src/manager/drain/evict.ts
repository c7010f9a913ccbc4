/** Asking the cluster, for a drain, to end the pods that hold ENIs. Who is refused is asked again in the next round. */
import { type Endpoint, sameKey } from '../../model/attachment.js';
import { EnimError, messageOf } from '../../model/errors.js';
import type { Evictor } from '../../providers/provider.js';
import type { Parts } from '../parts.js';
import type { Standing, StandingState } from './standing.js';

/** The evictions of one drain. */
export interface Evictions {
  /**
   * Asks for every pod that has an ENI, and was not granted yet. What fails is asked again the next time.
   *
   * @throws EnimError API_DENIED, for that no repetition mends
   */
  ask(standings: readonly Standing[], signal: AbortSignal): Promise<void>;
  /** The standings with what became of the evictions. */
  note(standings: readonly Standing[]): readonly Standing[];
}

export function createEvictions(parts: Parts, evictor: Evictor): Evictions {
  const answers = new Map<string, { readonly isOver: boolean; readonly said: string }>();

  const askFor = async (endpoint: Endpoint): Promise<{ readonly isOver: boolean; readonly said: string }> => {
    try {
      const { result, message } = await evictor.evict(endpoint);
      return { isOver: result !== 'later', said: message };
    } catch (thrown) {
      if (thrown instanceof EnimError && thrown.code === 'API_DENIED') throw thrown;
      return { isOver: false, said: `eviction failed: ${messageOf(thrown)}` };
    }
  };

  return {
    async ask(standings, signal) {
      const attachments = await parts.store.list().catch(() => []);
      for (const { state, holder } of standings) {
        if (signal.aborted) return;
        if (!MAY_LIVE.has(state) || holder === null || answers.get(idOf(holder))?.isOver) continue;
        const attachment = attachments.find((each) => sameKey(each, holder));
        if (attachment !== undefined) answers.set(idOf(holder), await askFor(attachment));
      }
    },
    note: (standings) =>
      standings.map((each) => {
        const said =
          MAY_LIVE.has(each.state) && each.holder !== null ? answers.get(idOf(each.holder))?.said : undefined;
        return said === undefined ? each : { ...each, reason: `${said}; ${each.reason}` };
      }),
  };
}

/** Where a pod may live that has the ENI, wherever its NIC is. */
const MAY_LIVE: ReadonlySet<StandingState> = new Set(['used', 'missing', 'unclear']);

/** A container is one run of a pod: its successor is asked for anew. */
function idOf({ owner, containerID }: NonNullable<Standing['holder']>): string {
  return `${owner} ${containerID}`;
}
