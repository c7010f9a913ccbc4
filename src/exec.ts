/**
 * Starting other programs. The only place that does it, but for the program of a kubeconfig (src/cluster/program.ts), so that every child
 * is bounded in time, never shares our terminal's signals, never holds our stdout open after we are gone, and inherits nothing but what it
 * is given.
 */
import { type Child, type Ending, startChild } from './child.js';
import { failpoint } from './failpoint.js';
import { EnimError, errnoOf } from './model/errors.js';

/** What a program answered. `code` is null when it ended by a signal. */
export type Outcome = Ending;

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
  setpriv: 'util-linux',
  tee: 'coreutils',
};

/**
 * Makes a starter whose programs are killed when they have not answered within `timeout` milliseconds.
 *
 * All its promises throw EnimError TOOL_MISSING or TOOL_TIMEOUT.
 */
export function createPrograms(timeout: number): Programs {
  return {
    async run(program, args, { input, keepOpen = [], env = ourEnvironment() } = {}) {
      failpoint('start', program);
      const child = startChild({
        argv: [program, ...args],
        env,
        input: input !== undefined,
        keepOpen,
        onOutput: () => {},
      });
      failpoint('started', program);
      if (input !== undefined) {
        child.write(input);
        failpoint('asked', program);
        child.closeInput();
      }
      const outcome = await bounded(child, [program, ...args], timeout, child.ended);
      failpoint('ended', program);
      return outcome;
    },

    converse(program, args, { keepOpen = [] } = {}) {
      const argv = [program, ...args] as const;
      const printed = new Lines();
      failpoint('start', program);
      const child = startChild({
        argv,
        env: ourEnvironment(),
        input: true,
        keepOpen,
        onOutput: (text) => printed.add(text),
      });
      failpoint('started', program);
      // Whoever asks hears of it; nobody asking is no crash.
      child.ended.catch(() => {});
      return {
        async ask(text, lines) {
          const from = printed.count;
          failpoint('ask', program);
          child.write(text);
          failpoint('asked', program);
          const last = await bounded(child, argv, timeout, Promise.race([printed.reach(from + lines), child.ended]));
          failpoint('answered', program);
          return { lines: printed.since(from), ended: last ?? null };
        },
        async end() {
          child.closeInput();
          failpoint('ending', program);
          await bounded(child, argv, timeout, child.ended);
          failpoint('ended', program);
        },
      };
    },
  };
}

/** Programs that talk to us talk English. */
function ourEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}

async function bounded<T>(child: Child, argv: readonly string[], timeout: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill();
      reject(timedOut(argv.join(' '), timeout));
    }, timeout);
  });
  try {
    return await Promise.race([work, late]);
  } catch (thrown) {
    throw thrown instanceof EnimError ? thrown : notStarted(argv[0] ?? '', thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** The lines of an output, as they come in. */
class Lines {
  readonly #lines: string[] = [];
  #rest = '';
  #awaited: { readonly count: number; readonly reached: () => void } | undefined;

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

  add(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    this.#lines.push(...parts);
    if (this.#awaited !== undefined && this.count >= this.#awaited.count) this.#awaited.reached();
  }
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
