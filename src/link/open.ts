/** Who speaks to the kernel: we ourselves where the runtime lets us, else the program `ip`. */
import type { Programs } from '../exec.js';
import { libc } from '../libc.js';
import { openIproute2 } from './iproute2.js';
import type { Kernel } from './kernel.js';
import { openNetlink } from './netlink/netlink.js';
import { createGoingOn, waiting } from './netlink/wire.js';

/** One for the whole process, which is to know what it has ordered. */
const goingOn = createGoingOn();

/**
 * @param keepOpen descriptors that programs inherit: the locks of what is being changed
 * @param isConcurrent whether this process does several things at once
 */
export function openKernel(programs: Programs, keepOpen: readonly number[], isConcurrent: boolean): Kernel {
  const program = openIproute2(programs, keepOpen);
  const calls = libc();
  return calls === undefined ? program : openNetlink(calls, isConcurrent ? goingOn : waiting, program);
}
