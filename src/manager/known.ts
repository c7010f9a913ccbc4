import type { Attachment } from '../model/attachment.js';
import type { ProvidedEni } from '../providers/provider.js';

/** An ENI that the provider or a record speaks of. */
export interface Known extends ProvidedEni {
  readonly attachment: Attachment | undefined;
}

/** The provider's ENIs in its order, each with its record; behind them those that only a record still speaks of. Pure. */
export function joinRecords(provided: readonly ProvidedEni[], attachments: readonly Attachment[]): Known[] {
  const ids = new Set(provided.map(({ eni }) => eni.id));
  return [
    ...provided.map((each) => ({ ...each, attachment: attachments.find(({ eni }) => eni.id === each.eni.id) })),
    ...attachments.filter(({ eni }) => !ids.has(eni.id)).map(unprovided),
  ];
}

function unprovided(attachment: Attachment): Known {
  return { eni: attachment.eni, holder: attachment, since: attachment.since, releasedAt: null, attachment };
}
