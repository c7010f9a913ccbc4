/**
 * How the kernel's scheduler sees the agent. Of many pods at once each is a process that begins and then waits for the agent, whose steps
 * are short; if it took its turn among them, the first NIC would move when most of them have begun.
 */
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Goes before processes of the usual priority. Whoever has started us with another has his reasons. */
export function takePrecedence(): void {
  if (getPriority() !== constants.priority.PRIORITY_NORMAL) return;
  try {
    // On Linux each thread has its own, and those that come later have that of whoever begins them.
    for (const thread of readdirSync('/proc/self/task'))
      setPriority(Number(thread), constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch {
    // Without CAP_SYS_NICE it is as fast as it can be.
  }
}
