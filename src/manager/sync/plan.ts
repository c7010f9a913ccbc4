/**
 * What the node must become for its ENIs: their NICs named, and for those whose addresses are for pods a table and rules, so that a
 * packet leaves by the NIC that has its source address. A NIC that the node itself needs, or that is not at home, is left alone.
 * Pure; what was done once is not planned again.
 */
import type { Routing, Step } from '../../link/arrange.js';
import type { HomeView, NodeUse } from '../../link/driver.js';
import { parseLabel } from '../../model/label.js';
import type { Link } from '../../model/link.js';
import type { ReadyNic, SyncEni } from '../../model/sync.js';
import { identify } from '../identify.js';
import { protections } from '../protect.js';
import { filterSteps, nicSteps } from './nic.js';
import { type AtHome, type Left, number } from './number.js';
import { missingRules, type StaleRule, staleRules } from './rules.js';
import { isOfEnis } from './table.js';

/** What is seen of the node. */
export interface NodeView extends HomeView, Routing {
  /** Names that NICs in pods come home under. */
  readonly reserved: ReadonlySet<string>;
}

/** What is to be done for one ENI, and what its NIC then is. */
export interface EniPlan extends ReadyNic {
  readonly id: string;
  /** As it is called now. */
  readonly link: Link;
  /** To be carried out in this order. */
  readonly steps: readonly Step[];
}

/** What is to be done, in this order. */
export interface SyncPlan {
  /** For all of them. */
  readonly node: readonly Step[];
  /** One after the other, for one may get a name that another one gives up. */
  readonly enis: readonly EniPlan[];
  readonly stale: readonly StaleRule[];
  /** ENIs for which nothing is done. */
  readonly left: readonly Left[];
}

/** The plan for all ENIs of the node, each named once. */
export function planSync(enis: readonly SyncEni[], view: NodeView): SyncPlan {
  const { links, use, routes, rules, sysctls, reserved } = view;
  const offsets = enis.map(({ routeTableOffset }) => routeTableOffset);
  const needed = withoutTablesOfEnis(use, offsets);
  const left: Left[] = [];
  const spare: AtHome[] = [];
  for (const eni of enis) {
    const found = findSpare(eni, links, needed);
    if ('reason' in found) left.push(found);
    else spare.push(found);
  }
  const others = enis.filter(({ mode }) => mode !== 'PrimaryWithSecondaryIP');
  const { numbered, left: unnumbered } = number(spare, others, links, reserved);
  const secondary = numbered.filter(({ eni }) => eni.mode === 'Secondary');
  const missing = missingRules(rules);
  const known = new Set(left.map(({ id }) => id));
  return {
    node: secondary.length === 0 ? [] : filterSteps(['all', ...mainDevices(use)], sysctls),
    enis: numbered.map((each) => {
      const { eni, link, index, name } = each;
      const ruling = eni.mode === 'Secondary' ? missing(each) : [];
      const steps = [...nicSteps(each, { routes, sysctls }), ...ruling.map((ip) => ({ ip }))];
      return { ...{ id: eni.id, index, name, ifindex: link.ifindex, link }, steps };
    }),
    stale: staleRules(secondary, enis, rules),
    left: [...left, ...unnumbered.filter(({ id }) => !known.has(id))],
  };
}

function findSpare(eni: SyncEni, links: readonly Link[], use: NodeUse): AtHome | Left {
  const { id, mac, mode, addresses, excluded, fault } = eni;
  if (excluded !== null) return { id, reason: excluded, isFault: false };
  if (mode === 'PrimaryWithSecondaryIP') return { id, reason: 'it is the main NIC of the node', isFault: false };
  if (fault !== null) return { id, reason: fault, isFault: true };
  const [link, ...others] = identify(links, { id, mac, busAddress: null, ifindex: null });
  if (link === undefined) return { id, reason: `no device with its MAC ${mac} is at home`, isFault: true };
  if (others.length > 0) {
    const names = [link, ...others].map(({ name }) => name).join(', ');
    return { id, reason: `several links have its MAC ${mac}: ${names}`, isFault: true };
  }
  // Its name at home is what whoever brings it home gives it.
  const label = parseLabel(link.alias);
  if (label !== undefined)
    return { id, reason: `its NIC ${link.name} still carries a label; enim gc finishes that`, isFault: false };
  const own = addresses.map(({ address }) => address);
  const refusals = protections(link, use, own);
  return refusals.length > 0 ? { id, reason: refusals.join('; '), isFault: true } : { eni, link };
}

/** That an ENI leads to everywhere by a table of its own makes it nothing that the node needs. */
function withoutTablesOfEnis(use: NodeUse, offsets: readonly number[]): NodeUse {
  return { ...use, defaultRoutes: use.defaultRoutes.filter(({ table }) => !isOfEnis(table, offsets)) };
}

function mainDevices({ defaultRoutes }: NodeUse): string[] {
  const main = defaultRoutes.filter(({ family, table, dev }) => family === 4 && table === 'main' && dev !== '');
  return [...new Set(main.map(({ dev }) => dev))];
}
