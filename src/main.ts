/**
 * Where the program starts, as executable (dist/enim) and on Node.js (bin/run.js). A container runtime sets CNI_COMMAND: then it is the
 * CNI plugin, and loads nothing of the command line. Where an agent runs, that does the plugin's work; else what does it is loaded, from
 * a bundle of its own.
 */
import { basename, join } from 'node:path';
import { askAgent } from './agent/client.js';
import { type Locations, locationsOf } from './agent/places.js';
import type { PluginAnswer } from './cni/plugin.js';
import { answerVersion } from './cni/version.js';
import { messageOf } from './model/errors.js';
import { startInTurn } from './start.js';
import { type Input, leaveStreamsAsFound, print, readStdin, write } from './stdio.js';

const argv = process.argv.slice(2);
const isPlugin = 'CNI_COMMAND' in process.env && (argv.length === 0 || (argv.length === 1 && argv[0] === 'cni'));

// A bug ends like any other uncaught error: loudly, and not with 0.
void (isPlugin ? runPlugin() : runCommand());

async function runCommand(): Promise<void> {
  leaveStreamsAsFound();
  const { runCommandLine } = require(bundle('command-line')) as typeof import('./commands/main.js');
  process.exitCode = await runCommandLine(argv);
}

async function runPlugin(): Promise<void> {
  const { stdout, exitCode } = await answer(readStdin());
  process.exitCode = isPrinted(stdout) ? exitCode : 1;
}

async function answer(stdin: Input): Promise<PluginAnswer> {
  const text = 'text' in stdin ? stdin.text : '';
  if (process.env.CNI_COMMAND === 'VERSION') return { stdout: answerVersion(text), exitCode: 0 };
  // Without it nobody else is asked, and nobody waited for: what is wrong is for the plugin to say.
  const locations = text === '' ? undefined : locationsOf(process.env, text);
  const program = basename(process.execPath);
  const answered = locations && (await throughAgent(text, locations, program));
  return answered ?? alone(stdin, locations, program);
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

async function alone(stdin: Input, locations: Locations | undefined, program: string): Promise<PluginAnswer> {
  const endTurn = locations === undefined ? undefined : await startInTurn(locations.runDir);
  const { answerAlone } = require(bundle('plugin')) as typeof import('./cni/main.js');
  // The plugin ends it once it has read the settings, too: of 32 calls at once the last is then ready 30 ms sooner.
  return answerAlone({ env: process.env, stdin, program, loaded: endTurn });
}

/** Where the build puts the bundle of this name: into the executable, or beside this file. */
function bundle(name: 'command-line' | 'plugin'): string {
  return typeof Bun === 'undefined' ? join(__dirname, `${name}.cjs`) : `/$bunfs/root/${name}.js`;
}
