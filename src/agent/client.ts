/**
 * The front of the CNI plugin: whether an agent does this call. It comes before all that the work needs is loaded, and costs next to
 * nothing where there is no agent.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD } from '../build.js';
import { connect } from './channel.js';
import { converse } from './conversation.js';
import { type Locations, placesOf, socketIn } from './places.js';
import type { AgentAnswer, AgentMessage } from './protocol.js';

/** A call, as the plugin got it. */
interface Call {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: string;
  /** Where that says that everything is. */
  readonly locations: Locations;
  /** Name of our executable. */
  readonly program: string;
  readonly stderr: (text: string) => void;
}

/** The verbs that are work. */
const VERBS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS'];

/**
 * Has the agent carry the call out.
 *
 * @returns undefined if the caller has to do it itself: there is no agent, or none that would or could
 */
export async function askAgent({ env, stdin, locations, program, stderr }: Call): Promise<AgentAnswer | undefined> {
  // Where a test has us die, it is we who must do the work.
  if (!VERBS.includes(env.CNI_COMMAND ?? '') || env.ENIM_FAILPOINT) return undefined;
  const socket = socketIn(locations.runDir);
  if (!existsSync(socket)) return undefined;
  const outcome = await converse(
    {
      type: 'request',
      ...BUILD,
      env: definedIn(env),
      stdin,
      program,
      places: placesOf({ env, stdin, locations, program }),
    },
    () => connect(socket),
  );
  if (outcome.kind === 'answered') return outcome.answer;
  if (outcome.kind === 'refused' && outcome.by.reason === 'build' && isNews(locations.runDir, outcome.by))
    stderr(`${JSON.stringify({ time: new Date().toISOString(), level: 'warn', ...mismatch(outcome.by) })}\n`);
  return undefined;
}

type Refused = Extract<AgentMessage, { type: 'refused' }>;

function mismatch({ pid, version, build }: Refused): Readonly<Record<string, unknown>> {
  return {
    message: `the agent (pid ${pid}) is another build of enim, so calls are carried out without it; restart it`,
    agent: `${version} ${build}`,
    plugin: `${BUILD.version} ${BUILD.build}`,
  };
}

/** Whether it was not said before, of this agent and by any of us. That it cannot be noted must not keep a call from its work. */
function isNews(runDir: string, { pid, build }: Refused): boolean {
  const path = join(runDir, 'agent.refused');
  const note = `${pid} ${build} ${BUILD.build}\n`;
  try {
    if (existsSync(path) && readFileSync(path, 'utf8') === note) return false;
    writeFileSync(path, note, { mode: 0o600 });
  } catch {
    return false;
  }
  return true;
}

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = Object.entries(env).filter((each): each is [string, string] => each[1] !== undefined);
  return Object.fromEntries(given);
}
