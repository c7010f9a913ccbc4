/**
 * What the node must become for its ENIs: their NICs named, and for those whose addresses are for pods a table and rules, so that a
 * packet leaves by the NIC that has its source address. A NIC that the node itself needs, or that is not at home, is left alone.
 * Pure; what was done once is not planned again.
 */
import type { Routing, Step } from '../../link/arrange.js';
import type { HomeView, NodeUse } from '../../link/driver.js';
import type { Link } from '../../model/link.js';
import { identify } from '../identify.js';
import { protections } from '../protect.js';
import type { SyncEni } from './eni.js';
import { filterSteps, nicSteps } from './nic.js';
import { type AtHome, type Left, number } from './number.js';
import { ruleCommands } from './rules.js';
import { isOfEnis } from './table.js';

/** What is seen of the node. */
export type NodeView = HomeView & Routing;

/** What is to be done, and what comes of it. */
export interface SyncPlan {
  /** To be carried out in this order. */
  readonly steps: readonly Step[];
  readonly enis: readonly { readonly id: string; readonly index: number; readonly name: string }[];
  /** ENIs for which nothing is done, with a clause that says why. */
  readonly left: readonly Left[];
}

/** The plan for all ENIs of the node, each named once. */
export function planSync(enis: readonly SyncEni[], { links, use, routes, rules, sysctls }: NodeView): SyncPlan {
  const offsets = enis.map(({ routeTableOffset }) => routeTableOffset);
  const left: Left[] = [];
  const spare: AtHome[] = [];
  for (const eni of enis) {
    const found = findSpare(eni, links, withoutTablesOfEnis(use, offsets));
    if ('reason' in found) left.push(found);
    else spare.push(found);
  }
  const others = enis.filter(({ mode }) => mode !== 'PrimaryWithSecondaryIP');
  const { numbered, left: unnumbered } = number(spare, others, links);
  const secondary = numbered.filter(({ eni }) => eni.mode === 'Secondary');
  const steps = [
    ...(secondary.length === 0 ? [] : filterSteps(['all', ...mainDevices(use)], sysctls)),
    ...numbered.flatMap((each) => nicSteps(each, { routes, sysctls })),
    ...ruleCommands(secondary, enis, rules).map((ip) => ({ ip })),
  ];
  const known = new Set(left.map(({ id }) => id));
  return {
    steps,
    enis: numbered.map(({ eni: { id }, index, name }) => ({ id, index, name })),
    left: [...left, ...unnumbered.filter(({ id }) => !known.has(id))],
  };
}

function findSpare(eni: SyncEni, links: readonly Link[], use: NodeUse): AtHome | Left {
  const { id, mac, mode, addresses } = eni;
  if (mode === 'PrimaryWithSecondaryIP') return { id, reason: 'it is the main NIC of the node' };
  const [link, ...others] = identify(links, { id, mac, busAddress: null, ifindex: null });
  if (link === undefined) return { id, reason: 'its NIC is not at home' };
  if (others.length > 0) return { id, reason: `several links have its MAC ${mac}` };
  const refusals = protections(
    link,
    use,
    addresses.map(({ address }) => address),
  );
  return refusals.length > 0 ? { id, reason: refusals.join('; ') } : { eni, link };
}

/** That an ENI leads to everywhere by a table of its own makes it nothing that the node needs. */
function withoutTablesOfEnis(use: NodeUse, offsets: readonly number[]): NodeUse {
  return { ...use, defaultRoutes: use.defaultRoutes.filter(({ table }) => !isOfEnis(table, offsets)) };
}

function mainDevices({ defaultRoutes }: NodeUse): string[] {
  const main = defaultRoutes.filter(({ family, table, dev }) => family === 4 && table === 'main' && dev !== '');
  return [...new Set(main.map(({ dev }) => dev))];
}
