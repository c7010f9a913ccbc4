/** What the verbs work on. */
import type { Context, Kept } from '../compose/context.js';
import type { Log } from '../log.js';
import type { AttachmentKey } from '../model/attachment.js';
import type { CniCall } from './call.js';
import type { Network } from './network.js';

/** A call that was read and is in order. */
export interface Task {
  readonly call: CniCall;
  readonly network: Network;
  readonly env: NodeJS.ProcessEnv;
  /** Name of our executable. */
  readonly program: string;
  readonly log: Log;
  /** Aborted when an ADD or a GC is to end between two steps. */
  readonly interruption: () => AbortSignal;
  readonly kept?: Kept | undefined;
  /** Hears that all is loaded, and that the work begins. */
  readonly loaded?: (() => void) | undefined;
}

/** A task with what it takes to carry it out. */
export interface OpenTask extends Task {
  readonly context: Context;
  /** The IPAM plugin that says how the NIC is set up; null where the ENI says it. */
  readonly ipam: string | null;
}

/** The attachment that the call is about. */
export function keyOf({ call, network }: Task): AttachmentKey {
  return { network: network.name, containerID: call.containerID, ifname: call.ifname };
}
