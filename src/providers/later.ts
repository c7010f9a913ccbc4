/** A provider that is only loaded when it is asked for something: what stands behind it may be heavy, and its name is known. */
import type { Assignments, Evictor, Provider, Registry } from './provider.js';

import type { Assignments, Evictor, Provider, Registry } from './provider.js';

export function later(name: string, load: () => Promise<Registering>): Provider {
  let loaded: Promise<Registering> | undefined;
  const provider = (): Promise<Registering> => {
    loaded ??= load();
    return loaded;
  };
  return {
    name,
    list: async () => (await provider()).list(),
    allocate: async (endpoint, candidates, netns) => (await provider()).allocate(endpoint, candidates, netns),
    release: async (endpoint) => (await provider()).release(endpoint),
    health: async () => (await provider()).health(),
    registry: {
      withdrawals: async () => (await provider()).registry.withdrawals(),
      fateOf: async (endpoint) => (await provider()).registry.fateOf(endpoint),
      enis: async (node) => (await provider()).registry.enis(node),
      warn: async (endpoint, warning) => (await provider()).registry.warn(endpoint, warning),
    },
import type { Assignments, Evictor, Provider, Registry } from './provider.js';
  };
}
