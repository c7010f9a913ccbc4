/** What a provider of a cluster can tell besides: nothing, unless told. */
import type { Registry } from '../../src/providers/provider.js';

export function registryWith(overrides: Partial<Registry>): Registry {
  return {
    withdrawals: async () => [],
    fateOf: async () => 'unknown',
    enis: async () => [],
    warn: async () => undefined,
    ...overrides,
  };
}
