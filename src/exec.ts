/**
 * Starting other programs. The only place that does it, so that every child is bounded in time, never shares our terminal's
 * signals, never holds our stdout open after we are gone, and inherits nothing but what it is given.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { EnimError, errnoOf } from './model/errors.js';

/** What a program answered. `code` is null when it ended by a signal. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface StartOptions {
  /**
   * Descriptors that it inherits and keeps open while it lives. A lock (flock) handed on like this outlasts our own death until
   * the program is done with what the lock protects.
   */
  readonly keepOpen?: readonly number[];
}

interface RunOptions extends StartOptions {
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  /** Its whole environment; ours with `LC_ALL=C` unless told. */
  readonly env?: NodeJS.ProcessEnv;
}

/** What a program that is spoken to has printed in answer. */
export interface Answer {
  readonly lines: readonly string[];
  /** How it ended, if it did so before it had printed all that was waited for. */
  readonly ended: Outcome | null;
}

/** A program that reads lines and answers in lines, for as long as it is needed. Its end of input is our death, too. */
export interface Conversation {
  /** Writes to its standard input, and waits until it has printed so many lines since, or has ended. */
  ask(text: string, lines: number): Promise<Answer>;
  /** Closes its standard input, and waits until it has ended. */
  end(): Promise<void>;
}

/** Starts programs by their argument vectors, never through a shell. */
export interface Programs {
  /** Runs a program to its end. One that fails is an `Outcome`, for the caller to judge. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Starts a program and talks to it. */
  converse(program: string, args: readonly string[], options?: StartOptions): Conversation;
}

const PACKAGE_OF: Record<string, string> = {
  ip: 'iproute2',
  nsenter: 'util-linux',
  flock: 'util-linux',
  tee: 'coreutils',
};

/**
 * Makes a starter whose programs are killed when they have not answered within `timeout` milliseconds.
 *
 * All its promises throw EnimError TOOL_MISSING or TOOL_TIMEOUT.
 */
export function createPrograms(timeout: number): Programs {
  return {
    async run(program, args, { input, keepOpen = [], env } = {}) {
      const child = start(program, args, { keepOpen, stdin: input === undefined ? 'ignore' : 'pipe', env });
      child.stdin?.end(input);
      return bounded(child, command(program, args), timeout, ended(child, program));
    },

    converse(program, args, { keepOpen = [] } = {}) {
      const child = start(program, args, { keepOpen, stdin: 'pipe', env: undefined });
      const stdin = child.stdin as Writable;
      const printed = new Lines(child.stdout as Readable);
      const outcome = ended(child, program);
      // Whoever asks hears of it; nobody asking is no crash.
      outcome.catch(() => {});
      return {
        async ask(text, lines) {
          const from = printed.count;
          stdin.write(text);
          const last = await bounded(
            child,
            command(program, args),
            timeout,
            Promise.race([printed.reach(from + lines), outcome]),
          );
          return { lines: printed.since(from), ended: last ?? null };
        },
        async end() {
          stdin.end();
          await bounded(child, command(program, args), timeout, outcome);
        },
      };
    },
  };
}

function start(
  program: string,
  args: readonly string[],
  {
    keepOpen,
    stdin,
    env,
  }: { keepOpen: readonly number[]; stdin: 'ignore' | 'pipe'; env: NodeJS.ProcessEnv | undefined },
): ChildProcess {
  const child = spawn(program, args, {
    stdio: [stdin, 'pipe', 'pipe', ...keepOpen],
    // Its own process group: Ctrl-C on the terminal must reach us alone, not an `ip` in the middle of a move.
    detached: true,
    env: env ?? { ...process.env, LC_ALL: 'C' },
  });
  // A program that ended without reading all of its input says why by its exit code.
  child.stdin?.on('error', () => {});
  return child;
}

/** How the child ends, with everything that it printed. */
function ended(child: ChildProcess, program: string): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(program, error)));
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

async function bounded<T>(child: ChildProcess, what: string, timeout: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(timedOut(what, timeout));
    }, timeout);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The lines of a stream, as they come in. */
class Lines {
  readonly #lines: string[] = [];
  #rest = '';
  #awaited: { readonly count: number; readonly reached: () => void } | undefined;

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => this.#add(text));
  }

  get count(): number {
    return this.#lines.length;
  }

  since(index: number): string[] {
    return this.#lines.slice(index);
  }

  reach(count: number): Promise<undefined> {
    if (this.count >= count) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#awaited = { count, reached: () => resolve(undefined) };
    });
  }

  #add(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    this.#lines.push(...parts);
    if (this.#awaited !== undefined && this.count >= this.#awaited.count) this.#awaited.reached();
  }
}

function command(program: string, args: readonly string[]): string {
  return [program, ...args].join(' ');
}

function timedOut(what: string, timeout: number): EnimError {
  return new EnimError('TOOL_TIMEOUT', `"${what}" gave no answer within ${timeout / 1_000} s and was killed.`, {
    hint: 'see what the kernel is busy with (dmesg), then try again',
  });
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
