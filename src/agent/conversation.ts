/** The client's side of a conversation with the agent: three moves, then beats until the answer comes. It ends in every case. */
import type { Channel } from './channel.js';
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

const UNANSWERED: Outcome = { kind: 'unanswered' };

/** An answer has in it what the request had, and what was logged meanwhile. */
const ANSWER_LIMIT = 16 * LIMIT;

/**
 * Asks the agent.
 *
 * @param connect opens the connection; rejects if nobody listens
 */
export async function converse(
  request: AgentRequest,
  connect: () => Promise<Channel>,
  bounds: Pick<Bounds, 'accept' | 'silence'> = BOUNDS,
): Promise<Outcome> {
  const opening = encode(request);
  if (opening.length > LIMIT) return UNANSWERED;
  let channel: Channel | undefined;
  try {
    channel = await connect();
    return await speak(opening, channel, bounds);
  } catch {
    return UNANSWERED;
  } finally {
    channel?.close();
  }
}

async function speak(
  opening: Uint8Array,
  channel: Channel,
  { accept, silence }: Pick<Bounds, 'accept' | 'silence'>,
): Promise<Outcome> {
  const hear = listenTo(channel);
  const deadline = performance.now() + accept;
  await channel.send(opening, accept);
  const first = await hear(Math.max(0, deadline - performance.now()));
  if (first?.type === 'refused') return { kind: 'refused', by: first };
  if (first?.type !== 'accepted') return UNANSWERED;
  await channel.send(encode({ type: 'go' }), silence);
  for (;;) {
    const message = await hear(silence);
    if (message?.type === 'answer') return { kind: 'answered', answer: message };
    if (message?.type !== 'beat') return UNANSWERED;
  }
}

/** What gives the next message; undefined if nothing is heard for so many milliseconds, nothing more will be, or it is none. */
function listenTo(channel: Channel): (milliseconds: number) => Promise<AgentMessage | undefined> {
  const reader = new FrameReader(ANSWER_LIMIT);
  const heard: unknown[] = [];
  return async (milliseconds) => {
    while (heard.length === 0) {
      const bytes = await channel.receive(milliseconds);
      if (bytes === undefined) return undefined;
      heard.push(...reader.push(bytes));
    }
    return agentMessage(heard.shift());
  };
}
