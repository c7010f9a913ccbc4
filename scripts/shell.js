/**
 * A shell to type into, in a mount namespace of its own: network namespaces that are named there (`ip netns add`) are nobody else's and go
 * with it. So what documentation shows can be run as it stands, again and again, and beside itself.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Ends the output of a step; the exit code follows. */
const MARK = '\u0001';

/** How the MACs in the documentation begin. Every shell types others: a MAC is looked for in all network namespaces of the machine. */
const MACS = '02:00:5e:10:00';

/** Milliseconds after which a shell that hangs is killed. */
const TIMEOUT = 120_000;

/**
 * Types steps into one shell, one after the other, in a directory whose `dist` is that of the executable.
 *
 * @param steps `typed`: one line or more; a shell that is started gets the steps after it, up to its `exit`. `columns`: it runs on a
 *   terminal of that width, which it may colour
 * @param executable dist/enim
 * @returns each step with `output`, what it printed on standard output and standard error, and `code`, its exit code
 */
export async function play(steps, executable) {
  const home = mkdtempSync(join(tmpdir(), 'enim-docs-'));
  const macs = ['02', ...randomBytes(4).toString('hex').match(/../g)].join(':');
  symlinkSync(dirname(executable), join(home, 'dist'));
  mkdirSync('/run/netns', { recursive: true });
  try {
    const typed = steps.map((step) => `${onTerminal(step)}\nprintf '${MARK}%s\\n' $?\n`);
    const output = await shell(typed.join('').replaceAll(MACS, macs), home);
    return parse(output.replaceAll(home, '/root').replaceAll(macs, MACS), steps);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function shell(input, home) {
  const setUp = 'mount -t tmpfs enim-docs /run/netns && exec bash 2>&1';
  const env = { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' };
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'bash', '-c', setUp], { cwd: home, env });
    let output = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT);
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
    child.stdin.on('error', () => undefined).end(input);
  });
}

function parse(output, steps) {
  const parts = output.split(new RegExp(`${MARK}(\\d+)\n`));
  if (parts.length < 2 * steps.length) {
    throw new Error(`The shell ended in the middle, after:\n${output.replaceAll(MARK, '= ')}`);
  }
  return steps.map((step, index) => ({ ...step, output: parts[2 * index], code: Number(parts[2 * index + 1]) }));
}

/** By util-linux's `script`; the line ends stay those of a file. */
function onTerminal({ typed, columns }) {
  if (columns === undefined) return typed;
  return `script -qec "$(cat <<'ENIM'\nstty cols ${columns} -onlcr; ${typed}\nENIM\n)" /dev/null </dev/null`;
}
