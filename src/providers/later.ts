/** A provider that is only loaded when it is asked for something: what stands behind it may be heavy, and its name is known. */
import type { Provider } from './provider.js';

export function later(name: string, load: () => Promise<Provider>): Provider {
  let loaded: Promise<Provider> | undefined;
  const provider = (): Promise<Provider> => {
    loaded ??= load();
    return loaded;
  };
  return {
    name,
    list: async () => (await provider()).list(),
    allocate: async (endpoint, candidates) => (await provider()).allocate(endpoint, candidates),
    release: async (endpoint) => (await provider()).release(endpoint),
    health: async () => (await provider()).health(),
  };
}
