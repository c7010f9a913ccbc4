/**
 * Where the program starts, as executable (dist/enim) and on Node.js (bin/run.js). A container runtime sets CNI_COMMAND: then it is the
 * CNI plugin, and loads nothing of the command line. Where an agent runs, that does the plugin's work.
 */
import { basename, join } from 'node:path';
import { askAgent } from './agent/client.js';
import { type Locations, locationsOf } from './agent/places.js';
import type { PluginAnswer } from './cni/plugin.js';
import { messageOf } from './model/errors.js';
import { startInTurn } from './start.js';
import { leaveStreamsAsFound, print, readStdin, write } from './stdio.js';

/** Where the build puts src/commands/main.ts: into the executable, or beside this file. */
const COMMAND_LINE = typeof Bun === 'undefined' ? join(__dirname, 'command-line.cjs') : '/$bunfs/root/command-line.js';

const argv = process.argv.slice(2);
const isPlugin = 'CNI_COMMAND' in process.env && (argv.length === 0 || (argv.length === 1 && argv[0] === 'cni'));

// A bug ends like any other uncaught error: loudly, and not with 0.
void (isPlugin ? runPlugin() : runCommand());

async function runCommand(): Promise<void> {
  leaveStreamsAsFound();
  const { runCommandLine } = require(COMMAND_LINE) as typeof import('./commands/main.js');
  process.exitCode = await runCommandLine(argv);
}

async function runPlugin(): Promise<void> {
  const stdin = once(readStdin);
  const text = readOrNothing(stdin);
  // Without it nobody else is asked, and nobody waited for: what is wrong is for the plugin to say.
  const locations = text === '' ? undefined : locationsOf(process.env, text);
  const program = basename(process.execPath);
  const answer = locations && (await throughAgent(text, locations, program));
  const { stdout, exitCode } = answer ?? (await alone(stdin, locations, program));
  process.exitCode = isPrinted(stdout) ? exitCode : 1;
}

/** What a runtime does not get is no success to it, whatever was done: it deletes the pod, and the NIC comes home. */
function isPrinted(stdout: string): boolean {
  try {
    print(stdout);
    return true;
  } catch (thrown) {
    write(2, `error: ${messageOf(thrown)}\n`);
    return false;
  }
}

async function throughAgent(stdin: string, locations: Locations, program: string): Promise<PluginAnswer | undefined> {
  const stderr = (line: string): void => write(2, line);
  const answer = await askAgent({ env: process.env, stdin, locations, program, stderr });
  if (answer !== undefined) stderr(answer.stderr);
  return answer;
}

async function alone(stdin: () => string, locations: Locations | undefined, program: string): Promise<PluginAnswer> {
  const endTurn = await inTurn(locations);
  const [{ answerCall }, { createLog }, { interruption }] = await Promise.all([
    import('./cni/plugin.js'),
    import('./log.js'),
    import('./interruption.js'),
  ]);
  return answerCall({
    env: process.env,
    stdin,
    program,
    interruption,
    loaded: endTurn,
    openLog: ({ logFile, logLevel }) =>
      createLog({ file: logFile, level: logLevel, clock: () => new Date(), stderr: (text) => write(2, text) }),
  });
}

/** Whoever asks for the version alone loads next to nothing. */
async function inTurn(locations: Locations | undefined): Promise<() => void> {
  const isWork = locations !== undefined && process.env.CNI_COMMAND !== 'VERSION';
  return isWork ? startInTurn(locations.runDir) : () => undefined;
}

/** What cannot be read is an error of the call, which the plugin answers. */
function readOrNothing(stdin: () => string): string {
  try {
    return stdin();
  } catch {
    return '';
  }
}

/** Reads once, and afterwards gives or throws the same. */
function once(read: () => string): () => string {
  let result: { readonly text: string } | { readonly thrown: unknown } | undefined;
  return () => {
    if (result === undefined) {
      try {
        result = { text: read() };
      } catch (thrown) {
        result = { thrown };
      }
    }
    if ('thrown' in result) throw result.thrown;
    return result.text;
  };
}
