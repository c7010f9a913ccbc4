/** Passing a call on to the IPAM plugin that the network configuration names, with the same environment and configuration. */
import type { Delegation } from '../ipam/delegate.js';
import type { OpenTask } from './task.js';

/** @throws EnimError DELEGATE_FAILED, or what the plugin's own error means */
export async function delegate(
  { call, network, env, ipam, context }: OpenTask,
  command: Delegation['command'],
): Promise<unknown> {
  if (ipam === null) return undefined;
  return context.delegate({ command, type: ipam, path: call.path, env, network: network.raw });
}
