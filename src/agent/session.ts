/** The agent's side of one conversation: request, `accepted`, `go`, beats, answer. A client that is slow, or says what it should not, is left. */
import type { Socket } from 'node:net';
import type { Build } from '../build.js';
import { encode, FrameReader } from './frame.js';
import {
  type AgentAnswer,
  type AgentMessage,
  type AgentRequest,
  type Bounds,
  type ClientMessage,
  clientMessage,
  type Refusal,
} from './protocol.js';

/** What a session needs of the agent. */
export interface Host extends Build {
  readonly pid: number;
  /** Why the request would not be carried out; undefined if it would. */
  judge(request: AgentRequest): Refusal | undefined;
  /**
   * Carries it out. If it rejects, the client does it.
   *
   * @param signal aborted when nobody waits for the answer any more
   */
  perform(request: AgentRequest, signal: AbortSignal): Promise<AgentAnswer>;
}

/** A client that is connected. */
export interface Session {
  /** Leaves it, unless its work has begun. */
  leave(): void;
}

/** Serves a client until its connection is closed. */
export function serve(socket: Socket, host: Host, { silence, beat, slow }: Omit<Bounds, 'accept'>): Session {
  const reader = new FrameReader();
  const client = new AbortController();
  let request: AgentRequest | undefined;
  let acceptedAt = 0;
  let hasBegun = false;
  let timer: NodeJS.Timeout | undefined = setTimeout(() => socket.destroy(), slow);

  const tell = (message: AgentMessage): void => void socket.write(encode(message));
  /** Says it, and leaves it to the client to take it in time. */
  const conclude = (message: AgentMessage): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), slow);
    socket.end(encode(message));
  };

  const consider = (asked: AgentRequest): void => {
    const reason = host.judge(asked);
    const { pid, version, build } = host;
    if (reason !== undefined) {
      conclude({ type: 'refused', reason, pid, version, build });
      return;
    }
    request = asked;
    acceptedAt = performance.now();
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), silence);
    tell({ type: 'accepted' });
  };

  const begin = async (asked: AgentRequest): Promise<void> => {
    hasBegun = true;
    clearTimeout(timer);
    const beats = setInterval(() => tell({ type: 'beat' }), beat);
    try {
      const answer = await host.perform(asked, client.signal);
      if (!client.signal.aborted) conclude({ type: 'answer', ...answer });
    } finally {
      clearInterval(beats);
    }
  };

  const hear = (message: ClientMessage | undefined): void => {
    // Stopped meanwhile, we may read a `go` whose client has long given us up and done the work itself.
    const isInTime = performance.now() - acceptedAt < silence;
    if (message?.type === 'request' && request === undefined) consider(message);
    else if (message?.type === 'go' && request !== undefined && isInTime && !hasBegun)
      begin(request).catch(() => socket.destroy());
    else socket.destroy();
  };

  socket.on('data', (bytes) => {
    try {
      for (const message of reader.push(bytes)) if (!socket.destroyed) hear(clientMessage(message));
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(timer);
    client.abort();
  });
  return {
    leave() {
      if (!hasBegun) socket.destroy();
    },
  };
}
