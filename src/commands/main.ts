/** The command line as a program of its own: it is loaded only where it is wanted, for it takes longer to load than an ADD takes. */
import type { Interfaces } from '@oclif/core';
import manifest from '../../oclif.manifest.json' with { type: 'json' };
import pjson from '../../package.json' with { type: 'json' };
import { outputFailure, print } from '../stdio.js';
import { report, runCli } from './cli.js';
import { COMMANDS } from './index.js';
import type { Manifest } from './plugin.js';

/**
 * Runs what was typed after `enim`.
 *
 * @returns the exit code
 */
export function runCommandLine(argv: readonly string[]): Promise<number> {
  // All of oclif prints by it, help and JSON as well; Bun's would say nothing of a disk that is full.
  console.log = (text = ''): void => print(`${text}\n`);
  // What goes by the stream, line after line of a watch, fails later; oclif's listener would end it with a stack trace.
  process.stdout.removeAllListeners('error').on('error', (thrown) => {
    const failure = outputFailure(thrown);
    if (failure !== undefined) process.exit(report(failure, argv));
  });
  return runCli(argv, {
    pjson: pjson as unknown as Interfaces.PJSON,
    manifest: manifest as unknown as Manifest,
    commands: COMMANDS,
  });
}
