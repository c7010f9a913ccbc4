/**
 * The kubernetes provider: the ENIs of this node are objects of a cluster, which an operator makes, and who holds one is said there,
 * too. What is written counts only if nobody has written meanwhile; nothing is kept but what was just seen.
 */
import { endpointOf } from '../../model/attachment.js';
import { EnimError, messageOf } from '../../model/errors.js';
import type { Observe } from '../../model/observation.js';
import type { Waits } from '../../model/waiting.js';
import { apart, type Together } from '../../together.js';
import type { Registering } from '../later.js';
import { allocate } from './allocate.js';
import { type Api, beginOperation, type Patience } from './api.js';
import { type Assigning, findAssigned, listAssigned, report } from './assignments.js';
import { subnetsOf } from './eni.js';
import { EVENT_PATIENCE, eventOf, tell } from './event.js';
import { evict } from './evict.js';
import type { Operation } from './operation.js';
import { listRecorded } from './recorded.js';
import { release } from './release.js';
import { createSubnets, type Subnets } from './subnet.js';
import { type Connection, open, type Transport } from './transport.js';
import { type Look, type Seen, view } from './view.js';
import type { Heard } from './watch/watch.js';
import type { EniObject } from './wire.js';
import { fateOf, withdrawals } from './withdrawn.js';

export interface KubernetesSettings {
  /** Makes the connection, once it is needed. */
  readonly connect: () => Connection;
  /** Name of this node in the cluster. */
  readonly node: string;
  /** File in which the CIDRs of subnets are remembered. */
  readonly subnets: string;
  /** Does the work while no other process writes that file. */
  readonly alone: (work: () => void) => Promise<void>;
  readonly clock: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly patience: Patience;
  readonly observe?: Observe;
  /** What was heard of the node's objects, where that is no older than what is on its way; undefined where it may be. */
  readonly heard?: (() => Heard | undefined) | undefined;
  readonly waits?: Waits | undefined;
  /** Asks for the node's objects, for all who want them at the same time; nobody else does unless given. */
  readonly together?: Together;
}

/** Makes the provider; nothing is asked yet. */
export function createKubernetesProvider(settings: KubernetesSettings): Registering {
  const { connect, node, clock, sleep, observe, waits, together = apart } = settings;
  let transport: Transport | undefined;
  let isAway = false;
  const reached = (isThere: boolean): void => {
    isAway = !isThere;
  };
  const begin = (patience = settings.patience): Api => {
    transport ??= open(connect());
    const patient = isAway ? short(patience) : patience;
    return beginOperation({ transport, patience: patient, clock, sleep, reached, observe, waits });
  };

  const subnetsFor = (api: Api, enis: readonly EniObject[]): Promise<Subnets> => {
    const { subnets: path, alone } = settings;
    return createSubnets({ path, alone, get: api.getSubnet })(enis.flatMap(subnetsOf));
  };

  /** Whether something is to be done may be told by what was heard; what is done is then decided by a provider that asks. */
  const look = async (api: Api): Promise<Look> => {
    const { enis, endpoints } = settings.heard?.() ?? (await together(`objects of ${node}`, () => ask(api)));
    return { enis, endpoints, subnets: await subnetsFor(api, enis) };
  };
  const ask = async (api: Api): Promise<Heard> => {
    const [enis, endpoints] = await Promise.all([api.listEnis(node), api.listEndpoints(node)]);
    return { enis, endpoints };
  };

  // An allocate or a release mostly follows a list at once, and need not ask for the same again.
  let recent: Look | undefined;
  const operation = (): Operation => {
    const api = begin();
    const seen = recent;
    recent = undefined;
    return { api, node, clock, look: () => look(api), recent: seen };
  };

  const assigning = (): Assigning => {
    const api = begin();
    const enis = async (): Promise<readonly EniObject[]> => settings.heard?.()?.enis ?? api.listEnis(node);
    return { api, node, clock, enis, subnetsOf: (of) => subnetsFor(api, of) };
  };

  const see = async (): Promise<readonly Seen[]> => {
    recent = await look(begin());
    return view(recent);
  };

  return {
    name: 'kubernetes',
    list: async () => (await see()).map(({ provided }) => provided),
    allocate: async (endpoint, candidates, { netns } = {}) =>
      allocate(operation(), { ...endpointOf(endpoint), ...(netns === undefined ? {} : { netns }) }, candidates),
    async release(endpoint, { after } = {}) {
      await after;
      await release(operation(), endpoint);
    },

    registry: {
      withdrawals: async () => withdrawals(operation()),
      fateOf: async (endpoint) => fateOf(operation(), endpoint),
      enis: (of) => listRecorded(begin, of),
      async warn(endpoint, warning) {
        const event = eventOf(endpoint, warning, node, clock());
        if (event !== undefined) await tell(begin(EVENT_PATIENCE), event);
      },
    },
    evictor: { evict: async (endpoint) => evict(operation(), endpoint) },

    assignments: {
      list: async () => listAssigned(assigning()),
      find: async (id) => findAssigned(assigning(), id),
      report: async (id, ready) => report(assigning(), id, ready),
    },

    async health() {
      try {
        const enis = await see();
        const fault = enis.find((each) => each.fault !== null && each.provided.holder === null)?.fault;
        if (fault) return { ok: false, message: asClause(fault) };
        if (enis.length === 0) return { ok: false, message: `the cluster has no ENI for pods on node ${node}` };
        return { ok: true, message: enis.length === 1 ? '1 ENI is known' : `${enis.length} ENIs are known` };
      } catch (thrown) {
        if (!(thrown instanceof EnimError)) throw thrown;
        const hint = thrown.hint === undefined ? {} : { hint: thrown.hint };
        return { ok: false, message: asClause(messageOf(thrown)), ...hint };
      }
    },
  };
}

/** For one who has just waited in vain: what a del or a gc asks for adds up. */
function short({ total, request }: Patience): Patience {
  return { total: total / 10, request: Math.min(request, total / 10) };
}

function asClause(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
