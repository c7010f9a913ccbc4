/** Listening on a wire: what goes over a link, whoever would or would not take it in. */
import { spawn } from 'node:child_process';

/** Somebody who listens. */
export interface Listener {
  /** The packets so far, a line each, as tcpdump prints them with link-level headers. */
  packets(): string[];
  stop(): void;
}

/** Listens on a device in a netns below /run/netns; resolves once it hears. */
export async function listen(netns: string, device: string, filter: string): Promise<Listener> {
  const options = ['-l', '-n', '-e', '--immediate-mode', '-i', device, filter];
  const child = spawn('nsenter', [`--net=/run/netns/${netns}`, '--', 'tcpdump', ...options]);
  let output = '';
  let messages = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`tcpdump ended: ${messages}`)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      messages += text;
      if (messages.includes('listening on')) resolve();
    });
  });
  return { packets: () => output.split('\n').slice(0, -1), stop: () => void child.kill('SIGTERM') };
}
