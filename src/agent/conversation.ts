/** The client's side of a conversation with the agent: three moves, then beats until the answer comes. It ends in every case. */
import type { Channel, Listener } from './channel.js';
import { encode, FrameReader, LIMIT } from './frame.js';
import {
  type AgentAnswer,
  type AgentMessage,
  type AgentRequest,
  agentMessage,
  BOUNDS,
  type Bounds,
} from './protocol.js';

/** How it ended. What is not answered the client does itself. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: AgentAnswer }
  | { readonly kind: 'refused'; readonly by: Extract<AgentMessage, { type: 'refused' }> }
  /** Nobody there, silence, or something else than the agent. */
  | { readonly kind: 'unanswered' };

/** For what is there already to be read, in milliseconds. */
const LAST_LOOK_MS = 5;

/** An answer has in it what the request had, and what was logged meanwhile. */
const ANSWER_LIMIT = 16 * LIMIT;

/**
 * Asks the agent.
 *
 * @param connect opens the connection; rejects if nobody listens
 */
export function converse(
  request: AgentRequest,
  connect: (listener: Listener) => Promise<Channel>,
  { accept, silence }: Pick<Bounds, 'accept' | 'silence'> = BOUNDS,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const opening = encode(request);
    if (opening.length > LIMIT) {
      resolve({ kind: 'unanswered' });
      return;
    }
    const reader = new FrameReader(ANSWER_LIMIT);
    let channel: Channel | undefined;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;

    const end = (outcome: Outcome): void => {
      // Closing says that it has ended, too, and on Bun at once.
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      channel?.close();
      resolve(outcome);
    };
    const waitAtMost = (milliseconds: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // On a busy machine it may be we who were late: what has come by now counts.
        timer = setTimeout(() => end({ kind: 'unanswered' }), LAST_LOOK_MS);
      }, milliseconds);
    };
    const hear = (message: AgentMessage | undefined): void => {
      switch (message?.type) {
        case 'accepted':
          waitAtMost(silence);
          channel?.send(encode({ type: 'go' }));
          break;
        case 'beat':
          waitAtMost(silence);
          break;
        case 'answer':
          end({ kind: 'answered', answer: message });
          break;
        case 'refused':
          end({ kind: 'refused', by: message });
          break;
        default:
          end({ kind: 'unanswered' });
      }
    };
    const listener: Listener = {
      onBytes(bytes) {
        try {
          for (const message of reader.push(bytes)) if (!isOver) hear(agentMessage(message));
        } catch {
          end({ kind: 'unanswered' });
        }
      },
      onEnd: () => end({ kind: 'unanswered' }),
    };
    waitAtMost(accept);
    connect(listener).then(
      (opened) => {
        channel = opened;
        if (isOver) opened.close();
        else opened.send(opening);
      },
      () => end({ kind: 'unanswered' }),
    );
  });
}
