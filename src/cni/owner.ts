/** Who asks: the pod, where the runtime says so, else something that is the same at every call for the container. Pure. */
import { EnimError } from '../model/errors.js';
import { isOwner, type Owner, ownerName } from '../model/names.js';
import type { CniCall } from './call.js';

/** @throws EnimError INVALID_ENVIRONMENT if that is no owner that is allowed */
export function ownerOf(
  { args, containerID }: Pick<CniCall, 'args' | 'containerID'>,
  network: { readonly name: string },
): { readonly owner: Owner; readonly uid: string | null } {
  const owner = ownerName(args, { network: network.name, containerID });
  if (isOwner(owner)) return { owner, uid: args.uid };
  throw new EnimError(
    'INVALID_ENVIRONMENT',
    `CNI_ARGS name the pod ${JSON.stringify(owner)} (K8S_POD_NAMESPACE, K8S_POD_NAME), which is not NAMESPACE/NAME.`,
    { hint: 'use names as Kubernetes has them' },
  );
}
