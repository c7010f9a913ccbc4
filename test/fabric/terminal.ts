/** A real terminal on the test node: tmux, which says what a person sees, and is typed into like by one. */
import { randomBytes } from 'node:crypto';
import { must, run } from './exec.js';
import { netnsPath } from './netns.js';
import type { Node } from './node.js';
import { eventually } from './poll.js';

/** The size of it, and what is added to the environment. */
export interface TerminalOptions {
  readonly columns: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal with a shell at home, which can call the executable as `enim`. */
export interface Terminal {
  /** What is seen, without empty lines at the end; escape sequences for colours if wanted. */
  screen(coloured?: boolean): Promise<string>;
  /** Presses keys, as tmux names them: `C-c`, `Enter`; anything else is typed. */
  press(...keys: string[]): Promise<void>;
  /** Types a line, and presses Enter. */
  enter(line: string): Promise<void>;
  /**
   * Runs a line in the cleared terminal, and waits for its end.
   *
   * @returns what it printed, and whether the terminal had to break a line of it
   */
  run(line: string, coloured?: boolean): Promise<{ readonly text: string; readonly broken: readonly string[] }>;
  close(): Promise<void>;
}

const PROMPT = '% ';

/** Opens one; whoever opens it closes it, before the node goes. */
export async function openTerminal(node: Node, { columns, rows = 50, env = {} }: TerminalOptions): Promise<Terminal> {
  // A socket of its own: no server of anybody else is spoken to.
  const socket = ['-L', `enimtest-${randomBytes(4).toString('hex')}`, '-f', '/dev/null'];
  const tmux = (...args: string[]): Promise<string> => must('tmux', [...socket, ...args]);
  const variables = Object.entries({ ...node.env, LC_ALL: 'C.UTF-8', TERM: 'screen-256color', PS1: PROMPT, ...env });
  const shell = ['nsenter', `--net=${netnsPath(node.netns)}`, 'env', '-i'];
  const command = [...shell, ...variables.map(([key, value]) => `${key}=${value}`), 'sh'];
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, ...command, ';', 'set-option', '-g', 'history-limit', '5000');

  const captured = async (...options: string[]): Promise<string> =>
    (await tmux('capture-pane', '-p', ...options)).replace(/[ \t]+$/gm, '').trimEnd();
  const enter = async (line: string): Promise<void> => {
    await tmux('send-keys', '-l', line);
    await tmux('send-keys', 'Enter');
  };
  const isReady = async (): Promise<boolean> => (await captured()).split('\n').at(-1) === PROMPT.trim();

  await eventually('the shell', isReady);
  return {
    screen: (coloured = false) => captured(...(coloured ? ['-e'] : [])),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    enter,
    async run(line, coloured = false) {
      await tmux('send-keys', '-R');
      await tmux('clear-history');
      await enter(line);
      await eventually(`the end of "${line}"`, async () => (await captured('-S', '-')).includes('\n') && isReady());
      const printed = (text: string): string[] => text.split('\n').slice(1, -1);
      const [seen, meant] = [await captured('-S', '-'), await captured('-S', '-', '-J')].map(printed);
      const text = coloured ? printed(await captured('-S', '-', '-e')) : seen;
      return { text: text?.join('\n') ?? '', broken: (meant ?? []).filter((each) => !seen?.includes(each)) };
    },
    async close() {
      await run('tmux', [...socket, 'kill-server']);
    },
  };
}
