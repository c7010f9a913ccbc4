/** Where the ENIs of a node come from, for whoever finds that it has none. */
import type { Provider } from '../providers/provider.js';

/** A command: it writes them, or, where somebody else makes them, shows those that are there. */
export function originOf({ registry }: Provider): string {
  return registry === undefined ? 'enim provider init' : 'enim list --all-nodes';
}
