/** The directories of state and locks: there, writable for us and for nobody else. */
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';
import { octal } from './settings.js';

/** Of the directories that enim makes. */
export const DIRECTORY_MODE = 0o700;

/** Less than this is a full disk: the next state file may not fit. */
const LEAST_FREE = 1_000_000;

export function checkDirectories(patient: Patient): readonly Finding[] {
  return [...checkDirectory(patient, patient.stateDir), ...checkDirectory(patient, patient.runDir)];
}

function checkDirectory({ host }: Patient, path: string): Finding[] {
  const entry = host.look(path);
  if (entry === undefined) {
    return [
      warning('directory', path, {
        evidence: 'it does not exist',
        consequence: 'none, if the first command that needs it can make it',
        mend: `mkdir -p -m 0700 ${path}`,
        fixable: true,
      }),
    ];
  }
  if (entry.kind !== 'directory') {
    return [
      problem('directory', path, {
        evidence: 'it is no directory',
        consequence: 'enim can record nothing, so add and del fail',
        mend: mendNone(path),
      }),
    ];
  }
  const mode = octal(entry.mode);
  const troubles: Finding[] = [];
  if (entry.unwritable !== null) {
    troubles.push(
      problem('directory', path, {
        evidence: `it cannot be written to (${entry.unwritable}; mode ${mode})`,
        consequence: 'enim can record nothing, so add and del fail',
        mend: mendUnwritable(path, entry.unwritable, host.privileges().uid),
      }),
    );
  }
  if ((entry.mode & 0o022) !== 0) {
    troubles.push(
      problem('directory', path, {
        evidence: `others than its owner may write to it (mode ${mode})`,
        consequence: 'they can change who has which ENI',
        mend: `chmod go-w ${path}`,
      }),
    );
  }
  if (entry.free < LEAST_FREE && entry.unwritable !== 'EROFS') {
    troubles.push(
      problem('directory', path, {
        evidence: `its file system is full (${entry.free} bytes are free)`,
        consequence: 'enim can record nothing, so add and del fail',
        mend: `df -h ${path}`,
      }),
    );
  }
  return troubles.length > 0 ? troubles : [inOrder('directory', path, `writable, mode ${mode}`)];
}

/** What is no directory makes room for one. */
export function mendNone(path: string): string {
  return `mv ${path} ${path}.aside && mkdir -m 0700 ${path}`;
}

function mendUnwritable(path: string, errno: string, uid: number): string {
  if (errno === 'EROFS') return `mount -o remount,rw "$(findmnt -n -o TARGET -T ${path})"`;
  return uid === 0 ? `chown root ${path} && chmod 0700 ${path}` : 'sudo enim doctor';
}
