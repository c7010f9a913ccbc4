/** Which commit the program is made of. Git alone is asked: no clock and no name of a machine gets into a build. */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

/**
 * @param root the checkout
 * @param sources what the program is made of, below the checkout; nothing else counts as a change
 * @returns `{ commit, date, modified }`; null if the directory is no checkout of its own, as one that was unpacked from an archive
 */
export function findRevision(root, sources) {
  // A directory that lies in somebody else's repository has nothing of that one's commits.
  const top = git(root, 'rev-parse', '--show-toplevel');
  if (top === undefined || realpathSync(top) !== realpathSync(root)) return null;
  const head = git(root, 'log', '-1', '--format=%H %ct');
  if (head === undefined) return null;
  const [commit, seconds] = head.split(' ');
  const changes = git(root, 'status', '--porcelain', '--', ...sources);
  return { commit, date: `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`, modified: changes !== '' };
}

/** What git printed, without the last line's end; undefined if it failed. */
function git(root, ...args) {
  // Other builds and the user's own git must not meet a lock of ours.
  const { status, stdout } = spawnSync('git', ['--no-optional-locks', ...args], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trimEnd() : undefined;
}
