/** Somebody who holds one of enim's locks. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../fabric/exec.js';
import type { TestEni } from '../fabric/inventory.js';
import type { Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';

/** Holds the lock that says whose an ENI is, which somebody must have had before; the node's end releases it, too. */
export async function holdLock(node: Node, eni: TestEni): Promise<{ release(): Promise<void> }> {
  // Only the ENI's own lock has its ID in its name; attachments are named by network and container.
  const name = readdirSync(node.runDir).find((file) => file.includes(eni.id));
  if (name === undefined) throw new Error(`Nobody has had the lock of ${eni.id} yet.`);
  const path = join(node.runDir, name);
  // One process, with which the lock ends.
  const holder = node.start(['sh', '-c', 'exec 9>>"$0" && flock 9 && exec sleep 3600', path], { timeout: 600_000 });
  await eventually(
    `that the lock of ${eni.id} is held`,
    async () => (await run('flock', ['-n', path, 'true'])).code !== 0,
  );
  return {
    async release() {
      holder.kill('SIGKILL');
      await holder.result;
    },
  };
}
