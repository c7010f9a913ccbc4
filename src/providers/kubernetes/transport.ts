/**
 * What the provider asks of a connection to an API server. The connection itself (src/cluster/) is too heavy for the CNI plugin of
 * a node that has no cluster, so it is handed in.
 */

/** One HTTP request. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  /** JSON; of a PATCH a merge patch. */
  readonly body?: string;
  /** Milliseconds until it is given up. */
  readonly timeout: number;
}

/** What the server answered, whatever it was. */
export interface ApiResponse {
  readonly status: number;
  /** Seconds, where the server says when to ask again. */
  readonly retryAfter: number | null;
  readonly body: string;
}

/** Sends requests as one user to one server. */
export interface Transport {
  /** URL, for messages. */
  readonly server: string;
  /** End of our client certificate, if there is one. */
  readonly certificateEnd: Date | null;
  /** Rejects with an error whose `code` is that of the system or of the TLS library. */
  send(request: ApiRequest): Promise<ApiResponse>;
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
  | { readonly transport: Transport }
  | {
      /** A sentence. */
      readonly fault: string;
      readonly hint: string;
    };

export type Connect = (access: Access) => Connection;
