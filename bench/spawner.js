/**
 * Lives in a home netns, starts programs there and says how long they took: so nothing measured pays for getting into the netns.
 *
 * Takes messages { id, jobs }, where a job is { argv, env, input, warm }; all jobs of a message run at once. With `warm` (in
 * milliseconds) the clock starts only when the programs have started, that long after, and are given their input.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

process.on('message', async ({ id, jobs }) => process.send({ id, ...(await runJobs(jobs)) }));
process.on('disconnect', () => process.exit());

async function runJobs(jobs) {
  const warm = Math.max(...jobs.map((job) => job.warm ?? 0));
  let started = performance.now();
  const running = jobs.map(start);
  if (warm > 0) {
    await sleep(warm);
    started = performance.now();
  }
  for (const [index, { child }] of running.entries()) child.stdin.end(jobs[index].input ?? '');
  const outcomes = await Promise.all(running.map(({ outcome }) => outcome));
  return { ms: Math.max(...outcomes.map(({ ended }) => ended)) - started, outcomes };
}

function start({ argv: [program, ...args], env }) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  // A program that does not read its input is no failure.
  child.stdin.on('error', () => undefined);
  const outcome = new Promise((resolve) => {
    let ended;
    child.once('exit', () => (ended = performance.now()));
    child.once('error', (error) =>
      resolve({ code: null, stdout: '', stderr: error.message, ended: performance.now() }),
    );
    child.once('close', (code) => resolve({ code, ...output, ended }));
  });
  return { child, outcome };
}
