/** ENIs and nodes for the tests of sync: whole and valid, each field to be overridden. */
import type { Step } from '../../../src/link/arrange.js';
import type { NodeView, SyncPlan } from '../../../src/manager/sync/plan.js';
import { type Link, type LinkRoute, namesOf } from '../../../src/model/link.js';
import type { Rule } from '../../../src/model/rule.js';
import type { SyncAddress, SyncEni } from '../../../src/model/sync.js';
import { macOf, sampleLink } from '../../model/samples.js';

/** An ENI in Secondary mode, numbered: `eni-3` has 10.0.3.10/24 and the gateway 10.0.3.1. */
export function sampleSyncEni(number: number, overrides: Partial<SyncEni> = {}): SyncEni {
  return {
    ...{ id: `eni-${number}`, mac: macOf(number), mode: 'Secondary', routeTableOffset: 127, index: null },
    addresses: [sampleSyncAddress(`10.0.${number}.10/24`)],
    gateways: [`10.0.${number}.1`],
    installSourceBasedRouting: true,
    ...{ excluded: null, fault: null },
    ...overrides,
  };
}

export function sampleSyncAddress(address: string, overrides: Partial<SyncAddress> = {}): SyncAddress {
  return { address, isPrimary: true, publicIP: null, ...overrides };
}

/** All that a plan wants done, in its order. */
export function stepsOf({ node, enis, stale }: SyncPlan): Step[] {
  return [...node, ...enis.flatMap(({ steps }) => steps), ...stale.map(({ step }) => step)];
}

/** The NIC of a sample ENI, at home. */
export function nicOf(number: number, overrides: Partial<Link> = {}): Link {
  return sampleLink({ ifindex: number + 1, name: `eth${number}`, mac: macOf(number), ...overrides });
}

/** A node with just these links, no routes and no rules but those that every node has. */
export function sampleNode(links: readonly Link[], overrides: Partial<Omit<NodeView, 'use' | 'links'>> = {}): NodeView {
  return {
    links,
    use: {
      defaultRoutes: [],
      sshDevice: null,
      names: namesOf(links),
      lowers: new Map(),
    },
    routes: [],
    rules: [sampleRule({ priority: 32766, table: 'main' })],
    sysctls: new Map(),
    reserved: new Set(),
    ...overrides,
  };
}

export function sampleRule(overrides: Partial<Rule> = {}): Rule {
  return { family: 4, priority: 1152, from: null, to: null, table: '127', isSpecial: false, ...overrides };
}

export function sampleRoute(overrides: Partial<LinkRoute> = {}): LinkRoute {
  return {
    ...{ dst: 'default', family: 4, gateway: '10.0.0.1', dev: 'eth0', table: 'main', metric: null },
    ...{ scope: null, prefsrc: null, protocol: null, weight: null },
    ...overrides,
  };
}
