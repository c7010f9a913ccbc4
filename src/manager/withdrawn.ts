/** What the provider's records give up by themselves, joined to what the node knows of it; nothing where nobody else changes them. */
import { type Attachment, type Endpoint, sameKey } from '../model/attachment.js';
import { parseLabel } from '../model/label.js';
import type { Withdrawal } from '../providers/provider.js';
import { type Away, findAway, type Look } from './locate.js';
import type { Parts } from './parts.js';
import type { Withdrawn } from './verdict.js';

export type GivenUp = Withdrawal & Withdrawn;

/** All that is given up, with what became of the pods. A record knows a UID that the provider may have lost. */
export async function findWithdrawn({ provider }: Parts, attachments: readonly Attachment[]): Promise<GivenUp[]> {
  const { registry } = provider;
  if (registry === undefined) return [];
  return Promise.all(
    (await registry.withdrawals()).map(async (each) => {
      const recorded = attachments.find((attachment) => sameKey(attachment, each.endpoint));
      return { ...each, pod: await registry.fateOf(recorded ?? each.endpoint) };
    }),
  );
}

/** What is said of one endpoint; null if it is not given up. */
export function withdrawnOf(all: readonly GivenUp[], endpoint: Endpoint | null): GivenUp | null {
  return all.find((each) => endpoint !== null && sameKey(each.endpoint, endpoint)) ?? null;
}

/** The NIC away from home that carries the endpoint's label; null if none does. */
export async function findCarrier(machine: Look, endpoint: Endpoint): Promise<Away | null> {
  const carrier = (await findAway(machine)).find(({ link }) => {
    const whose = parseLabel(link.alias)?.endpoint ?? null;
    return whose !== null && sameKey(whose, endpoint);
  });
  return carrier ?? null;
}
