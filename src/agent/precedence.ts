/**
 * How the kernel's scheduler sees the agent. Of many pods at once each is a process that begins and then waits for the agent, whose steps
 * are short; if it took its turn among them, the first NIC would move when most of them have begun.
 */
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Goes before processes of the usual priority. Whoever has started us with another has his reasons. */
export function takePrecedence(): void {
  if (getPriority() !== constants.priority.PRIORITY_NORMAL) return;
  // On Linux each thread has its own, and those that come later have that of whoever begins them.
  for (const thread of readdirSync('/proc/self/task')) prefer(Number(thread));
}

function prefer(thread: number): void {
  try {
    setPriority(thread, constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch {
    // It has ended, or we lack CAP_SYS_NICE: then we are as fast as we can be.
  }
}
