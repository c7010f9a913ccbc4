/** A GET whose answer goes on for long. */
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { ApiResponse, StreamRequest } from '../providers/kubernetes/transport.js';
import { failure } from './failure.js';
import { splitLines } from './lines.js';

/** The kernel asks whether the other end is still there, once it was silent for so long, in milliseconds. */
const KEEPALIVE_MS = 30_000;

/** Of an answer that is no stream. */
const LONGEST_REFUSAL = 64 * 1024;

/** See `Streaming`. */
export function follow(
  url: URL,
  options: RequestOptions,
  { timeout, opened, line }: Omit<StreamRequest, 'path'>,
  signal: AbortSignal,
): Promise<ApiResponse | null> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    /** However it ends: the connection is of no use to anybody any more. */
    const end = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
      outgoing.destroy();
    };
    const fail = (thrown: unknown): void => end(() => reject(thrown));
    const abort = (): void => end(() => resolve(null));
    const outgoing = request(url, { ...options, method: 'GET' }, (incoming) => {
      incoming.setEncoding('utf8');
      incoming.on('error', fail);
      incoming.on('aborted', () => fail(failure('ECONNRESET')));
      incoming.on('end', () => {
        if (incoming.complete) end(() => resolve(refused?.() ?? null));
        else fail(failure('ECONNRESET'));
      });
      if (isOver) return;
      const refused = incoming.statusCode === 200 ? undefined : refusalOf(incoming);
      if (refused !== undefined) return;
      clearTimeout(timer);
      const take = splitLines(line);
      incoming.on('data', (chunk: string) => {
        if (isOver) return;
        try {
          take(chunk);
        } catch (thrown) {
          fail(thrown);
        }
      });
      opened();
    });
    const timer = setTimeout(() => fail(failure('ETIMEDOUT')), timeout);
    outgoing.on('error', fail);
    outgoing.setSocketKeepAlive(true, KEEPALIVE_MS);
    outgoing.end();
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Reads what the server says in place of a stream. */
function refusalOf(incoming: IncomingMessage): () => ApiResponse {
  let body = '';
  incoming.on('data', (chunk: string) => {
    if (body.length < LONGEST_REFUSAL) body += chunk;
  });
  return () => ({ status: incoming.statusCode ?? 0, retryAfter: retryAfterOf(incoming), body });
}

/** Seconds. */
export function retryAfterOf({ headers }: IncomingMessage): number | null {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) ? seconds : null;
}
