import { EnimError } from '../../model/errors.js';
import type { StateLook } from '../../store/inspect.js';

/**
 * Whoever reads a damaged state mends it; looking must not.
 *
 * @throws EnimError STATE_UNREADABLE, NOT_PERMITTED
 */
export function mustBeReadable({ path, present, previous }: StateLook): void {
  if (present.kind === 'good' || (present.kind === 'none' && previous.kind === 'none')) return;
  if (present.kind === 'unreadable' && ['EACCES', 'EPERM'].includes(present.errno)) {
    throw new EnimError('NOT_PERMITTED', `The state file ${path} cannot be read (${present.errno}).`, {
      hint: 'run enim as root',
    });
  }
  throw new EnimError('STATE_UNREADABLE', `The state file ${path} cannot be used as it is.`, {
    hint: 'enim doctor --fix',
  });
}
