/** A provider as it was recorded: it says what it said then, and gives nothing out. */
import { findIn, give } from '../model/answer.js';
import { keyOf } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import type { Provider, Registry } from './provider.js';
import type { ProviderRecord } from './record.js';

/** @param refuse makes the error of what a record cannot do */
export function createRecordedProvider(record: ProviderRecord, refuse: () => EnimError): Provider {
  const refused = async (): Promise<never> => Promise.reject(refuse());
  return {
    name: record.name,
    list: async () => give(record.list),
    health: async () => give(record.health),
    allocate: refused,
    release: refused,
    ...(record.registry === null ? {} : { registry: registryOf(record.registry, refused) }),
  };
}

function registryOf(
  { withdrawals, fates, node: own, enis }: NonNullable<ProviderRecord['registry']>,
  refused: () => Promise<never>,
): Registry {
  return {
    withdrawals: async () => give(withdrawals),
    async fateOf(endpoint) {
      const fate = findIn(fates, keyOf(endpoint));
      return fate === undefined ? 'unknown' : give(fate);
    },
    async enis(node) {
      if (node !== null && node === own) return give(enis);
      throw new EnimError(
        'INVALID_ARGUMENT',
        `The bundle has the ENIs of its own node alone${own === null ? '' : `, ${own}`}.`,
        {
          hint: own === null ? 'leave --node and --all-nodes out' : `use --node ${own}`,
        },
      );
    },
    warn: refused,
  };
}
