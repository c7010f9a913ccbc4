/**
 * The kernel sends the card of a dead pod home under the name that it had there, `eth0` say, which may be the name of another NIC at
 * home. Such a card can do without it, for it gets a name of its own when it is restored. Pure.
 */
import { parseLabel } from '../model/label.js';
import type { Link } from '../model/link.js';

/** The NIC on its way home that has the name which another link is to get, if it has a name to go to. */
export function findSquatter(links: readonly Link[], link: Link, name: string): Link | undefined {
  const others = links.filter(({ ifindex }) => ifindex !== link.ifindex);
  const squatter = others.find((other) => other.name === name && isOnItsWay(other));
  if (squatter === undefined) return undefined;
  const settled = others.filter((other) => !isOnItsWay(other));
  const target = parseLabel(squatter.alias)?.home ?? '';
  return settled.some((other) => other.name === target || other.altnames.includes(target)) ? undefined : squatter;
}

function isOnItsWay({ alias, name }: Link): boolean {
  const label = parseLabel(alias);
  return label !== undefined && label.home !== name;
}
