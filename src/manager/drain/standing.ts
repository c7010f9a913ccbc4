/** How an ENI stands towards the end of a drain: proved to be home, or what is missing for that. Pure. */
import { type Attachment, BY_HAND, type Endpoint, type NetnsRef } from '../../model/attachment.js';
import type { Eni } from '../../model/eni.js';
import { type Label, parseLabel } from '../../model/label.js';
import type { Link } from '../../model/link.js';
import type { Collected } from '../gc/finding.js';
import type { Known } from '../known.js';
import type { Whereabouts } from '../locate.js';
import { describe } from '../verdict.js';

/**
 * `home`: its NIC was looked at, is at home and as it should be, and nobody holds the ENI. `used`: a pod has it. `by-hand`: it is held
 * by hand, or by another agent. `releasing`: on its way home. `orphan`: its pod is gone, or nothing says whose it is. `missing`: no
 * device. `unrestored`: at home, but not as it should be. `unclear`: several links could be it.
 */
export type StandingState = 'home' | 'used' | 'by-hand' | 'releasing' | 'orphan' | 'missing' | 'unrestored' | 'unclear';

/** One ENI, as printed by `enim drain --json`. */
export interface Standing {
  readonly eni: string;
  readonly mac: string;
  readonly state: StandingState;
  /** Where its NIC is; `netns` is null at home. Null if there is none, or it is not clear which. */
  readonly link: { readonly name: string; readonly netns: string | null } | null;
  /** Who holds it; null if nobody does. */
  readonly holder: Pick<Endpoint, 'owner' | 'network' | 'containerID' | 'ifname'> | null;
  /** What was seen, as a clause. */
  readonly reason: string;
}

/**
 * Judges one ENI.
 *
 * @param verdict of gc, if it had anything to say of the ENI a moment ago
 */
export function judgeStanding(
  { eni, holder, attachment }: Known,
  where: Whereabouts,
  verdict: Collected | undefined,
): Standing {
  const held = attachment ?? holder;
  const stands = (state: StandingState, reason: string): Standing => ({
    ...{ eni: eni.id, mac: eni.mac, state, link: linkOf(where) },
    ...{ holder: held === null ? null : keyAndOwner(held), reason },
  });
  const seen = verdict === undefined ? describe(where) : sayVerdict(verdict);
  if (attachment !== undefined) return stands(stateHeld(attachment, where, verdict), seen);
  if (holder?.network === BY_HAND) return stands('by-hand', seen);
  if (holder !== null) return stands('orphan', verdict === undefined ? `nothing is recorded; ${seen}` : seen);
  switch (where.at) {
    case 'unclear':
      return stands('unclear', seen);
    case 'nowhere':
      return stands('missing', where.misplaced ?? `no device with MAC ${eni.mac} is to be seen on this node`);
    case 'netns':
      return stands('orphan', seen);
    case 'home': {
      const fault = faultAtHome(where.link, eni);
      return fault === null ? stands('home', describe(where)) : stands('unrestored', `NIC is home, but ${fault}`);
    }
  }
}

/** Of a NIC in a netns whose label speaks of an ENI that neither the provider nor a record knows. */
export function judgeStray({ path }: NetnsRef, { name, permanentMac }: Link, { eni, endpoint }: Label): Standing {
  const whose = endpoint === null ? 'by enim' : `for ${endpoint.owner}`;
  const reason = `NIC is in ${path} as ${name}, labelled ${whose}, and neither provider nor record knows of it`;
  const hint = endpoint === null ? '' : `: enim del ${endpoint.owner} --netns ${path}`;
  return {
    ...{ eni, mac: permanentMac, state: 'orphan', link: { name, netns: path }, holder: null },
    reason: `${reason}${hint}`,
  };
}

/** Whether it is proved that its NIC is home, restored, and held by nobody. */
export function isHome({ state }: Standing): boolean {
  return state === 'home';
}

function stateHeld(attachment: Attachment, where: Whereabouts, verdict: Collected | undefined): StandingState {
  if (where.at === 'unclear') return 'unclear';
  if (attachment.phase === 'releasing') return 'releasing';
  if (verdict?.action === 'reclaim') return 'orphan';
  return where.at === 'nowhere' ? 'missing' : 'used';
}

/** Why a NIC at home is not as one that nobody has; null if it is. */
function faultAtHome({ name, alias, mac }: Link, eni: Eni): string | null {
  const label = parseLabel(alias);
  if (label !== undefined) return `it still carries the label of ${label.endpoint?.owner ?? 'a pod'}`;
  if (mac !== eni.mac) return `its MAC is ${mac}, not ${eni.mac}`;
  if (eni.ifname !== null && name !== eni.ifname) return `its name is ${name}, not ${eni.ifname}`;
  return null;
}

function sayVerdict({ action, reason, error }: Collected): string {
  return error !== null && action === 'reclaim' ? `${reason}; FAILED: ${error}` : reason;
}

function linkOf(where: Whereabouts): Standing['link'] {
  if (!('link' in where)) return null;
  return { name: where.link.name, netns: where.at === 'netns' ? where.netns.path : null };
}

function keyAndOwner({ owner, network, containerID, ifname }: Endpoint): Standing['holder'] {
  return { owner, network, containerID, ifname };
}
