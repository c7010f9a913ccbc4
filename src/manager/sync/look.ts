/** What is seen of the node before a plan is made. */
import type { LinkDriver } from '../../link/driver.js';
import type { SyncEni } from '../../model/sync.js';
import { sysctlPaths } from './nic.js';
import type { NodeView } from './plan.js';

/** @param whose ENIs whose NICs are looked at closely: their routes and sysctls */
export async function lookAround(
  links: LinkDriver,
  whose: readonly { readonly eni: Pick<SyncEni, 'mac'> }[],
): Promise<Omit<NodeView, 'reserved'>> {
  const home = await links.lookHome();
  const macs = new Set(whose.map(({ eni }) => eni.mac));
  const nics = home.links.filter(({ permanentMac }) => macs.has(permanentMac)).map(({ name }) => name);
  const leading = home.use.defaultRoutes.map(({ dev }) => dev).filter((dev) => dev !== '');
  const routing = await links.lookAtRouting(nics, sysctlPaths([...new Set([...nics, ...leading])]));
  return { ...home, ...routing };
}
