/** One look at every ENI that the provider or a record speaks of, for a drain. */
import { parseLabel } from '../../model/label.js';
import type { Collected } from '../gc/finding.js';
import { identityOf, identityOfAttachment } from '../identify.js';
import { joinRecords, type Known } from '../known.js';
import { findAway, type Look, locate, look, recordedOf } from '../locate.js';
import type { Parts } from '../parts.js';
import { judgeStanding, judgeStray, type Standing } from './standing.js';

/** @param verdicts what gc has just decided */
export async function surveyStandings(parts: Parts, verdicts: readonly Collected[]): Promise<readonly Standing[]> {
  // Who has given an ENI back has forgotten the record before he tells the provider: asked in this order, neither is missed.
  const attachments = await parts.store.list();
  const provided = await parts.provider.list();
  const machine = look(parts);
  const all = joinRecords(provided, attachments);
  const standings = await Promise.all(
    all.map(async (known: Known) => {
      const { eni, attachment } = known;
      const where =
        attachment === undefined
          ? await locate(machine, identityOf(eni), recordedOf(known))
          : await locate(machine, identityOfAttachment(attachment, parts.bootID), attachment.netns);
      return judgeStanding(
        known,
        where,
        verdicts.find((each) => each.eni === eni.id && !each.done),
      );
    }),
  );
  return [...standings, ...(await findStrays(machine, all))];
}

/**
 * NICs that only their label still speaks of. Where ENIs are discovered at home, one in a pod is known by its record alone, and that may be
 * lost. Virtual devices do not count: a pod can make one and label it as it likes.
 */
async function findStrays(machine: Look, known: readonly Known[]): Promise<readonly Standing[]> {
  const ids = new Set(known.map(({ eni }) => eni.id));
  return (await findAway(machine)).flatMap(({ netns, link }): Standing[] => {
    const label = parseLabel(link.alias);
    return label === undefined || link.kind !== null || ids.has(label.eni) ? [] : [judgeStray(netns, link, label)];
  });
}
