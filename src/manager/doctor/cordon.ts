/** The cordon: a node that gives out no ENI does so for a reason, or somebody has forgotten it. */
import { describeCordon } from '../../model/cordon.js';
import { UNCORDON } from '../cordon.js';
import { type Finding, inOrder, warning } from './finding.js';
import type { Patient } from './patient.js';

export function checkCordon({ findCordon }: Patient): readonly Finding[] {
  const standing = findCordon();
  if (standing === null) return [inOrder('cordon', 'this node', 'it is not cordoned')];
  return [
    warning('cordon', 'this node', {
      evidence: `it ${describeCordon(standing)}`,
      consequence: 'no pod is given an ENI here',
      mend: UNCORDON,
    }),
  ];
}
