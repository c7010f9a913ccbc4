/** An agent in a home, for as long as the bench measures there, with the environment that its service gives it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SERVICE = join(import.meta.dirname, '../deploy/systemd/enim-agent.service');

const TRIES = 500;
const POLL_MS = 20;

/** Starts one and waits until it listens. It dies with the bench, or with the home's end. Its PID. */
export async function startAgent(executable, home) {
  const argv = [`--net=${home.path}`, 'setpriv', '--pdeathsig', 'KILL', executable, 'agent', '--log-level', 'warn'];
  const child = spawn('nsenter', argv, {
    env: { PATH: process.env.PATH, ...environment(), ...home.env },
    stdio: ['ignore', 2, 2],
  });
  home.atEnd(() => child.kill('SIGKILL'));
  const socket = join(home.env.ENIM_RUN_DIR, 'agent.sock');
  for (let tries = 0; !existsSync(socket); tries += 1) {
    if (tries === TRIES || child.exitCode !== null) throw new Error('The agent does not listen.');
    await sleep(POLL_MS);
  }
  return child.pid;
}

function environment() {
  const lines = readFileSync(SERVICE, 'utf8').matchAll(/^Environment=(\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}
