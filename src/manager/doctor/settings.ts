/** The settings: that they are there and valid, and that only their owner writes them. */
import { EnimError } from '../../model/errors.js';
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';

export function checkSettings({ config, host, open }: Patient): readonly Finding[] {
  try {
    open();
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    return [
      problem('settings', config, {
        evidence: [thrown.message, ...thrown.details].join(' '),
        consequence: 'no command works but this one',
        mend: `${'$'}{EDITOR:-vi} ${config}`,
      }),
    ];
  }
  const entry = host.look(config);
  if (entry === undefined) {
    return [
      warning('settings', config, {
        evidence: 'there is no such file, so the defaults hold',
        consequence: 'there are no ENIs',
        mend: 'enim provider init',
      }),
    ];
  }
  if ((entry.mode & 0o002) !== 0) {
    return [
      problem('settings', config, {
        evidence: `valid, but everybody may write it (mode ${octal(entry.mode)})`,
        consequence: 'any user of this node can choose which NICs enim moves',
        mend: `chmod o-w ${config}`,
      }),
    ];
  }
  return [inOrder('settings', config, 'valid')];
}

/** `0644`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
