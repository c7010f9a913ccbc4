/** DEL: brings home what the container holds. It comes more than once, late, and without a netns; all of that is success. */
import { del as detach } from '../manager/del.js';
import type { Named } from '../manager/successor.js';
import { isOwner, ownerName } from '../model/names.js';
import { delegate } from './delegation.js';
import { keyOf, type OpenTask } from './task.js';

/** Prints nothing. The NIC comes first: its addresses are nobody else's before it is home. */
export async function del(task: OpenTask): Promise<undefined> {
  const { call, context, log } = task;
  const returns = await detach(context.parts, {
    owner: null,
    ...keyOf(task),
    netns: call.netns === '' ? null : call.netns,
    named: namedBy(task),
  });
  for (const { attachment, restored, remaining } of returns) {
    if (restored.length > 0) log('info', `ENI ${attachment.eni.id} is home, and was changed back`, { restored });
    if (remaining.length > 0) log('warn', `ENI ${attachment.eni.id} is home, but not as it was`, { remaining });
  }
  await delegate(task, 'DEL');
}

/** An owner that is not allowed has nothing of ours, but may have what host-device gave it. */
function namedBy(task: OpenTask): Named | undefined {
  const { call, network } = task;
  if (network.device === null) return undefined;
  const of = (args: Parameters<typeof ownerName>[0]): string =>
    ownerName(args, { network: network.name, containerID: call.containerID });
  const named = of(call.args);
  const owner = isOwner(named) ? named : of({ namespace: null, name: null });
  return { device: network.device, endpoint: { ...keyOf(task), owner, uid: call.args.uid } };
}
