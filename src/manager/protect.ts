/**
 * Why a link at home must not be taken: the node's own connectivity is sacred. Pure. Each reason is a clause that can follow
 * "it": "it carries the default route".
 */
import type { NodeUse } from '../link/driver.js';
import type { Link } from '../model/link.js';

/**
 * The reasons against taking `link`; none means that it is spare.
 *
 * @param ownAddresses the addresses that the inventory gives to this ENI, with prefix lengths; those are no reason
 */
export function protections(link: Link, use: NodeUse, ownAddresses: readonly string[]): string[] {
  const own = new Set(ownAddresses);
  const foreign = link.addresses
    .filter(({ address, scope }) => scope !== 'link' && !own.has(address))
    .map(({ address }) => address);
  const tables = use.defaultRoutes.filter(({ dev }) => sitsOn(dev, link.name, use)).map(({ table }) => table);
  const reasons: string[] = [];
  if (tables.length > 0) {
    reasons.push(
      tables.includes('main') ? 'it carries the default route' : `it carries the default route of table ${tables[0]}`,
    );
  }
  if (use.sshDevice !== null && sitsOn(use.sshDevice, link.name, use))
    reasons.push('the SSH session that enim runs in goes through it');
  if (link.master !== null) reasons.push(`it is a member of ${link.master}`);
  if (foreign.length > 0) reasons.push(`it has host addresses that are not the inventory’s: ${foreign.join(', ')}`);
  // It is moved by index ("if7"), which cannot race with udev's renaming; but `ip` would take a name that reads so first.
  if (link.name !== `if${link.ifindex}` && use.names.has(`if${link.ifindex}`)) {
    reasons.push(`another link is named if${link.ifindex}, which is how iproute2 calls this one by its index`);
  }
  return reasons;
}

/** Whether `dev` is the link of this name, or stands on it, however many links are between. */
function sitsOn(dev: string, name: string, use: NodeUse): boolean {
  const passed = new Set<string>();
  for (let at: string | undefined = dev; at !== undefined && !passed.has(at); at = use.lowers.get(at)) {
    if (at === name) return true;
    passed.add(at);
  }
  return false;
}
