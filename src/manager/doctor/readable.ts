import { EnimError } from '../../model/errors.js';
import type { StateLook } from '../../store/inspect.js';

/** The command that leads to the enim which knows a state file. */
export const USE_THE_NEWER = 'which -a enim  # use the newer one that wrote it';

/**
 * Whoever reads a damaged state mends it; looking must not.
 *
 * @throws EnimError STATE_UNREADABLE, STATE_NEWER, NOT_PERMITTED
 */
export function mustBeReadable({ path, present, previous }: StateLook): void {
  if (present.kind === 'good' || (present.kind === 'none' && previous.kind === 'none')) return;
  if (present.kind === 'unreadable' && ['EACCES', 'EPERM'].includes(present.errno)) {
    throw new EnimError('NOT_PERMITTED', `The state file ${path} cannot be read (${present.errno}).`, {
      hint: 'run enim as root',
    });
  }
  if (present.kind === 'newer') {
    throw new EnimError('STATE_NEWER', `The state file ${path} has version ${present.version}, of a newer enim.`, {
      hint: USE_THE_NEWER,
    });
  }
  throw new EnimError('STATE_UNREADABLE', `The state file ${path} cannot be used as it is.`, {
    hint: present.kind === 'unreadable' ? `dmesg; ls -l ${path}` : 'enim doctor --fix',
  });
}
