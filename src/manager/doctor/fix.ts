/** Mends what can be mended without a human: nothing here takes anything from anybody alive. */
import { messageOf } from '../../model/errors.js';
import { gc } from '../gc/gc.js';
import { DIRECTORY_MODE } from './directories.js';
import { GRACE_MS } from './enis.js';
import type { Finding } from './finding.js';
import type { Patient } from './patient.js';
import { UNFINISHED_MS } from './state.js';

/** One thing that was tried. */
export interface Fixed {
  readonly subject: string;
  /** What was done, as a clause: "made, mode 0700". */
  readonly done: string;
  /** Why it failed; null if it did not. */
  readonly error: string | null;
}

/**
 * Mends what the findings say can be mended; goes on after a failure.
 *
 * @param signal ends it between two steps
 */
export async function fix(
  patient: Patient,
  findings: readonly Finding[],
  signal?: AbortSignal,
): Promise<readonly Fixed[]> {
  const wanted = (check: Finding['check']): string[] =>
    findings.filter((finding) => finding.fixable && finding.check === check).map(({ subject }) => subject);
  const fixed: Fixed[] = [];
  const attempt = async (subject: string, done: string, work: () => void | Promise<void>): Promise<void> => {
    const error = await Promise.resolve()
      .then(work)
      .then(() => null, messageOf);
    fixed.push({ subject, done, error });
  };
  for (const path of wanted('directory'))
    await attempt(path, 'made, mode 0700', () => patient.host.makeDirectory(path, DIRECTORY_MODE));
  for (const path of wanted('unfinished')) await attempt(path, 'removed', () => removeUnfinished(patient, path));
  for (const path of wanted('state')) {
    await attempt(path, 'replaced by the last good generation; the damaged one was kept', async () => {
      await patient.open().store.list();
    });
  }
  const enis = wanted('eni');
  // What a damaged state did not know only shows once it is replaced.
  if (enis.length > 0 || wanted('state').length > 0) fixed.push(...(await collect(patient, enis, signal)));
  return fixed;
}

/** Under the lock of all writers, so that it is nobody's who is just at it. */
async function removeUnfinished(patient: Patient, path: string): Promise<void> {
  const lock = await patient.open().locks.acquire('state');
  try {
    const entry = patient.host.look(path);
    if (entry === undefined || patient.clock().getTime() - entry.modified.getTime() <= UNFINISHED_MS) return;
    patient.host.removeFile(path);
  } finally {
    lock.release();
  }
}

async function collect(patient: Patient, enis: readonly string[], signal: AbortSignal | undefined): Promise<Fixed[]> {
  try {
    const collected = await gc(patient.open(), { dryRun: false, grace: GRACE_MS }, signal);
    return collected
      .filter(({ done, error }) => done || error !== null)
      .map(({ eni, action, reason, error }) => ({
        subject: eni ?? 'endpoint',
        done: `${action === 'repair' ? 'recorded again' : 'reclaimed'}: ${reason}`,
        error,
      }));
  } catch (thrown) {
    return [{ subject: enis.join(', ') || 'ENIs', done: 'reclaimed', error: messageOf(thrown) }];
  }
}
