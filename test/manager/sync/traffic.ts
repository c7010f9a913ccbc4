/** Traffic between two netns below /run/netns, from one address to another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { must } from '../../fabric/exec.js';
import { netnsPath } from '../../fabric/netns.js';

/** One end. */
export interface End {
  readonly netns: string;
  readonly address: string;
}

/** One ping and its answer. */
export async function ping(from: End, to: End): Promise<void> {
  const options = ['-c', '1', '-W', '5', '-I', from.address, to.address];
  await must('nsenter', [`--net=${netnsPath(from.netns)}`, 'ping', ...options]);
}

const PORT = '7000';
const LISTEN = `require('net').createServer((peer) => peer.pipe(peer)).listen(+process.argv[2], process.argv[1], () => console.log('listening'))`;
const CONNECT = `const [host, port, localAddress] = process.argv.slice(1);
require('net').connect({ host, port, localAddress, timeout: 5000 }).on('timeout', () => process.exit(1)).end('hello').pipe(process.stdout)`;

/** One TCP connection, whose other end says what it is told. */
export async function connect(from: End, to: End): Promise<void> {
  const listener = ['-e', LISTEN, to.address, PORT];
  const server = spawn('nsenter', [`--net=${netnsPath(to.netns)}`, process.execPath, ...listener]);
  try {
    await once(server.stdout, 'data');
    const client = [process.execPath, '-e', CONNECT, to.address, PORT, from.address];
    const heard = await must('nsenter', [`--net=${netnsPath(from.netns)}`, ...client]);
    if (heard !== 'hello') throw new Error(`${to.address} answered "${heard}" to ${from.address}.`);
  } finally {
    server.kill('SIGKILL');
  }
}
