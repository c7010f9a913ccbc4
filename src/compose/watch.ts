/** The composition root of an agent's watch of its cluster. Apart from the provider: the CNI plugin has that one, and needs none. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observe } from '../model/observation.js';
import { createNodeWatch, type NodeWatch } from '../providers/kubernetes/watch/watch.js';
import type { News } from '../providers/provider.js';
import { connectTo, type NodeParts, nodeNameOf } from './cluster.js';

/** A watch of what the cluster of the settings has for this node; nothing is asked yet. */
export async function createWatch(
  { env, settings }: Pick<NodeParts, 'env' | 'settings'>,
  observe: Observe,
  onNews: (news: News) => void,
): Promise<NodeWatch> {
  const node = await nodeNameOf({ env, settings });
  const { kubeconfig } = settings.kubernetes;
  return createNodeWatch({
    connect: () => connectTo({ kubeconfig, env }),
    ...{ node, observe, onNews, random: Math.random },
    clock: () => new Date(),
    now: () => performance.now(),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
  });
}
