import type { Attachment } from '../model/attachment.js';
import { type Eni, isSameNic } from '../model/eni.js';
import { EnimError } from '../model/errors.js';
import type { ProvidedEni } from '../providers/provider.js';
import type { Parts } from './parts.js';

/** An ENI that the provider or a record speaks of. */
export interface Known extends ProvidedEni {
  readonly attachment: Attachment | undefined;
}

/**
 * The provider's ENIs in its order, each with its record; behind them those that only a record still speaks of. One whose ID has changed
 * since it was given out is called as its record calls it. Pure.
 */
export function joinRecords(provided: readonly ProvidedEni[], attachments: readonly Attachment[]): Known[] {
  return [
    ...provided.map((each) => {
      const attachment = attachments.find(({ eni }) => isSameNic(eni, each.eni));
      return { ...each, eni: attachment?.eni ?? each.eni, attachment };
    }),
    ...attachments.filter(({ eni }) => !provided.some((each) => isSameNic(each.eni, eni))).map(unprovided),
  ];
}

function unprovided(attachment: Attachment): Known {
  return { eni: attachment.eni, holder: attachment, since: attachment.since, releasedAt: null, attachment };
}

/** @throws EnimError NOT_THERE if neither the provider nor a record speaks of an ENI with this ID */
export async function getKnown({ provider, store }: Parts, id: string): Promise<Eni> {
  const [provided, attachments] = await Promise.all([provider.list(), store.list()]);
  const known = [...attachments, ...provided].find(({ eni }) => eni.id === id);
  if (known !== undefined) return known.eni;
  throw new EnimError('NOT_THERE', `No ENI "${id}" is known.`, { hint: 'see the known ones: enim list --output name' });
}
