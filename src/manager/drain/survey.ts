/** One look at every ENI that the provider or a record speaks of, for a drain. */
import type { Collected } from '../gc/finding.js';
import { identityOf, identityOfAttachment } from '../identify.js';
import { joinRecords, type Known } from '../known.js';
import { locate, look } from '../locate.js';
import type { Parts } from '../parts.js';
import { judgeStanding, type Standing } from './standing.js';

/** @param verdicts what gc has just decided */
export async function surveyStandings(parts: Parts, verdicts: readonly Collected[]): Promise<readonly Standing[]> {
  // Who has given an ENI back has forgotten the record before he tells the provider: asked in this order, neither is missed.
  const attachments = await parts.store.list();
  const provided = await parts.provider.list();
  const machine = await look(parts);
  return Promise.all(
    joinRecords(provided, attachments).map(async (known: Known) => {
      const { eni, attachment } = known;
      const where =
        attachment === undefined
          ? await locate(machine, identityOf(eni), null)
          : await locate(machine, identityOfAttachment(attachment, parts.bootID), attachment.netns);
      return judgeStanding(
        known,
        where,
        verdicts.find((each) => each.eni === eni.id && !each.done),
      );
    }),
  );
}
