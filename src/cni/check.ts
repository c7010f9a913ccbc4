/** CHECK: whether the container still has what its ADD answered, named by prevResult. */
import { check as compare, type Expectation } from '../manager/check.js';
import type { AttachmentKey } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import { delegate } from './delegation.js';
import type { Result } from './result.js';
import { keyOf, type OpenTask } from './task.js';

/**
 * Prints nothing where all is as it was.
 *
 * @throws EnimError CHECK_FAILED, naming everything that differs
 */
export async function check(task: OpenTask): Promise<undefined> {
  const { call, network, context } = task;
  const key = keyOf(task);
  const expected = expectationOf(network.prevResult, call.netns, call.ifname);
  refuseDifferences(key, await compare(context.parts, key, expected));
  await delegate(task, 'CHECK');
}

/** @throws EnimError CHECK_FAILED if there are any */
export function refuseDifferences({ containerID, ifname }: AttachmentKey, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new EnimError(
    'CHECK_FAILED',
    `${ifname} of container ${containerID} is not what its ADD answered: ${differences.join('; ')}.`,
    { hint: 'replace the pod, or repeat its ADD' },
  );
}

function expectationOf(prevResult: Result | null, netns: string, ifname: string): Expectation {
  if (prevResult === null)
    throw new EnimError('INVALID_CONFIG', 'The network configuration of a CHECK has no prevResult.', {
      hint: 'give it the result of the ADD',
    });
  const index = prevResult.interfaces.findIndex(({ name, sandbox }) => name === ifname && Boolean(sandbox));
  const own = prevResult.interfaces[index];
  if (own === undefined)
    throw new EnimError('CHECK_FAILED', `prevResult names no interface ${ifname} in a sandbox.`, {
      hint: 'give CHECK the result of the ADD',
    });
  return {
    ...{ netns, mac: own.mac?.toLowerCase() ?? null, mtu: own.mtu ?? null, routes: prevResult.routes },
    addresses: prevResult.ips.filter((ip) => (ip.interface ?? index) === index).map(({ address }) => address),
  };
}
