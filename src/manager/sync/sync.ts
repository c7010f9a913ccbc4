/** Makes the node what its ENIs want: looks, plans, and carries it out. */
import type { LinkDriver, LinkWork } from '../../link/driver.js';
import type { SyncEni } from './eni.js';
import { sysctlPaths } from './nic.js';
import { type NodeView, planSync, type SyncPlan } from './plan.js';

/** @param links under a lock that keeps every other change of the node's ENIs away */
export async function sync(links: LinkWork, enis: readonly SyncEni[]): Promise<SyncPlan> {
  const plan = planSync(enis, await lookAround(links, enis));
  await links.arrange(plan.steps);
  return plan;
}

async function lookAround(links: LinkDriver, enis: readonly SyncEni[]): Promise<NodeView> {
  const home = await links.lookHome();
  const macs = new Set(enis.map(({ mac }) => mac));
  const nics = home.links.filter(({ permanentMac }) => macs.has(permanentMac)).map(({ name }) => name);
  const leading = home.use.defaultRoutes.map(({ dev }) => dev).filter((dev) => dev !== '');
  return { ...home, ...(await links.lookAtRouting(nics, sysctlPaths([...new Set([...nics, ...leading])]))) };
}
