/** One agent at a time on a node. A kernel lock decides, not the socket, which a killed agent leaves behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnimError } from '../model/errors.js';
import type { Lock, Locks } from '../store/lock.js';

const NAME = 'agent';

/**
 * The lock of the only agent, to be held as long as it lives.
 *
 * @throws EnimError BUSY, saying who runs
 */
export async function beTheOnlyOne(locks: Locks, runDir: string): Promise<Lock> {
  try {
    return await locks.acquire(NAME);
  } catch (thrown) {
    if (!(thrown instanceof EnimError) || thrown.code !== 'BUSY') throw thrown;
    throw new EnimError('BUSY', `An agent runs on this node already: ${holderIn(runDir)}.`, {
      hint: 'leave it to that one; or end it by its PID, and start this one again',
    });
  }
}

function holderIn(runDir: string): string {
  try {
    return readFileSync(join(runDir, `${NAME}.lock`), 'utf8').trim() || 'an unknown process';
  } catch {
    return 'an unknown process';
  }
}
