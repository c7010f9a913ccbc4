/** Settings of the kernel, and its clock. */
import { type Finding, inOrder, warning } from './finding.js';
import type { Patient } from './patient.js';

export function checkReversePath({ host }: Patient): readonly Finding[] {
  return ['all', 'default'].map((scope) => {
    const value = host.read(`/proc/sys/net/ipv4/conf/${scope}/rp_filter`)?.trim();
    const key = `net.ipv4.conf.${scope}.rp_filter`;
    if (value !== '1') return inOrder('rp_filter', key, value === undefined ? 'not there' : `it is ${value}`);
    return warning('rp_filter', key, {
      evidence: 'it is 1 (strict), and new network namespaces inherit it',
      consequence: 'a pod with a second interface drops packets that come in by another one than the answer takes',
      mend: `sysctl -w ${key}=2`,
    });
  });
}

/** This enim is younger than that. */
const EARLIEST = Date.parse('2024-01-01T00:00:00Z');

export function checkClock({ clock }: Patient): readonly Finding[] {
  const now = clock();
  const shown = now.toISOString();
  if (now.getTime() >= EARLIEST) return [inOrder('clock', shown, 'plausible')];
  return [
    warning('clock', shown, {
      evidence: 'that is before 2024',
      consequence: 'ages are wrong, and so is the order in which ENIs are given out',
      mend: 'timedatectl set-ntp true',
    }),
  ];
}
