/** What a check finds. Pure. */

/** What the checks are about; stable, printed in `--json`. */
export type CheckName =
  | 'settings'
  | 'state'
  | 'unfinished'
  | 'directory'
  | 'lock'
  | 'program'
  | 'permissions'
  | 'cordon'
  | 'eni'
  | 'mac'
  | 'netns'
  | 'agent'
  | 'udev'
  | 'rp_filter'
  | 'clock';

/** `ok`: in order. `warning`: works, but may not for long. `problem`: does not work, or somebody lacks something. */
export type Level = 'ok' | 'warning' | 'problem';

/** One thing that was looked at. */
export interface Finding {
  readonly check: CheckName;
  readonly level: Level;
  /** What it is about: a path, an ENI, a program. */
  readonly subject: string;
  /** What was seen, as a clause. */
  readonly evidence: string;
  /** What comes of it; null if it is in order. */
  readonly consequence: string | null;
  /** The command that mends it, or shows what a human has to decide (in a comment behind it); null if it is in order. */
  readonly mend: string | null;
  /** Whether `enim doctor --fix` mends it. */
  readonly fixable: boolean;
}

/** What comes of it, and what to do. */
interface Trouble {
  readonly evidence: string;
  readonly consequence: string;
  readonly mend: string;
  readonly fixable?: boolean;
}

export function inOrder(check: CheckName, subject: string, evidence: string): Finding {
  return { check, level: 'ok', subject, evidence, consequence: null, mend: null, fixable: false };
}

export function warning(check: CheckName, subject: string, trouble: Trouble): Finding {
  return finding('warning', check, subject, trouble);
}

export function problem(check: CheckName, subject: string, trouble: Trouble): Finding {
  return finding('problem', check, subject, trouble);
}

function finding(
  level: Level,
  check: CheckName,
  subject: string,
  { evidence, consequence, mend, fixable = false }: Trouble,
): Finding {
  return { check, level, subject, evidence, consequence, mend, fixable };
}
