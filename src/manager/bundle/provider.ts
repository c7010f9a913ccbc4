/** The provider's part of a bundle: all that it says of this node, and nothing of others. */
import { type Answer, answerOf } from '../../model/answer.js';
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
  const list = await gatherer.ask(FILES.provider, () => provider.list());
  // Each question to a server that is away takes as long as enim is patient.
  const isAway = 'refusal' in list && list.refusal.code === 'API_UNREACHABLE';
  const ask: Ask = async (question) => (isAway ? list : gatherer.ask(FILES.provider, question));
  const record: ProviderRecord = {
    ...{ name, list, health: await ask(() => provider.health()) },
    registry: registry === undefined ? null : await askRegistry(ask, registry, attachments, nodeName),
  };
  gatherer.put(FILES.provider, record);
  return record;
}

type Ask = <T>(question: () => T | Promise<T>) => Promise<Answer<T>>;

async function askRegistry(
  ask: Ask,
  registry: Registry,
  attachments: readonly Attachment[],
  nodeName: () => Promise<string>,
): Promise<NonNullable<ProviderRecord['registry']>> {
  const withdrawals = await ask(() => registry.withdrawals());
  const node = await answerOf(nodeName);
  const enis = await ask(async () => registry.enis(await nodeName()));
  const endpoints = 'value' in withdrawals ? withdrawals.value.map(({ endpoint }) => endpoint) : [];
  const fates = endpoints.map(async (endpoint) => {
    // A record knows a UID that the provider may have lost.
    const asked: Endpoint = attachments.find((each) => sameKey(each, endpoint)) ?? endpoint;
    return [keyOf(endpoint), await ask(() => registry.fateOf(asked))] as const;
  });
  return { withdrawals, fates: await Promise.all(fates), node: 'value' in node ? node.value : null, enis };
}
