/**
 * A client's connection to a unix socket, on either runtime. Bun's own takes 1 ms; its copy of `node:net` takes 5, for it loads the
 * streams (measured), and a call of the plugin has to be quick.
 */

/** A connection that is open. */
export interface Channel {
  send(bytes: Uint8Array): void;
  /** Nothing is heard any more. */
  close(): void;
}

/** What is heard of a connection. */
export interface Listener {
  onBytes(bytes: Uint8Array): void;
  /** The other side has closed it, or it broke. */
  onEnd(): void;
}

/** Connects; rejects if nobody listens there. */
export function connect(path: string, listener: Listener): Promise<Channel> {
  return typeof Bun === 'undefined' ? onNode(path, listener) : onBun(path, listener, Bun);
}

async function onBun(path: string, { onBytes, onEnd }: Listener, bun: NonNullable<typeof Bun>): Promise<Channel> {
  let rest: Uint8Array = new Uint8Array(0);
  const socket = await bun.connect({
    unix: path,
    socket: {
      data: (_, bytes) => onBytes(bytes),
      drain(it) {
        rest = rest.subarray(it.write(rest));
      },
      close: onEnd,
      error: onEnd,
    },
  });
  return {
    send(bytes) {
      // What the kernel does not take at once goes when it says so.
      rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes.subarray(socket.write(bytes));
    },
    close: () => socket.terminate(),
  };
}

async function onNode(path: string, { onBytes, onEnd }: Listener): Promise<Channel> {
  const net = await import('node:net');
  return new Promise((resolve, reject) => {
    const socket = net.connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.on('data', onBytes).on('error', onEnd).on('close', onEnd);
      resolve({ send: (bytes) => void socket.write(bytes), close: () => void socket.destroy() });
    });
  });
}
