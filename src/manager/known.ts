import type { Attachment } from '../model/attachment.js';
import { isSameNic } from '../model/eni.js';
import type { ProvidedEni } from '../providers/provider.js';

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
