/** What makes an agent of no use to anybody, and only itself can see: nobody finds it any more, or a thread of it has gone astray. */
import { EnimError } from '../model/errors.js';

interface ItselfSettings {
  readonly socket: string;
  /** Whether clients still find us there. */
  readonly isFound: () => boolean;
  readonly isAstray: () => boolean;
}

/** Between two looks, in milliseconds. Rounds of gc may be far apart, or off. */
export const LOOK_MS = 5_000;

/** @throws EnimError if it has to end, to be started anew: NOT_THERE, LINK_FAILED */
export function lookAtItself({ socket, isFound, isAstray }: ItselfSettings): void {
  if (isAstray()) {
    throw new EnimError('LINK_FAILED', 'A thread of the agent was left in the network namespace of a pod.', {
      hint: 'start the agent again; the namespace is free once it has ended',
    });
  }
  // As the lock went with the socket there may be another agent.
  if (!isFound()) {
    throw new EnimError('NOT_THERE', `The agent's socket ${socket} was removed, or is another agent's by now.`, {
      hint: 'start the agent again, unless another one runs; and remove nothing in the directory of locks',
    });
  }
}
