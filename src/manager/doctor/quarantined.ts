/** ENIs that are given to nobody, and what has them given out again. Pure. */
import type { Link } from '../../model/link.js';
import type { Quarantine } from '../../model/quarantine.js';
import type { EniView } from '../list.js';
import { type Finding, problem, warning } from './finding.js';

/** One that a pod has, for as long as it wants. */
export function judgeDistrusted(id: string, { reason }: Quarantine): Finding {
  return warning('eni', id, {
    evidence: `it is in quarantine: ${reason}`,
    consequence: 'once it is given back, nobody is given it',
    mend: `enim provider restore ${id}`,
  });
}

/**
 * One that nobody has.
 *
 * @param grounds why it is quarantined
 * @param home the links at home that fit it
 * @param source the command that shows where it comes from
 */
export function judgeQuarantined(
  { id, mac, link }: EniView,
  grounds: string,
  {
    home,
    quarantine,
    source,
  }: { readonly home: readonly Link[]; readonly quarantine: Quarantine | null; readonly source: string },
): Finding {
  // Of several that fit, be it in one netns or in several, none counts as its NIC.
  if (link === null) {
    const look = home.length > 1 ? `ip -d link show dev ${home.at(-1)?.name}` : `enim where ${mac}`;
    return problem('eni', id, {
      evidence: grounds,
      consequence: 'nobody can use it, for nobody can tell which NIC it is',
      mend: `${look}  # remove what is no ENI, or give the ENI its pciAddress`,
    });
  }
  const isDead = home.some(({ carrier }) => carrier === false);
  return warning('eni', id, { evidence: grounds, consequence: 'it is not given out', mend: mendOf() });

  function mendOf(): string {
    if (isDead) return `ip -d link show dev ${link?.name}  # it is given out as soon as it has a carrier, or is down`;
    if (quarantine !== null) return `enim provider restore ${id}`;
    return `${source}  # if the node needs the NIC, it must be none of the ENIs for pods`;
  }
}
