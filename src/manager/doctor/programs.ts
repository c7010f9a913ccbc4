/** The programs that enim starts. */
import { type Finding, inOrder, problem } from './finding.js';
import type { Patient } from './patient.js';

const NO_MOVES = 'no NIC can be moved';
const NO_WAITING = 'a call that has to wait for a lock fails';

const PROGRAMS: Readonly<Record<string, { readonly of: string; readonly without: string }>> = {
  ip: { of: 'iproute2', without: NO_MOVES },
  nsenter: { of: 'util-linux', without: NO_MOVES },
  tee: { of: 'coreutils', without: NO_MOVES },
  flock: { of: 'util-linux', without: NO_WAITING },
  setpriv: { of: 'util-linux', without: NO_WAITING },
};

/** Of iproute2: moves by "if7" and what `ip -j` prints hold from there on. */
const LEAST = [5, 10] as const;

export async function checkPrograms({ host }: Patient): Promise<readonly Finding[]> {
  const names = await host.programs();
  return Promise.all(
    names.map(async (name) => {
      const path = host.findProgram(name);
      if (path === undefined) {
        return problem('program', name, {
          evidence: 'PATH does not lead to it',
          consequence: PROGRAMS[name]?.without ?? 'what it does is not done',
          mend: `apt-get install ${PROGRAMS[name]?.of ?? name}`,
        });
      }
      return name === 'ip' ? judgeIproute2(path, await host.iproute2()) : inOrder('program', name, path);
    }),
  );
}

/** @param version what `ip -V` printed, for example "ip utility, iproute2-6.1.0, libbpf 1.1.2" */
export function judgeIproute2(path: string, version: string): Finding {
  // Until 5.6 it was a date: "iproute2-ss200127".
  const [, major, minor] = /iproute2-(?:v)?(\d+)\.(\d+)/.exec(version) ?? [];
  const isEnough =
    major !== undefined && (Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1]));
  if (isEnough) return inOrder('program', 'ip', `${path}, iproute2 ${major}.${minor}`);
  return problem('program', 'ip', {
    evidence: `${path} is ${version === '' ? 'not that of iproute2' : `"${version}"`}`,
    consequence: `it is not known to work below iproute2 ${LEAST.join('.')}`,
    mend: 'apt-get install iproute2',
  });
}
