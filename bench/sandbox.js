/**
 * Keeps the bench from leaving anything behind: a process that measures, and this one, which outlives it and then removes every
 * netns and file that carries its mark, however the other one ended.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { BIN, ROOT } from '../scripts/process.js';

const NAMED = '/run/netns';
const MARK = /^enimbench-(\d+)-/;

/** Durable, as /var/lib/enim is: /tmp may be in memory, where an fsync costs nothing. */
const DISK = '/var/tmp';

/**
 * Runs a script of the checkout with ENIM_BENCH_DIR (a directory for it) and ENIM_BENCH_MARK (what its netns' names begin with).
 *
 * @returns its exit code
 */
export async function runInSandbox(script, args) {
  removeLeftovers();
  const mark = `enimbench-${process.pid}-`;
  const directory = mkdtempSync(`${DISK}/${mark}`);
  try {
    const env = { PATH: `${BIN}${delimiter}${process.env.PATH}`, ENIM_BENCH_DIR: directory, ENIM_BENCH_MARK: mark };
    return await runToEnd(script, args, { ...process.env, ...env });
  } finally {
    removeNetns((name) => name.startsWith(mark));
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

function runToEnd(script, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('node', [script, ...args], { cwd: ROOT, env, stdio: 'inherit' });
    // It ends by them, and then we clean up. From a terminal it gets them anyway; once more does no harm.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** What a bench that was killed outright could not remove. */
function removeLeftovers() {
  removeNetns(isLeftover);
  for (const name of readdirSync(DISK).filter(isLeftover)) rmSync(`${DISK}/${name}`, { recursive: true, force: true });
}

function isLeftover(name) {
  const pid = MARK.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

function removeNetns(isOurs) {
  const names = existsSync(NAMED) ? readdirSync(NAMED).filter(isOurs) : [];
  if (names.length === 0) return;
  const input = names.map((name) => `netns del ${name}\n`).join('');
  spawnSync('ip', ['-force', '-batch', '-'], { input, stdio: ['pipe', 'ignore', 'inherit'] });
}
