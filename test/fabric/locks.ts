/** Somebody who holds one of enim's locks. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './exec.js';
import type { TestEni } from './inventory.js';
import type { Node } from './node.js';
import { eventually } from './poll.js';

/** A lock that is held until it is released, or the node's end. */
interface HeldLock {
  release(): Promise<void>;
}

/** Holds the lock that says whose an ENI is, which somebody must have had before. */
export async function holdLock(node: Node, eni: TestEni): Promise<HeldLock> {
  // Only the ENI's own lock has its ID in its name; attachments are named by network and container.
  const name = readdirSync(node.runDir).find((file) => file.includes(eni.id));
  if (name === undefined) throw new Error(`Nobody has had the lock of ${eni.id} yet.`);
  return holdLockOf(node, join(node.runDir, name));
}

/** Holds the lock of a file or a directory. */
export async function holdLockOf(node: Node, path: string): Promise<HeldLock> {
  // One process, with which the lock ends.
  const holder = node.start(['sh', '-c', 'exec 9<"$0" && flock 9 && exec sleep 3600', path], { timeout: 600_000 });
  await eventually(
    `that the lock of ${path} is held`,
    async () => (await run('flock', ['-n', path, 'true'])).code !== 0,
  );
  return {
    async release() {
      holder.kill('SIGKILL');
      await holder.result;
    },
  };
}
