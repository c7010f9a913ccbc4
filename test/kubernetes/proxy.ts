/** An API server that has bad days: a proxy in front of the real one, which lets a test choose what becomes of each request. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ApiServer } from './apiserver.js';
import type { Certificate } from './certificates.js';

/**
 * What becomes of a request. `pass`: it is answered. `reset`: the connection breaks before the server has it, `lost`: after the server
 * has done it. `hang`: no answer ever comes. Else this is the answer, and the server does not hear of it.
 */
export type Fate =
  | 'pass'
  | 'reset'
  | 'lost'
  | 'hang'
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

/** A request on its way. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Counted from 0, since the proxy was started. */
  readonly number: number;
}

export interface TestProxy {
  readonly port: number;
  /** Kubeconfig that leads to it. */
  readonly kubeconfig: string;
  /** Asked for every request. */
  decide: (request: Passing) => Fate | Promise<Fate>;
  /** Told of every request that the server has answered, before the answer is handed on or lost. */
  answered: (request: Passing) => void | Promise<void>;
  /** How many watches it is handing on now. */
  watches(): number;
  /** Breaks all connections that there are now. */
  cut(): void;
  /** Has it show another certificate from now on. */
  show(certificate: Certificate): void;
  stop(): Promise<void>;
}

/** @param certificate that it shows for itself; whoever speaks to the real server has the rights of the node */
export async function startProxy(api: ApiServer, user: Certificate, certificate: Certificate): Promise<TestProxy> {
  const [ca, cert, key] = [api.authority.cert, user.cert, user.key].map((path) => readFileSync(path));
  const own: ServerOptions = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
  let [number, watches] = [0, 0];
  const server = createServer(own, async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const { method = '', url: path = '', headers } = incoming;
    const passing = { method, path, body, number: number++ };
    const fate = await proxy.decide(passing);
    if (fate === 'hang') return;
    if (fate === 'reset') return void incoming.socket.destroy();
    if (typeof fate === 'object') {
      const text = typeof fate.body === 'string' ? fate.body : JSON.stringify(fate.body ?? {});
      return void outgoing.writeHead(fate.status, { 'Content-Type': 'application/json', ...fate.headers }).end(text);
    }
    const options = { method, host: '127.0.0.1', port: api.port, path, headers: headersOf(headers), ca, cert, key };
    const far = request(options, async (answer) => {
      if (isWatch(path)) return void passOn(answer, outgoing);
      const text = await textOf(answer).catch(() => undefined);
      // It died in the middle of it.
      if (text === undefined) return void incoming.socket.destroy();
      await proxy.answered(passing);
      if (fate === 'lost') return void incoming.socket.destroy();
      outgoing.writeHead(answer.statusCode ?? 500, { 'Content-Type': answer.headers['content-type'] ?? '' }).end(text);
    });
    far.on('error', () => incoming.socket.destroy());
    far.end(body);
    if (!isWatch(path)) return;
    watches += 1;
    outgoing.on('close', () => {
      watches -= 1;
      far.destroy();
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: TestProxy = {
    port,
    kubeconfig: api.kubeconfig(`proxy-${port}`, user, { port }),
    decide: () => 'pass',
    answered: () => undefined,
    show({ cert, key }) {
      server.setSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
    },
    watches: () => watches,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** Whether the answer is not over before it is cut off. */
export function isWatch(path: string): boolean {
  return path.includes('watch=true');
}

/** Hands on what comes as it comes, and breaks off as that does. */
function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 500, { 'Content-Type': answer.headers['content-type'] ?? '' });
  outgoing.flushHeaders();
  answer.on('data', (chunk: Buffer) => outgoing.write(chunk));
  answer.on('end', () => outgoing.end());
  answer.on('error', () => outgoing.destroy());
}

function headersOf(headers: IncomingMessage['headers']): Record<string, string> {
  const { 'content-type': type, 'content-length': length } = headers;
  return { ...(type ? { 'Content-Type': type } : {}), ...(length ? { 'Content-Length': length } : {}) };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}
