/** Looks at the NICs at home: what could be managed, and why the rest could not. */
import type { LinkDriver } from '../link/driver.js';
import type { Nic } from '../model/nic.js';
import { canBeEni } from './identify.js';
import { protections } from './protect.js';

/** All links at home that could be ENIs by their kind, with what speaks against each. */
export async function survey(links: LinkDriver): Promise<readonly Nic[]> {
  const home = await links.lookHome();
  return Promise.all(
    home.links
      .filter((link) => canBeEni(link) && link.mac !== '')
      .map(async (link) => ({ link, driver: await links.driverOf(link), refusals: protections(link, home.use, []) })),
  );
}
