/** The locks: who has one now, since when, and whether that process can go on. */
import type { HeldLock, Host, Process } from '../../host/host.js';
import { formatAge } from '../../model/duration.js';
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';
import { CAP_SYS_PTRACE } from './permissions.js';

/** Longer than any operation takes whose programs answer. */
const LONG_MS = 60_000;

export function checkLocks({ host, runDir, clock, lockFileName }: Patient): readonly Finding[] {
  const held = host.heldLocks(runDir);
  if (held.length === 0) return [canSeeLocks(host) ? inOrder('lock', runDir, 'no lock is held') : unseen(host, runDir)];
  const lasting = `/${lockFileName('agent')}`;
  return held.map((lock) => judgeLock(lock, clock(), lock.path.endsWith(lasting)));
}

/** Whether what other users' processes have locked is seen. */
export function canSeeLocks(host: Host): boolean {
  return host.privileges().can(CAP_SYS_PTRACE);
}

function unseen(host: Host, runDir: string): Finding {
  return warning('lock', runDir, {
    evidence: 'we may not see who holds a lock',
    consequence: 'a lock that somebody holds too long is not found',
    mend: host.privileges().uid === 0 ? 'capsh --print  # it needs CAP_SYS_PTRACE' : 'sudo enim doctor',
  });
}

/**
 * Judges a lock that is held.
 *
 * @param isLasting whether it is held as long as its holder lives, and nobody waits for it
 */
function judgeLock({ path, sign, since, holders }: HeldLock, now: Date, isLasting: boolean): Finding {
  const signed = Number(/^pid (\d+)/.exec(sign)?.[1] ?? 0);
  const age = now.getTime() - since.getTime();
  const by = holders.find(({ pid }) => pid === signed) === undefined ? bySomebody(signed, sign, holders) : sign;
  const evidence = `held for ${formatAge(age)} by ${by}`;
  const stopped = holders.filter(({ state }) => state === 'T' || state === 't');
  if (stopped.length > 0 && stopped.length === holders.length) {
    const pids = stopped.map(({ pid }) => pid).join(' ');
    return problem('lock', path, {
      evidence: `${evidence}, which is stopped`,
      consequence: isLasting
        ? 'each call of the CNI plugin waits for the agent for a moment, and then does without'
        : 'whoever needs the lock waits, and then ends with exit code 5',
      mend: `kill -CONT ${pids}`,
    });
  }
  if (age > LONG_MS && !isLasting) {
    return warning('lock', path, {
      evidence,
      consequence: 'whoever needs the lock waits, and then ends with exit code 5',
      mend: `ps -o pid,stat,etime,wchan:20,args -p ${holders.map(({ pid }) => pid).join(',')}`,
    });
  }
  return inOrder('lock', path, evidence);
}

/** The one who signed has handed the lock on and gone, or nobody has signed. */
function bySomebody(signed: number, sign: string, holders: readonly Process[]): string {
  const named = holders.map(({ pid, name }) => `pid ${pid} (${name})`).join(', ');
  return signed === 0 ? named : `${named}, for ${sign}, which is gone`;
}
