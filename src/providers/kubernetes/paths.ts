/** Where the objects of a node are. Pure. */
import { GROUP, NODE_LABEL } from './wire.js';

export const V2 = `/apis/${GROUP}/v2`;

/** What is listed and watched of a node. */
export type NodeResource = 'enis' | 'cceendpoints';

/** Those that bear the node's label; the path has a query, to which more can be added. */
export function pathOfNode(resource: NodeResource, node: string): string {
  return `${V2}/${resource}?labelSelector=${encodeURIComponent(`${NODE_LABEL}=${node}`)}`;
}
