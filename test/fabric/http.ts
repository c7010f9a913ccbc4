/** Asking whoever listens at 127.0.0.1:9810 of a test node. */
import type { Node } from './node.js';

/** By a shell alone; in HTTP/1.0, so that the answer ends with the connection. */
const FETCH = 'exec 3<>/dev/tcp/127.0.0.1/9810; printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$1" >&3; cat <&3';

export async function fetchPage(node: Node, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const { stdout, stderr } = await node.start(['bash', '-c', FETCH, 'fetch', path]).result;
  const [head = '', ...text] = stdout.split('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1];
  if (status === undefined) throw new Error(`Nobody has answered for ${path}: ${stderr}`);
  return { status: Number(status), text: text.join('\r\n\r\n') };
}
