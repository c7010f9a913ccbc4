/** An agent in a home, for as long as the bench measures there. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 500;
const POLL_MS = 20;

/** Starts one and waits until it listens. It dies with the bench, or with the home's end. Its PID. */
export async function startAgent(executable, home) {
  const argv = [`--net=${home.path}`, 'setpriv', '--pdeathsig', 'KILL', executable, 'agent', '--log-level', 'warn'];
  const child = spawn('nsenter', argv, { env: { PATH: process.env.PATH, ...home.env }, stdio: ['ignore', 2, 2] });
  home.atEnd(() => child.kill('SIGKILL'));
  const socket = join(home.env.ENIM_RUN_DIR, 'agent.sock');
  for (let tries = 0; !existsSync(socket); tries += 1) {
    if (tries === TRIES || child.exitCode !== null) throw new Error('The agent does not listen.');
    await sleep(POLL_MS);
  }
  return child.pid;
}
