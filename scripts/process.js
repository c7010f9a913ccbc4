/** Paths and child processes for the scripts; plain Node.js, because it runs before the dependencies are installed. */
import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Programs of the dependencies; among them the Node.js that everything but the first step runs on. */
export const BIN = join(ROOT, 'node_modules/.bin');

/** Ends the script with a line on stderr. */
export function fail(message) {
  process.stderr.write(`${message.trimEnd()}\n`);
  process.exit(1);
}

/**
 * Runs a program in the checkout with node_modules/.bin first in PATH.
 *
 * @param options `show`: it writes to our terminal instead of into `output`; `env`: added to the environment
 * @returns its exit code (1 if a signal ended it) and what it wrote
 */
export function run(program, args, { show = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}`, ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: 1, output: `${program}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a program to its end; ends the script with what it said if it failed. @returns its standard output */
export function runProgram(program, args, { cwd = ROOT, env = process.env } = {}) {
  const options = { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status === 0) return stdout;
  fail(`${program} failed: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`);
}
