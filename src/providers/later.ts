/** A provider that is only made when it is asked for something: what it takes may be heavy, and its name is known. */
import type { Assignments, Evictor, Provider, Registry } from './provider.js';

/** A provider with all that a cluster has to say and to be told. */
export type Registering = Provider & {
  readonly registry: Registry;
  readonly evictor: Evictor;
  readonly assignments: Assignments;
};

export function later(name: string, make: () => Promise<Registering>): Provider {
  let made: Promise<Registering> | undefined;
  const provider = (): Promise<Registering> => {
    made ??= make();
    return made;
  };
  return {
    name,
    list: async () => (await provider()).list(),
    allocate: async (endpoint, candidates, purpose) => (await provider()).allocate(endpoint, candidates, purpose),
    release: async (endpoint, options) => (await provider()).release(endpoint, options),
    health: async () => (await provider()).health(),
    registry: {
      withdrawals: async () => (await provider()).registry.withdrawals(),
      fateOf: async (endpoint) => (await provider()).registry.fateOf(endpoint),
      enis: async (node) => (await provider()).registry.enis(node),
      warn: async (endpoint, warning) => (await provider()).registry.warn(endpoint, warning),
    },
    evictor: { evict: async (endpoint) => (await provider()).evictor.evict(endpoint) },
    assignments: {
      list: async () => (await provider()).assignments.list(),
      find: async (id) => (await provider()).assignments.find(id),
      report: async (id, ready) => (await provider()).assignments.report(id, ready),
    },
  };
}
