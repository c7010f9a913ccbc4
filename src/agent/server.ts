/** The agent's socket: there is one, nobody but root reaches it, and it carries a bounded number of clients. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { EnimError, errnoOf, messageOf } from '../model/errors.js';
import { isTrusted } from './peer.js';
import { identityOf } from './places.js';
import { BOUNDS, type Bounds } from './protocol.js';
import { type Host, type Session, serve } from './session.js';

/** An agent that is listening. */
export interface Server {
  /** Whether clients still find it: nobody has removed the socket, or put another in its place. */
  isFound(): boolean;
  /** Takes the socket away, and leaves all clients whose work has not begun. */
  stop(): void;
}

/** `sun_path` has 108 bytes, with the zero at its end. */
const LONGEST_PATH = 107;

/**
 * Listens at the path; what another agent left there goes. Nobody sees the socket before its mode is right.
 *
 * @throws EnimError INVALID_CONFIG, STATE_UNWRITABLE
 */
export async function listen(path: string, host: Host, bounds: Omit<Bounds, 'accept'> = BOUNDS): Promise<Server> {
  const aside = `${path}.new`;
  if (Buffer.byteLength(aside) > LONGEST_PATH) {
    throw new EnimError('INVALID_CONFIG', `The path of the agent's socket is too long: ${path}.`, {
      hint: 'choose a shorter directory of locks (ENIM_RUN_DIR)',
    });
  }
  const sessions = new Set<Session>();
  const server = createServer((socket) => {
    if (sessions.size >= bounds.clients || !isTrusted(socket)) {
      socket.on('error', () => undefined).destroy();
      return;
    }
    const session = serve(socket, host, bounds);
    sessions.add(session);
    socket.on('close', () => sessions.delete(session));
  });
  let own: string | null;
  const umask = process.umask(0o177);
  try {
    rmSync(aside, { force: true });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(aside, () => resolve()));
    chmodSync(aside, 0o600);
    own = identityOf(aside);
    renameSync(aside, path);
  } catch (thrown) {
    server.close();
    throw new EnimError(
      'STATE_UNWRITABLE',
      `The agent cannot listen at ${path} (${errnoOf(thrown) ?? messageOf(thrown)}).`,
      {
        hint: 'make its directory writable, or set ENIM_RUN_DIR',
        cause: thrown,
      },
    );
  } finally {
    process.umask(umask);
  }
  const isFound = (): boolean => identityOf(path) === own;
  return {
    isFound,
    stop() {
      // First the name: whoever still finds it would wait for us.
      if (isFound()) rmSync(path, { force: true });
      server.close();
      for (const session of sessions) session.leave();
    },
  };
}
