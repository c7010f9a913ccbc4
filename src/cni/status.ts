/** STATUS: whether an ADD would find an ENI now (CNI specification 1.1.0: 50 if not, 51 if existing containers suffer, too). */
import { readiness } from '../manager/status.js';
import { EnimError } from '../model/errors.js';
import { delegate } from './delegation.js';
import type { OpenTask } from './task.js';

/**
 * Prints nothing where all is well.
 *
 * @throws EnimError UNAVAILABLE or LIMITED
 */
export async function status(task: OpenTask): Promise<undefined> {
  const { unavailable, hint, suffering } = await readiness(task.context.parts, task.network.name);
  if (unavailable !== null) {
    throw new EnimError(suffering.length === 0 ? 'UNAVAILABLE' : 'LIMITED', unavailable, {
      details: suffering,
      hint: hint ?? 'see who holds them, and reclaim what is dead: enim list; enim gc',
    });
  }
  await delegate(task, 'STATUS');
}
