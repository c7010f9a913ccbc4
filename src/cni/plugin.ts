/**
 * The CNI plugin: environment and standard input in, one JSON document and an exit code out (CNI specification 1.1.0, section 2).
 * Whatever goes wrong is an answer, too.
 */
import type { Kept } from '../compose/context.js';
import type { Log } from '../log.js';
import { EnimError } from '../model/errors.js';
import type { Input } from '../stdio.js';
import type { CniCall } from './call.js';
import { parseCall } from './call.js';
import { failureDocument } from './failure.js';
import { type Network, parseNetwork } from './network.js';
import { perform } from './perform.js';
import { askedVersion, isSupported } from './version.js';

/** What the process gives the plugin. */
export interface PluginInput {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Input;
  /** Name of the executable, which is what a network configuration calls its `type`. */
  readonly program: string;
  /** Aborted when the work is to end between two steps; only ADD and GC ask for it. */
  readonly interruption: () => AbortSignal;
  /** What a process that stays keeps between its calls. */
  readonly kept?: Kept;
  /** Hears that all is loaded, and that the work begins. */
  readonly loaded?: (() => void) | undefined;
  readonly openLog: (settings: Pick<Network, 'logFile' | 'logLevel'>) => Log;
}

/** What the process prints, and how it ends. */
export interface PluginAnswer {
  /** One document, or nothing. */
  readonly stdout: string;
  readonly exitCode: 0 | 1;
}

const WITHOUT_FILE = { logFile: null, logLevel: 'warn' } as const;

/** Answers one call; throws nothing. */
export async function answerCall(input: PluginInput): Promise<PluginAnswer> {
  const started = performance.now();
  let log = input.openLog(WITHOUT_FILE);
  let call: CniCall | undefined;
  let network: Network | undefined;
  let version: string | null = null;
  const facts = (): Record<string, unknown> => ({
    command: input.env.CNI_COMMAND,
    network: network?.name,
    containerID: call?.containerID,
    ifname: call?.ifname,
    milliseconds: Math.round(performance.now() - started),
  });
  try {
    call = parseCall(input.env);
    const text = textOf(input.stdin);
    const asked = askedVersion(text);
    version = isSupported(asked) ? asked : null;
    network = parseNetwork(text, call.command);
    log = input.openLog(network);
    const { env, program, interruption, kept, loaded } = input;
    const result = await perform({ call, network, env, program, log, interruption, kept, loaded });
    log('info', 'done', facts());
    return result === undefined ? { stdout: '', exitCode: 0 } : printed(result);
  } catch (thrown) {
    const failure = failureDocument(thrown, version, input.env.CNI_COMMAND ?? null);
    log('error', failure.msg, { ...facts(), code: failure.code, details: failure.details });
    return { stdout: `${JSON.stringify(failure)}\n`, exitCode: 1 };
  }
}

function textOf(input: Input): string {
  if ('text' in input) return input.text;
  throw new EnimError('INPUT_FAILED', `The network configuration cannot be read from standard input: ${input.fault}.`, {
    hint: 'a container runtime writes it there; by hand: CNI_COMMAND=… enim < FILE',
  });
}

function printed(document: unknown): PluginAnswer {
  return { stdout: `${JSON.stringify(document)}\n`, exitCode: 0 };
}
