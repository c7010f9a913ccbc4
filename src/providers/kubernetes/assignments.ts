/** The ENIs of this node as it has to make them ready, over the API. What is written counts only if nobody has written meanwhile. */
import type { ReadyNic, Written } from '../../model/sync.js';
import type { Assigned } from '../provider.js';
import type { Api } from './api.js';
import { readied, wanted } from './ready.js';
import type { Subnets } from './subnet.js';
import type { EniObject } from './wire.js';

/** What one request of sync works with. */
export interface Assigning {
  readonly api: Api;
  readonly node: string;
  readonly clock: () => Date;
  /** Those of the node. */
  readonly enis: () => Promise<readonly EniObject[]>;
  readonly subnetsOf: (enis: readonly EniObject[]) => Promise<Subnets>;
}

export async function listAssigned({ clock, enis: list, subnetsOf }: Assigning): Promise<readonly Assigned[]> {
  const enis = await list();
  const subnets = await subnetsOf(enis);
  const ids = enis.map(({ metadata }) => metadata.name).sort();
  return ids.flatMap((id) =>
    enis.filter(({ metadata }) => metadata.name === id).map((each) => assigned(each, subnets, clock)),
  );
}

export async function findAssigned(
  { api, node, clock, subnetsOf }: Assigning,
  id: string,
): Promise<Assigned | undefined> {
  const eni = await getOwn(api, node, id);
  return eni === undefined ? undefined : assigned(eni, await subnetsOf([eni]), clock);
}

function assigned(object: EniObject, subnets: Subnets, clock: () => Date): Assigned {
  return { eni: wanted(object, subnets), differences: (ready) => readied(object, ready, clock())?.written ?? [] };
}

export async function report(
  { api, node, clock }: Assigning,
  id: string,
  ready: ReadyNic,
): Promise<readonly Written[]> {
  let last: readonly Written[] = [];
  for (let object = await getOwn(api, node, id); object !== undefined; object = await getOwn(api, node, id)) {
    const next = readied(object, ready, clock());
    if (next === undefined) return [];
    const { written } = next;
    // If we have tried before, the answer to our own write was lost.
    if (written.length === 0) return last;
    const answer = await api.putEniStatus(next.object);
    if (typeof answer !== 'string') return written;
    last = written;
    if (answer === 'conflict') await api.pause(`ENI ${id}`);
  }
  return [];
}

/** Undefined also for one that is another node's by now. */
async function getOwn(api: Api, node: string, id: string): Promise<EniObject | undefined> {
  const eni = await api.getEni(id);
  return eni?.spec.nodeName === node ? eni : undefined;
}
