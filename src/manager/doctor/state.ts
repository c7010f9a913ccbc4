/** The state file: readable, whole, and without leftovers of damage and of killed writers. */
import { dirname } from 'node:path';
import { formatAge } from '../../model/duration.js';
import type { Generation, StateLook } from '../../store/inspect.js';
import { mendNone } from './directories.js';
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';
import { USE_THE_NEWER } from './readable.js';

/** A file that is older than this is no longer being written: a write takes milliseconds. */
export const UNFINISHED_MS = 3_600_000;

export function checkState({ inspectState, clock }: Patient): readonly Finding[] {
  const look = inspectState();
  return [judgePresent(look, clock()), ...judgePrevious(look), ...judgeKept(look), ...judgeUnfinished(look, clock())];
}

function judgePresent({ path, present, previous }: StateLook, now: Date): Finding {
  switch (present.kind) {
    case 'good':
      return judgeGood(path, present, now);
    case 'none':
      if (previous.kind === 'none') return inOrder('state', path, 'none yet: nothing was attached so far');
      return damaged(path, 'it is gone, although there is an earlier generation', previous);
    case 'damaged':
      return damaged(path, `it is damaged: ${present.reason}`, previous);
    case 'newer':
      return problem('state', path, {
        evidence: `it has version ${present.version}, which this enim does not know`,
        consequence: 'this enim refuses to work here',
        mend: USE_THE_NEWER,
      });
    case 'unreadable':
      return problem('state', path, {
        evidence: `it cannot be read (${present.errno})`,
        consequence: 'enim does not know who has which ENI, and changes nothing',
        mend: mendUnreadable(path, present.errno),
      });
  }
}

function mendUnreadable(path: string, errno: string): string {
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
      return 'sudo enim doctor';
    case 'ENOTDIR':
      return mendNone(dirname(path));
    case 'EISDIR':
      return `mv ${path} ${path}.aside`;
    default:
      return `dmesg; ls -l ${path}`;
  }
}

function judgeGood(
  path: string,
  { generation, written, attachments }: Extract<Generation, { kind: 'good' }>,
  now: Date,
): Finding {
  const age = now.getTime() - Date.parse(written);
  const count = attachments === 1 ? '1 attachment' : `${attachments} attachments`;
  const seen = `${count}, generation ${generation}`;
  if (age < -1_000) {
    return warning('state', path, {
      evidence: `${seen}, written in the future: ${written}`,
      consequence: 'ages are wrong, and so is the order in which ENIs are given out',
      mend: 'timedatectl set-ntp true',
    });
  }
  return inOrder('state', path, `${seen}, written ${formatAge(age)} ago`);
}

function damaged(path: string, evidence: string, previous: Generation): Finding {
  const kept =
    previous.kind === 'good'
      ? `the next command uses generation ${previous.generation} instead, which may lack the last change`
      : 'the next command starts from an empty state, and from what the labels on the NICs say';
  return problem('state', path, { evidence, consequence: kept, mend: 'enim list && enim gc', fixable: true });
}

function judgePrevious({ present, previous, previousPath }: StateLook): Finding[] {
  if (present.kind !== 'good' || (previous.kind !== 'damaged' && previous.kind !== 'unreadable')) return [];
  return [
    warning('state', previousPath, {
      evidence: previous.kind === 'damaged' ? `it is damaged: ${previous.reason}` : `unreadable (${previous.errno})`,
      consequence: 'there is no earlier generation to fall back on until the next change',
      mend: `mv ${previousPath} ${previousPath.replace(/\.json$/, '.damaged-seen.json')}`,
    }),
  ];
}

function judgeKept({ kept }: StateLook): Finding[] {
  return kept.map((path) =>
    warning('state', path, {
      evidence: 'a damaged state file that was set aside',
      consequence: 'what only it knew is not in the record',
      mend: `less ${path}; rm -i ${path}`,
    }),
  );
}

function judgeUnfinished({ unfinished }: StateLook, now: Date): Finding[] {
  return unfinished.flatMap(({ path, modified }) => {
    const age = now.getTime() - modified.getTime();
    if (age <= UNFINISHED_MS) return [];
    return warning('unfinished', path, {
      evidence: `left by a writer that was killed ${formatAge(age)} ago`,
      consequence: 'none but the space that it takes',
      mend: 'enim doctor --fix',
      fixable: true,
    });
  });
}
