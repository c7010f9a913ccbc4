/**
 * The static provider: the node's ENIs stand in the settings, or are discovered by rules among its spare NICs. Who holds which is
 * kept in a ledger on the node, so it needs no cloud and no cluster.
 */
import type { Allocation, Allocations } from '../model/allocation.js';
import { endpointOf } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { Lasting } from '../model/lasting.js';
import { chooseFree, findHeld } from './choose.js';
import type { ProvidedEni, Provider } from './provider.js';

/**
 * Where the provider remembers who holds what. `update` is atomic across processes; changes are made in the order in which they are asked
 * for, those of the records of attachments included, and of what is asked for at once none without those before it.
 */
export interface Ledger {
  read(): Promise<Allocations>;
  update<T>(
    change: (allocations: Allocations) => { readonly allocations: Allocations; readonly result: T },
    lasting: Lasting,
  ): Promise<T>;
}

interface StaticSettings {
  /** The ENIs that the settings name, in their order. */
  readonly inventory: readonly Eni[];
  /** Looks for further ENIs at home by the rules of the settings; those that are away are remembered by the ledger. */
  readonly discover: () => Promise<readonly Eni[]>;
  readonly ledger: Ledger;
  readonly clock: () => Date;
}

/** Makes the provider; nothing is read yet. */
export function createStaticProvider({ inventory, discover, ledger, clock }: StaticSettings): Provider {
  const known = async (): Promise<readonly Eni[]> => {
    const macs = new Set(inventory.map(({ mac }) => mac));
    return [...inventory, ...(await discover()).filter(({ mac }) => !macs.has(mac))];
  };

  return {
    name: 'static',

    async list() {
      return join(await known(), await ledger.read());
    },

    async allocate(endpoint, candidates, { lasting = 'always' } = {}) {
      const enis = await known();
      return ledger.update((allocations) => {
        const provided = join(enis, allocations);
        const held = findHeld(provided, endpoint);
        if (held !== undefined) return { allocations, result: held.eni };
        const chosen = chooseFree(provided, candidates);
        if (chosen === undefined) throw noneLeft(provided);
        const entry: Allocation = {
          eni: chosen.eni,
          holder: endpointOf(endpoint),
          since: clock().toISOString(),
          releasedAt: chosen.releasedAt,
        };
        return { allocations: { ...allocations, [chosen.eni.id]: entry }, result: chosen.eni };
      }, lasting);
    },

    release: (endpoint, { lasting = 'always' } = {}) =>
      ledger.update((allocations) => {
        const held = findHeld(Object.values(allocations), endpoint);
        if (held === undefined) return { allocations, result: undefined };
        const entry: Allocation = { ...held, holder: null, since: null, releasedAt: clock().toISOString() };
        return { allocations: { ...allocations, [held.eni.id]: entry }, result: undefined };
      }, lasting),

    async health() {
      const enis = await known();
      if (enis.length > 0)
        return { ok: true, message: enis.length === 1 ? '1 ENI is known' : `${enis.length} ENIs are known` };
      return { ok: false, message: 'the settings name no ENIs, and none were discovered' };
    },
  };
}

/**
 * Every known ENI with its entry; behind them those that somebody holds although settings and discovery no longer show them. One that is
 * held under another ID is called as it was when it was given out, until it is given back: it is one NIC.
 */
function join(known: readonly Eni[], allocations: Allocations): ProvidedEni[] {
  const held = Object.values(allocations).filter(({ holder }) => holder !== null);
  const present = known.filter((eni) => !held.some((each) => each.eni.mac === eni.mac && each.eni.id !== eni.id));
  const ids = new Set(present.map(({ id }) => id));
  const entries = present.map((eni): ProvidedEni => {
    const entry = Object.hasOwn(allocations, eni.id) ? allocations[eni.id] : undefined;
    const { holder = null, since = null, releasedAt = null } = entry ?? {};
    return { eni, holder, since, releasedAt };
  });
  const remembered = held.filter(({ eni }) => !ids.has(eni.id));
  return [...entries, ...remembered];
}

function noneLeft(enis: readonly ProvidedEni[]): EnimError {
  const used = enis.filter(({ holder }) => holder !== null).length;
  return new EnimError('NO_FREE_ENI', `no ENI is free (${enis.length} known, ${used} of them held).`);
}
