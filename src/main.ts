/**
 * Where the program starts, as executable (dist/enim) and as bundle for Node.js (bin/run.js). A container runtime sets CNI_COMMAND:
 * then it is the CNI plugin, and loads nothing of the command line.
 */
import { basename } from 'node:path';

const argv = process.argv.slice(2);

if ('CNI_COMMAND' in process.env && (argv.length === 0 || (argv.length === 1 && argv[0] === 'cni'))) {
  await runPlugin();
} else {
  const [{ runCli }, { PROGRAM }] = await Promise.all([import('./commands/cli.js'), import('./commands/program.js')]);
  process.exitCode = await runCli(argv, PROGRAM);
}

async function runPlugin(): Promise<void> {
  const [{ answerCall }, { createLog }, { readStdin }] = await Promise.all([
    import('./cni/plugin.js'),
    import('./log.js'),
    import('./stdin.js'),
  ]);
  const stderr = (text: string): void => void process.stderr.write(text);
  const { stdout, exitCode } = await answerCall({
    env: process.env,
    stdin: readStdin,
    program: basename(process.execPath),
    openLog: ({ logFile, logLevel }) => createLog({ file: logFile, level: logLevel, clock: () => new Date(), stderr }),
  });
  process.stdout.write(stdout);
  process.exitCode = exitCode;
}
