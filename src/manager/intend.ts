/** What an add writes before it touches the NIC: whose it is from now on, and what it looked like. */
import type { HomeView } from '../link/driver.js';
import type { Attachment, Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import type { Link } from '../model/link.js';
import type { Setup } from '../model/setup.js';
import { notAtHome } from './allocate.js';
import { homeLook } from './homelook.js';
import { confirm, findLink, identityOf } from './identify.js';
import type { LockedParts } from './locked.js';

/** An ENI for an endpoint, and where its NIC is to go. */
export type Given = Pick<Attachment, keyof Endpoint | 'eni' | 'netns'>;

/** The ENI's NIC at home, and the names of all links there. */
interface AtHome {
  readonly link: Link;
  readonly names: ReadonlySet<string>;
}

/**
 * The record of what is about to be done, and the link that it is about.
 *
 * @param home as it was when the ENI was chosen
 * @throws EnimError LINK_LOST, AMBIGUOUS_LINK
 */
export async function intend(
  parts: LockedParts,
  given: Given,
  home: HomeView,
  setup: Setup,
): Promise<AtHome & { readonly attachment: Attachment }> {
  const { eni } = given;
  const { link, names } = await lookAgain(parts, home, eni);
  const attachment: Attachment = {
    ...given,
    role: 'main',
    setup,
    phase: 'attaching',
    since: parts.clock().toISOString(),
    bootID: parts.bootID,
    snapshot: homeLook(await parts.links.snapshot(link), eni),
  };
  return { attachment, link, names };
}

/** The ENI's NIC as it is now: whoever had it before may have been restoring it when it was chosen. */
async function lookAgain(parts: LockedParts, home: HomeView, eni: Eni): Promise<AtHome> {
  const identity = identityOf(eni);
  const before = findLink(home.links, identity);
  const now = before === undefined ? undefined : confirm(await parts.links.lookAt(`if${before.ifindex}`), identity);
  // That it was found by its index says that no other link is called so now.
  if (now !== undefined) return { link: now, names: home.use.names };
  const again = await parts.links.lookHome();
  const link = findLink(again.links, identity);
  if (link === undefined) throw notAtHome(eni);
  return { link, names: again.use.names };
}
