/** An agent on a test node. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnimOptions, EnimResult, RunningEnim } from './executable.js';
import type { Node } from './node.js';
import { eventually } from './poll.js';

/** A line of its log. */
export interface AgentLine {
  readonly level: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

/** An agent that listens. */
export interface Agent extends RunningEnim {
  /** Ends it by SIGTERM; what it wrote, and how it ended. */
  stop(): Promise<EnimResult & { readonly lines: readonly AgentLine[] }>;
  /** Ends it by SIGKILL. */
  end(): Promise<void>;
}

/** Starts an agent that does no gc and logs everything unless told (null: by its settings), and waits until it is ready. */
export async function startAgent(
  node: Node,
  args: readonly string[] = ['--gc-every', '0'],
  { logLevel = 'debug', ...options }: EnimOptions & { readonly logLevel?: string | null } = {},
): Promise<Agent> {
  const level = logLevel === null ? [] : ['--log-level', logLevel];
  const running = node.startEnim(['agent', ...level, ...args], options);
  let ended: EnimResult | undefined;
  running.result.then(
    (result) => {
      ended = result;
    },
    () => undefined,
  );
  await eventually('that the agent listens', () => {
    if (ended !== undefined) throw new Error(`The agent ended with ${ended.code}: ${ended.stderr}`);
    // It says so once it answers by HTTP, too, where its level lets it.
    return logLevel !== 'debug' ? isListening(node, running.pid) : running.said().includes('"message":"ready"');
  });
  return {
    ...running,
    async stop() {
      running.kill('SIGTERM');
      const result = await running.result;
      return { ...result, lines: linesOf(result.stderr) };
    },
    async end() {
      running.kill('SIGKILL');
      await running.result;
    },
  };
}

/** The socket may be a former agent's; the lock says whose it is by now. */
function isListening({ runDir }: Node, pid: number): boolean {
  const [socket, lock] = [join(runDir, 'agent.sock'), join(runDir, 'agent.lock')];
  return existsSync(socket) && existsSync(lock) && readFileSync(lock, 'utf8').startsWith(`pid ${pid} `);
}

function linesOf(text: string): AgentLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as AgentLine);
}
