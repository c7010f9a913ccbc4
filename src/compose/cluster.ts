/** The composition root of the provider that speaks to a cluster; the client for that is loaded where the settings choose it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locations } from '../config/locations.js';
import type { Settings } from '../config/schema.js';
import type { Observe } from '../model/observation.js';
import type { Waits } from '../model/waiting.js';
import { createKubernetesProvider } from '../providers/kubernetes/provider.js';
import type { Access, Connect, Connection } from '../providers/kubernetes/transport.js';
import type { Heard } from '../providers/kubernetes/watch/watch.js';
import type { Registering } from '../providers/later.js';
import { alone, type Locks } from '../store/lock.js';
import { apart, type Together } from '../together.js';

/** Where the build puts src/cluster/connect.ts: into the executable, or beside this file. */
const CLUSTER = (): string => (typeof Bun === 'undefined' ? join(__dirname, 'cluster.cjs') : '/$bunfs/root/cluster.js');

/** Share of an operation's time that one request may take: what hangs is asked for again. */
const REQUEST_SHARE = 0.4;

/** What there is already. */
export interface NodeParts {
  readonly env: NodeJS.ProcessEnv;
  readonly settings: Settings;
  readonly locations: Locations;
  readonly locks: Locks;
  readonly clock: () => Date;
  readonly observe: Observe;
  readonly heard?: (() => Heard | undefined) | undefined;
  readonly waits: Waits | undefined;
  readonly together?: Together | undefined;
}

/**
 * The provider; nothing is asked yet.
 *
 * @param access to the cluster, other than the settings say
 */
export async function createKubernetes(
  { env, settings, locations, locks, clock, observe, waits, heard, together = apart }: NodeParts,
  access: Partial<Access> = {},
): Promise<Registering> {
  const node = await nodeNameOf({ env, settings });
  const { kubeconfig, timeout } = settings.kubernetes;
  return createKubernetesProvider({
    connect: () => connectTo({ kubeconfig, env, ...access }),
    node,
    subnets: join(locations.stateDir, 'subnets.json'),
    alone: (work) => alone(locks, 'subnets', work),
    clock,
    sleep,
    observe,
    heard,
    waits,
    // The settings may lead to another cluster by now.
    together: (what, ask) => together(`${what}, by ${JSON.stringify(settings.kubernetes)}`, ask),
    patience: { total: timeout, request: timeout * REQUEST_SHARE },
  });
}

/** Loads what speaks to a cluster. */
export function connectTo(access: Access): Connection {
  return (require(CLUSTER()) as { readonly connect: Connect }).connect(access);
}

/** Name of this node in the cluster. */
export async function nodeNameOf({ env, settings }: Pick<NodeParts, 'env' | 'settings'>): Promise<string> {
  return settings.kubernetes.nodeName ?? (env.NODE_NAME || (await import('node:os')).hostname().toLowerCase());
}
