/**
 * Starting other programs. The only place that does it, so that every child is bounded in time, never shares our terminal's
 * signals, and never holds our stdout open after we are gone.
 */
import { execa } from 'execa';
import { EnimError, errnoOf } from './model/errors.js';

/** What a program answered. `code` is null when it ended by a signal. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  /**
   * Descriptors that it inherits and keeps open while it lives. A lock (flock) handed on like this outlasts our own death until
   * the program is done with what the lock protects.
   */
  readonly keepOpen?: readonly number[];
}

/** Runs a program by its argument vector, never through a shell. */
export type Run = (program: string, args: readonly string[], options?: RunOptions) => Promise<Outcome>;

const PACKAGE_OF: Record<string, string> = {
  ip: 'iproute2',
  nsenter: 'util-linux',
  flock: 'util-linux',
  tee: 'coreutils',
};

/**
 * Makes a runner whose programs are killed after `timeout` milliseconds.
 *
 * The runner throws EnimError TOOL_MISSING or TOOL_TIMEOUT; a program that fails is an `Outcome`, for its caller to judge.
 */
export function createRun(timeout: number): Run {
  return async (program, args, { input, keepOpen = [] } = {}) => {
    const result = await execa(program, args, {
      // execa's types end at descriptor 9; Node and Bun take any.
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(keepOpen as 3[])],
      ...(input === undefined ? {} : { input }),
      // Its own process group: Ctrl-C on the terminal must reach us alone, not an `ip` in the middle of a move.
      detached: true,
      cleanup: false,
      env: { LC_ALL: 'C' },
      reject: false,
      stripFinalNewline: false,
      timeout,
      killSignal: 'SIGKILL',
    });
    if (result.timedOut) throw timedOut(program, args, timeout);
    if (result.exitCode === undefined && result.signal === undefined) throw notStarted(program, result.cause ?? result);
    return { code: result.exitCode ?? null, stdout: String(result.stdout), stderr: String(result.stderr) };
  };
}

function timedOut(program: string, args: readonly string[], timeout: number): EnimError {
  return new EnimError(
    'TOOL_TIMEOUT',
    `"${[program, ...args].join(' ')}" gave no answer within ${timeout / 1_000} s and was killed.`,
    {
      hint: 'see what the kernel is busy with (dmesg), then try again',
    },
  );
}

function notStarted(program: string, cause: unknown): EnimError {
  if (errnoOf(cause) === 'ENOENT') {
    const debian = PACKAGE_OF[program];
    return new EnimError('TOOL_MISSING', `The program "${program}" is missing from PATH.`, {
      hint: debian === undefined ? `install ${program}` : `apt-get install ${debian}`,
      cause,
    });
  }
  return new EnimError(
    'TOOL_MISSING',
    `The program "${program}" could not be started: ${errnoOf(cause) ?? String(cause)}.`,
    { cause },
  );
}
