/** The examination: all checks in order, each for itself, so that what one of them cannot see hides nothing from the others. */
import { EnimError } from '../../model/errors.js';
import { checkAgents } from './agents.js';
import { checkCordon } from './cordon.js';
import { checkDirectories } from './directories.js';
import { checkEnis, knownNics } from './enis.js';
import { type CheckName, type Finding, problem, warning } from './finding.js';
import { checkClock, checkReversePath } from './kernel.js';
import { checkLocks } from './locks.js';
import type { Patient } from './patient.js';
import { checkPermissions } from './permissions.js';
import { checkPrograms } from './programs.js';
import { mustBeReadable } from './readable.js';
import { checkSettings } from './settings.js';
import { checkState } from './state.js';
import { checkUdev, type KnownNics } from './udev.js';

/** Looks at everything, and changes nothing. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const add = async (check: CheckName, look: () => readonly Finding[] | Promise<readonly Finding[]>): Promise<void> => {
    try {
      findings.push(...(await look()));
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      findings.push(unseen(check, thrown, findings));
    }
  };
  await add('settings', () => checkSettings(patient));
  await add('state', () => checkState(patient));
  await add('cordon', () => checkCordon(patient));
  await add('directory', () => checkDirectories(patient));
  await add('lock', () => checkLocks(patient));
  await add('program', () => checkPrograms(patient));
  await add('permissions', () => checkPermissions(patient));
  let nics: KnownNics | undefined;
  await add('eni', async () => {
    mustBeReadable(patient.inspectState());
    const parts = patient.open();
    nics = await knownNics(parts);
    return checkEnis(patient, parts);
  });
  await add('agent', () => checkAgents(patient, nics?.macs));
  await add('udev', () => checkUdev(patient, nics));
  await add('rp_filter', () => checkReversePath(patient));
  await add('clock', () => checkClock(patient));
  return findings;
}

/** What could not be looked at is a problem of its own only if no other explains it. */
function unseen(check: CheckName, thrown: EnimError, before: readonly Finding[]): Finding {
  const { message, details } = thrown;
  const isExplained = before.some(({ level }) => level === 'problem');
  return (isExplained ? warning : problem)(check, 'not looked at', {
    evidence: [message, ...details].join(' '),
    consequence: 'what is wrong there is not known',
    mend: mendOf(thrown),
  });
}

/** A command, as all that mends is; a hint in prose goes behind one that says more. */
function mendOf({ code, hint }: EnimError): string {
  if (code === 'NOT_PERMITTED') return 'sudo enim doctor';
  if (hint === undefined) return 'enim doctor';
  return /^(?:enim|which) /.test(hint) ? hint : `enim doctor --debug  # ${hint}`;
}
