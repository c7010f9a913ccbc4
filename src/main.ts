/**
 * Where the program starts, as executable (dist/enim) and on Node.js (bin/run.js). A container runtime sets CNI_COMMAND: then it is the
 * CNI plugin, and loads nothing of the command line.
 */
import { basename, join } from 'node:path';
import { answerCall } from './cni/plugin.js';
import { createLog } from './log.js';
import { leaveStreamsAsFound, readStdin, write } from './stdio.js';

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
  const { stdout, exitCode } = await answerCall({
    env: process.env,
    stdin: readStdin,
    program: basename(process.execPath),
    openLog: ({ logFile, logLevel }) =>
      createLog({ file: logFile, level: logLevel, clock: () => new Date(), stderr: (text) => write(2, text) }),
  });
  write(1, stdout);
  process.exitCode = exitCode;
}
