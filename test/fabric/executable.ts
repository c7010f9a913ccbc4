/** Running dist/enim as a process whose own netns is the test node's. */
import { type ChildProcess, spawn } from 'node:child_process';

/** How one run is to differ from the usual one. */
export interface EnimOptions {
  /** Added to the environment, which otherwise holds only PATH, HOME, the locale and the paths of the test node. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed; without it standard input is /dev/null. */
  readonly input?: string;
  /** Milliseconds after which the run is killed and the test fails; a minute unless told. */
  readonly timeout?: number;
  /** Program and arguments that start the executable, for example `['setpriv', …]`. */
  readonly via?: readonly string[];
}

/** How a run of the executable ended. */
export interface EnimResult {
  /** Null when it was ended by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The document on standard output, or undefined if that is no JSON. */
  readonly json: unknown;
}

/** A run that goes on in the background. */
export interface RunningEnim {
  readonly pid: number;
  readonly result: Promise<EnimResult>;
  /** What is on its standard output by now. */
  printed(): string;
  /** What is on its standard error by now. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program by its argument vector, with nothing in its environment but `env`. */
export function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  options: EnimOptions,
): RunningEnim {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: { ...env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A program that ends before it has read its input is no concern of the test bed.
  child.stdin?.on('error', () => undefined).end(options.input);
  const output = { stdout: '', stderr: '' };
  const result = resultOf(child, output, command.join(' '), options.timeout ?? 60_000);
  // A test that fails may never come to await it; the failure is then the test's own.
  result.catch(() => undefined);
  if (child.pid === undefined) throw new Error(`"${program}" did not start.`);
  return {
    ...{ pid: child.pid, result },
    printed: () => output.stdout,
    said: () => output.stderr,
    kill: (signal) => void child.kill(signal),
  };
}

/** @param output is added to as it comes */
function resultOf(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  command: string,
  timeout: number,
): Promise<EnimResult> {
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`"${command}" did not end within ${timeout} ms.\n${output.stdout}${output.stderr}`));
    }, timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output, json: parseJson(output.stdout) });
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
