/**
 * A way from the netns of a test node to an API server on the machine's own loopback: a program in the netns listens on the server's
 * port there, and hands every connection on through a Unix socket, which no netns bounds.
 */
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';

export interface Relay {
  stop(): Promise<void>;
}

/** Both ends of a connection live and die together. */
const JOIN = 'for (const [a, b] of [[near, far], [far, near]]) a.on("error", () => b.destroy()).pipe(b);';

/** Longer than any suite. */
const LIFETIME_MS = 7_200_000;

/** What runs in the netns, on Node.js. */
const PROGRAM = `
const { connect, createServer } = require('node:net');
const [path, port, ready] = process.argv.slice(1);
const server = createServer((near) => { const far = connect(path); ${JOIN} });
server.listen(Number(port), '127.0.0.1', () => require('node:fs').writeFileSync(ready, ''));
`;

/** Whoever opens it stops it before the node is destroyed. */
export async function openRelay(node: Node, port: number): Promise<Relay> {
  const path = join(node.dir, 'api.sock');
  const ready = join(node.dir, 'api.ready');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const inside = node.start([process.execPath, '-e', PROGRAM, path, String(port), ready], { timeout: LIFETIME_MS });
  await eventually('the start of the relay', () => existsSync(ready));
  return {
    async stop() {
      inside.kill('SIGKILL');
      await inside.result.catch(() => undefined);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
