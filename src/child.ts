/**
 * One child process with pipes, on either runtime. Bun's own call takes 3 ms and 2 ms of CPU for two children; its copy of
 * `node:child_process` takes 7 and 6, for it loads the streams (measured).
 */
import { errnoOf } from './model/errors.js';

/** How a child ended. `code` is null when it was by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child that runs. */
export interface Child {
  /** Writes to its standard input; it may have ended already. */
  write(text: string): void;
  /** Closes its standard input. */
  closeInput(): void;
  kill(): void;
  /** When it has ended and all of its output is read. Rejects if it could not be started, with the errno as `code`. */
  readonly ended: Promise<Ending>;
}

/** What to start, and how. */
export interface ChildSettings {
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Whether it has a standard input at all. */
  readonly input: boolean;
  /** Descriptors that it inherits, as 3 and the following ones; nothing else of ours. */
  readonly keepOpen: readonly number[];
  /** Gets standard output as it comes. */
  readonly onOutput: (text: string) => void;
}

/** Starts it, in a process group of its own: Ctrl-C on the terminal must reach us alone, not an `ip` in the middle of a move. */
export function startChild(settings: ChildSettings): Child {
  return typeof Bun === 'undefined' ? startOnNode(settings) : startOnBun(settings, Bun);
}

function startOnBun(settings: ChildSettings, bun: NonNullable<typeof Bun>): Child {
  const { argv, env, input, keepOpen, onOutput } = settings;
  let child: ReturnType<typeof bun.spawn>;
  try {
    child = bun.spawn(argv, { stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...keepOpen], detached: true, env });
  } catch (thrown) {
    return { write() {}, closeInput() {}, kill() {}, ended: Promise.reject(thrown) };
  }
  const { stdin, stdout, stderr, exited } = child;
  return {
    write(text) {
      feed(() => stdin?.write(text));
      feed(() => stdin?.flush());
    },
    closeInput: () => feed(() => stdin?.end()),
    kill: () => child.kill('SIGKILL'),
    ended: Promise.all([readAll(stdout, onOutput), readAll(stderr, () => {}), exited]).then(([out, err]) => ({
      ...{ code: child.exitCode, stdout: out, stderr: err },
    })),
  };
}

/** A program that ended without reading all of its input says why by its exit code. Bun throws it, or rejects. */
function feed(work: () => unknown): void {
  const ignoreEnd = (thrown: unknown): void => {
    if (errnoOf(thrown) !== 'EPIPE') throw thrown;
  };
  try {
    Promise.resolve(work()).catch(ignoreEnd);
  } catch (thrown) {
    ignoreEnd(thrown);
  }
}

async function readAll(stream: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let all = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all;
    const text = decoder.decode(value, { stream: true });
    all += text;
    onText(text);
  }
}

function startOnNode({ argv: [program, ...args], env, input, keepOpen, onOutput }: ChildSettings): Child {
  // Not imported: Bun's copy, which nobody uses, would be loaded all the same.
  const child = process.getBuiltinModule('node:child_process').spawn(program, args, {
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...keepOpen],
    detached: true,
    env,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      if (name === 'stdout') onOutput(text);
    });
  }
  // A program that ended without reading all of its input says why by its exit code.
  child.stdin?.on('error', () => {});
  return {
    write: (text) => void child.stdin?.write(text),
    closeInput: () => void child.stdin?.end(),
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...output }));
    }),
  };
}
