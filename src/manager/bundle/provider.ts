/** The provider's part of a bundle: all that it says of this node, and nothing of others. */
import { type Attachment, type Endpoint, keyOf, sameKey } from '../../model/attachment.js';
import { FILES } from '../../model/bundle.js';
import type { Provider, Registry } from '../../providers/provider.js';
import type { ProviderRecord } from '../../providers/record.js';
import type { Gatherer } from './gathered.js';

/** @param nodeName of this node in its cluster; only asked where there is one */
export async function gatherProvider(
  gatherer: Gatherer,
  provider: Provider,
  attachments: readonly Attachment[],
  nodeName: () => Promise<string>,
): Promise<ProviderRecord> {
  const { name, registry } = provider;
  const record: ProviderRecord = {
    name,
    list: await gatherer.ask(FILES.provider, () => provider.list()),
    health: await gatherer.ask(FILES.provider, () => provider.health()),
    registry: registry === undefined ? null : await askRegistry(gatherer, registry, attachments, nodeName),
  };
  gatherer.put(FILES.provider, record);
  return record;
}

async function askRegistry(
  gatherer: Gatherer,
  registry: Registry,
  attachments: readonly Attachment[],
  nodeName: () => Promise<string>,
): Promise<NonNullable<ProviderRecord['registry']>> {
  const withdrawals = await gatherer.ask(FILES.provider, () => registry.withdrawals());
  const node = await gatherer.ask(FILES.provider, nodeName);
  const enis = await gatherer.ask(FILES.provider, async () => registry.enis(await nodeName()));
  const endpoints = 'value' in withdrawals ? withdrawals.value.map(({ endpoint }) => endpoint) : [];
  const fates = endpoints.map(async (endpoint) => {
    // A record knows a UID that the provider may have lost.
    const asked: Endpoint = attachments.find((each) => sameKey(each, endpoint)) ?? endpoint;
    return [keyOf(endpoint), await gatherer.ask(FILES.provider, () => registry.fateOf(asked))] as const;
  });
  return { withdrawals, fates: await Promise.all(fates), node: 'value' in node ? node.value : null, enis };
}
