/**
 * Writing sysctls of another netns. /proc/sys/net shows the netns of whoever opens it, so the writer has to be inside: our own
 * thread steps in and out again where the runtime lets us (setns), else `tee` does it.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { Programs } from '../exec.js';
import { failpoint } from '../failpoint.js';
import { libc } from '../libc.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Sysctls } from './configure.js';
import { commandIn, type Place } from './iproute2.js';

const CLONE_NEWNET = 0x40000000;

/**
 * Writes them in order.
 *
 * @throws EnimError LINK_FAILED
 */
export async function writeSysctls(
  { run }: Programs,
  netns: Exclude<Place, 'home'>,
  sysctls: readonly Sysctls[],
  keepOpen: readonly number[],
): Promise<void> {
  const calls = await libc();
  if (calls !== undefined) {
    stepIn(netns.path, calls.setns, () => {
      for (const { value, paths } of sysctls) for (const path of paths) write(path, value);
    });
    return;
  }
  for (const { value, paths } of sysctls) {
    const [program, args] = commandIn(netns, 'tee', paths);
    const { code, stderr } = await run(program, args, { input: value, keepOpen });
    if (code !== 0) throw unwritable(paths.join(', '), value, stderr.trim());
  }
}

/** Nothing may be awaited in there: whatever else this thread did would be done in the other netns. */
function stepIn(path: string, setns: (fd: number, type: number) => number, work: () => void): void {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const there = openSync(path, 'r');
    try {
      if (setns(there, CLONE_NEWNET) !== 0) {
        throw new EnimError('NOT_THERE', `The netns ${path} cannot be entered.`);
      }
      try {
        work();
      } finally {
        // Lost in a pod's netns we would mistake its links for those at home. What is on disk says what to do next.
        if (setns(home, CLONE_NEWNET) !== 0) process.kill(process.pid, 'SIGKILL');
      }
    } finally {
      closeSync(there);
    }
  } finally {
    closeSync(home);
  }
}

function write(path: string, value: string): void {
  failpoint('set', path);
  try {
    writeFileSync(path, value);
  } catch (thrown) {
    throw unwritable(path, value, errnoOf(thrown) ?? String(thrown));
  }
  failpoint('have set', path);
}

function unwritable(paths: string, value: string, reason: string): EnimError {
  return new EnimError('LINK_FAILED', `The sysctls ${paths} cannot be set to ${value}: ${reason}.`);
}
