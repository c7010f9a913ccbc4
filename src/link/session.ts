/** Who carries the commands out: we ourselves where the runtime lets us speak to the kernel, else the program `ip`. */
import type { Programs } from '../exec.js';
import { libc } from '../libc.js';
import type { IpSession } from './ip.js';
import { openIproute2 } from './iproute2.js';
import { openNetlinkSession } from './netlink/netlink.js';

/** @param keepOpen descriptors that programs inherit: the locks of what is being changed */
export function openIp(programs: Programs, keepOpen: readonly number[]): IpSession {
  const program = openIproute2(programs, keepOpen);
  const calls = libc();
  return calls === undefined ? program : openNetlinkSession(calls, program);
}
