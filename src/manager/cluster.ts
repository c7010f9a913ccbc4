/** The ENIs of other nodes, by the provider's records alone: their NICs are not ours to look at. */
import { EnimError } from '../model/errors.js';
import type { RecordedEni } from '../providers/provider.js';
import type { Parts } from './parts.js';

/** One ENI of some node, as printed by `enim list --all-nodes --json`. */
export interface ClusterEniView extends Pick<RecordedEni, 'id' | 'node' | 'mac' | 'state' | 'addresses' | 'note'> {
  readonly provider: string;
  readonly attachment: {
    readonly owner: string;
    readonly containerID: string;
    readonly ifname: string;
    readonly network: string;
    /** ISO 8601, UTC; null if it is not known. */
    readonly since: string | null;
  } | null;
}

/**
 * The ENIs of a node, of all nodes for null.
 *
 * @throws EnimError INVALID_ARGUMENT where the provider only knows this node
 */
export async function listCluster({ provider }: Parts, node: string | null): Promise<readonly ClusterEniView[]> {
  if (provider.registry === undefined) {
    throw new EnimError(
      'INVALID_ARGUMENT',
      `The provider ${provider.name} knows no other node than this one; kubernetes does.`,
      {
        hint: 'see what is here: enim list',
      },
    );
  }
  const enis = await provider.registry.enis(node);
  return enis.map(({ holder, since, ...rest }) => {
    const attachment =
      holder === null
        ? null
        : {
            ...{ owner: holder.owner, containerID: holder.containerID, ifname: holder.ifname },
            ...{ network: holder.network, since },
          };
    return { ...rest, provider: provider.name, attachment };
  });
}
