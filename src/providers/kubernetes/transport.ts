/**
 * What the provider asks of a connection to an API server. The connection itself (src/cluster/) is too heavy for the CNI plugin of
 * a node that has no cluster, so it is handed in.
 */
import { EnimError } from '../../model/errors.js';

/** One HTTP request. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  /** JSON; of a PATCH a merge patch. */
  readonly body?: string;
  /** Milliseconds until it is given up. */
  readonly timeout: number;
  /** Gives it up sooner. */
  readonly signal?: AbortSignal;
}

/** What the server answered, whatever it was. */
export interface ApiResponse {
  readonly status: number;
  /** Seconds, where the server says when to ask again. */
  readonly retryAfter: number | null;
  readonly body: string;
}

/** What is thrown where there is no way to say who we are; nothing was sent. */
export interface Unidentified extends Error {
  readonly code: 'EUNIDENTIFIED';
  readonly details: readonly string[];
  readonly hint: string;
}

/** Sends requests as one user to one server. */
export interface Transport {
  /** URL, for messages. */
  readonly server: string;
  /** End of our client certificate, if there is one. */
  readonly certificateEnd: Date | null;
  /** Rejects with an error whose `code` is that of the system or of the TLS library, or with `Unidentified`. */
  send(request: ApiRequest): Promise<ApiResponse>;
}

/** A GET whose answer goes on for long, a document a line. */
export interface StreamRequest {
  /** With query. */
  readonly path: string;
  /** Milliseconds until the answer must have begun. */
  readonly timeout: number;
  /** The answer has begun, and what was asked for is in it. */
  readonly opened: () => void;
  /** Told of each line, without its end; what it throws ends the request. */
  readonly line: (line: string) => void;
}

/** Can also wait for what comes. */
export interface Streaming extends Transport {
  /**
   * Null once the answer has ended, or the signal was aborted; what the server answered in place of what was asked for. Rejects as `send`
   * does, and with EMSGSIZE for a line that is longer than any object.
   */
  follow(request: StreamRequest, signal: AbortSignal): Promise<ApiResponse | null>;
}

/** Where the access to the API server is described. */
export interface Access {
  /** Path of a kubeconfig; null looks for one: in the cluster first, then where the environment says. */
  readonly kubeconfig: string | null;
  readonly env: NodeJS.ProcessEnv;
  /** What that kubeconfig is to have in it, where it is not written yet. */
  readonly text?: string;
}

/** A connection, or why there can be none. Nothing is sent yet. */
export type Connection =
  | { readonly transport: Streaming }
  | {
      /** A sentence. */
      readonly fault: string;
      readonly hint: string;
    };

export type Connect = (access: Access) => Connection;

/** @throws EnimError INVALID_CONFIG where there can be none */
export function open(connection: Connection): Streaming {
  if ('transport' in connection) return connection.transport;
  throw new EnimError('INVALID_CONFIG', connection.fault, { hint: connection.hint });
}
