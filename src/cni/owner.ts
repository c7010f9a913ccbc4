/** Who asks: the pod, where the runtime says so, else something that is the same at every call for the container. Pure. */
import { EnimError } from '../model/errors.js';
import { isOwner, type Owner } from '../model/names.js';
import type { CniCall } from './call.js';

/**
 * kubelet's runtime names namespace, name and UID; podman only a name, and `ctr` nothing: then the network stands for the namespace,
 * and the container ID for the name.
 *
 * @throws EnimError INVALID_ENVIRONMENT
 */
export function ownerOf(
  { args, containerID }: Pick<CniCall, 'args' | 'containerID'>,
  network: { readonly name: string },
): { readonly owner: Owner; readonly uid: string | null } {
  const owner = `${args.namespace ?? asWord(network.name)}/${asWord(args.name ?? containerID)}`;
  if (isOwner(owner)) return { owner, uid: args.uid };
  throw new EnimError(
    'INVALID_ENVIRONMENT',
    `CNI_ARGS name the pod ${JSON.stringify(owner)} (K8S_POD_NAMESPACE, K8S_POD_NAME), which is not NAMESPACE/NAME.`,
    { hint: 'use names as Kubernetes has them' },
  );
}

/** An ID, and podman's name of a container, may end in a character that a name of Kubernetes may not, and be longer. */
function asWord(id: string): string {
  return id.slice(0, 253).replace(/[._-]+$/, '');
}
