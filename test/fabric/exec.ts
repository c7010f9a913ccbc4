/** Starting programs for the test bed. What it sets up must not fail; what it tests may, and is an `Outcome`. */
import { execa } from 'execa';

/** What a program answered. `code` is null when it ended by a signal. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the program is killed and the test fails; a minute unless told. */
  readonly timeout?: number;
}

/** Runs a program by its argument vector; only a program that cannot start or does not end is an error. */
export async function run(
  program: string,
  args: readonly string[],
  { input, env, timeout = 60_000 }: RunOptions = {},
): Promise<Outcome> {
  const result = await execa(program, args, {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(env === undefined ? {} : { env, extendEnv: false }),
    reject: false,
    stripFinalNewline: false,
    timeout,
    killSignal: 'SIGKILL',
  });
  if (result.timedOut)
    throw new Error(`"${[program, ...args].join(' ')}" did not end within ${timeout} ms.\n${result.stderr}`);
  if (result.exitCode === undefined && result.signal === undefined) throw result;
  return {
    code: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: String(result.stdout),
    stderr: String(result.stderr),
  };
}

/** Runs a program that must succeed, and returns its standard output. */
export async function must(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, signal, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  throw new Error(
    `"${[program, ...args].join(' ')}" ended with ${code ?? signal}: ${stderr.trim()}${options?.input ? `\n${options.input}` : ''}`,
  );
}

/** Runs `ip` commands, one a line, in a netns below /run/netns, in one process; all must succeed. */
export async function ipBatch(netns: string, lines: readonly string[]): Promise<void> {
  await must('ip', ['-n', netns, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
