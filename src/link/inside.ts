/**
 * Writing sysctls of another netns. /proc/sys/net shows the netns of whoever opens it, so the writer has to be inside: our own
 * thread steps in and out again where the runtime lets us (setns), else `tee` does it.
 */
import { closeSync, writeFileSync } from 'node:fs';
import type { Programs } from '../exec.js';
import { failpoint } from '../failpoint.js';
import { libc } from '../libc.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Sysctls } from './configure.js';
import { openNetns, stepInto } from './enter.js';
import { commandIn } from './iproute2.js';
import type { Place } from './kernel.js';

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
  const calls = libc();
  if (calls !== undefined) {
    const fd = openNetns(netns);
    try {
      stepInto(fd, netns.path, calls.setns, () => {
        for (const { value, paths } of sysctls) for (const path of paths) writeSysctl(path, value);
      });
    } finally {
      closeSync(fd);
    }
    return;
  }
  for (const { value, paths } of sysctls) {
    const [program, args] = commandIn(netns, 'tee', paths);
    const { code, stderr } = await run(program, args, { input: value, keepOpen });
    if (code !== 0) throw unwritable(paths.join(', '), value, stderr.trim());
  }
}

/**
 * Writes one of the netns that we are in.
 *
 * @throws EnimError LINK_FAILED
 */
export function writeSysctl(path: string, value: string): void {
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
