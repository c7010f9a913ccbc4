/** A small HTTP server for those who watch: it only reads, and a client that is slow, or one of too many, is left. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostPort } from '../model/address.js';
import { EnimError, errnoOf, messageOf } from '../model/errors.js';
import type { ListenAddress } from './address.js';

/** What is answered to one who asks. */
export interface Page {
  readonly status: 200 | 503;
  readonly type: string;
  readonly text: string;
}

/** Pages by their path. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface HttpServer {
  readonly port: number;
  close(): void;
}

const TEXT = 'text/plain; charset=utf-8';

/** Connections at once, and the time that one may take to ask, in milliseconds. */
const BOUNDS = { connections: 32, request: 2_000 };

/**
 * Listens.
 *
 * @throws EnimError BUSY if somebody else listens there, INVALID_ARGUMENT if the address is none of this node
 */
export async function serveHttp({ host, port }: ListenAddress, pages: Pages): Promise<HttpServer> {
  const server = createServer(
    { requestTimeout: BOUNDS.request, headersTimeout: BOUNDS.request, connectionsCheckingInterval: 500 },
    (request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      // Whatever a body says, nobody reads it.
      request.resume();
      if (!isRead) {
        send(response.setHeader('Allow', 'GET, HEAD'), 405, TEXT, 'Only GET and HEAD.\n');
        return;
      }
      const [path = ''] = (request.url ?? '').split('?');
      const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
      if (page === undefined) {
        send(response, 404, TEXT, `There are: ${Object.keys(pages).join(' ')}\n`);
        return;
      }
      Promise.resolve()
        .then(page)
        .then(
          ({ status, type, text }) => send(response, status, type, text),
          (thrown: unknown) => send(response, 500, TEXT, `${messageOf(thrown)}\n`),
        );
    },
  );
  server.maxConnections = BOUNDS.connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(cannotListen(host, port, thrown)));
    server.listen({ host, port }, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    ...{ 'Content-Type': type, 'Cache-Control': 'no-store' },
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

function cannotListen(host: string, port: number, thrown: unknown): EnimError {
  const address = hostPort(host, port);
  if (errnoOf(thrown) === 'EADDRINUSE') {
    return new EnimError('BUSY', `Somebody else listens on ${address}.`, {
      hint: `see who: ss -ltnp 'sport = :${port}'; or choose another: --listen 127.0.0.1:9811`,
      cause: thrown,
    });
  }
  return new EnimError(
    'INVALID_ARGUMENT',
    `It is impossible to listen on ${address} (${errnoOf(thrown) ?? messageOf(thrown)}).`,
    { hint: 'choose an address of this node: ip -br address show', cause: thrown },
  );
}
