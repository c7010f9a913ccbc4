/**
 * What a client of the agent and the agent say to each other. Three moves come before any work, so that never both begin it: the client
 * sends its request, the agent says that it would do it, and only the client's `go` has it begin. Pure.
 */
import type { Build } from '../build.js';

/** A path that a call depends on, and what is there, as the client sees it; null if nothing is. */
export type Place = readonly [path: string, identity: string | null];

/** A call of the plugin, to be carried out by the agent. */
export interface AgentRequest extends Build {
  readonly type: 'request';
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Name of the client's executable. */
  readonly program: string;
  readonly places: readonly Place[];
}

/** What the client is to print, and how it is to end. */
export interface AgentAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: 0 | 1;
}

/** Why the agent does not do it. */
export type Refusal = 'build' | 'places' | 'stopping';

export type ClientMessage = AgentRequest | { readonly type: 'go' };

export type AgentMessage =
  | { readonly type: 'accepted' }
  | ({ readonly type: 'refused'; readonly reason: Refusal; readonly pid: number } & Build)
  /** The work goes on. */
  | { readonly type: 'beat' }
  | ({ readonly type: 'answer' } & AgentAnswer);

export type Bounds = { readonly [Name in 'accept' | 'silence' | 'beat' | 'slow' | 'clients']: number };

/** Times in milliseconds, and a number. */
export const BOUNDS: Bounds = {
  /**
   * Until the agent says that it would do it. One that lives does so within a few, but where many calls come at once on a busy machine,
   * those that gave up too soon would make it busier still.
   */
  accept: 900,
  /** Until `go`, seen from the agent; and until the next beat, seen from the client. An agent never begins what its client has given up. */
  silence: 1_000,
  beat: 200,
  /** Until a client has sent its request, and until it has taken its answer. */
  slow: 2_000,
  /** Connections at once; the next is closed, and its client works alone. */
  clients: 256,
};

/** A message of a client; undefined for what is none. */
export function clientMessage(value: unknown): ClientMessage | undefined {
  if (!isObject(value)) return undefined;
  if (value.type === 'go') return { type: 'go' };
  const { type, version, build, env, stdin, program, places } = value;
  const isRequest =
    type === 'request' &&
    [version, build, stdin, program].every((each) => typeof each === 'string') &&
    isObject(env) &&
    Object.values(env).every((each) => typeof each === 'string') &&
    Array.isArray(places) &&
    places.every(isPlace);
  return isRequest ? (value as unknown as AgentRequest) : undefined;
}

/** A message of an agent; undefined for what is none. */
export function agentMessage(value: unknown): AgentMessage | undefined {
  if (!isObject(value)) return undefined;
  const { type, reason, pid, version, build, stdout, stderr, exitCode } = value;
  const isMessage =
    type === 'accepted' ||
    type === 'beat' ||
    (type === 'refused' &&
      [reason, version, build].every((each) => typeof each === 'string') &&
      typeof pid === 'number') ||
    (type === 'answer' &&
      [stdout, stderr].every((each) => typeof each === 'string') &&
      (exitCode === 0 || exitCode === 1));
  return isMessage ? (value as unknown as AgentMessage) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlace(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [path, identity] = value as unknown[];
  return typeof path === 'string' && (identity === null || typeof identity === 'string');
}
