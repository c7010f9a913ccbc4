/** Who is at the other end of a unix socket (SO_PEERCRED). */
import type { Socket } from 'node:net';
import { libc } from '../libc.js';
import { SOL_SOCKET } from './unix.js';

const SO_PEERCRED = 17;

/**
 * Whether it is root, or the user that we are. Where the runtime does not let us ask, the mode of socket and directory alone keep others
 * away.
 */
export function isTrusted(socket: Socket): boolean {
  const uid = uidOf(socket);
  return uid === undefined || uid === 0 || uid === process.getuid?.();
}

function uidOf(socket: Socket): number | undefined {
  const calls = libc();
  const fd = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
  if (calls === undefined || fd === undefined || fd < 0) return undefined;
  // struct ucred: pid, uid, gid.
  const credentials = new Int32Array(3);
  const length = new Int32Array([credentials.byteLength]);
  return calls.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) === 0 ? credentials[1] : undefined;
}
