/** What enim must be allowed to do. */
import type { Privileges } from '../../host/host.js';
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';

const CAP_NET_ADMIN = 12;
/** Without it, what other users' processes have open is not seen. */
export const CAP_SYS_PTRACE = 19;
const CAP_SYS_ADMIN = 21;

export function checkPermissions({ host }: Patient): readonly Finding[] {
  return [judgePermissions(host.privileges())];
}

function judgePermissions({ uid, can }: Privileges): Finding {
  const who = uid === 0 ? 'root' : `user ${uid}`;
  const missing = [...(can(CAP_NET_ADMIN) ? [] : ['CAP_NET_ADMIN']), ...(can(CAP_SYS_ADMIN) ? [] : ['CAP_SYS_ADMIN'])];
  if (missing.length > 0) {
    return problem('permissions', who, {
      evidence: `without ${missing.join(' and ')}`,
      consequence: 'no NIC can be moved, and no network namespace entered',
      mend: uid === 0 ? `capsh --print  # it needs ${missing.join(' and ')}` : 'sudo enim doctor',
    });
  }
  if (!can(CAP_SYS_PTRACE)) {
    return warning('permissions', who, {
      evidence: 'without CAP_SYS_PTRACE',
      consequence: 'a NIC in a network namespace that only a process holds is not found',
      mend: 'capsh --print  # it needs CAP_SYS_PTRACE',
    });
  }
  return inOrder('permissions', who, 'CAP_NET_ADMIN, CAP_SYS_ADMIN and CAP_SYS_PTRACE');
}
