/** The command line: argument vector in, exit code out. The one place that prints errors. */
import { run } from '@oclif/core';
import { failureDocument, renderFailure } from '../render/failure.js';
import { styleFor, widthOf } from '../render/style.js';
import { failureOf, silentExitCode } from './failure.js';
import { adaptHelp } from './help.js';
import { oclifOptions, type Program } from './plugin.js';
import { assertKnownCommand } from './unknown.js';

/**
 * Runs one command line.
 *
 * @param argv what was typed after `enim`
 * @returns the exit code; nothing is thrown
 */
export async function runCli(argv: readonly string[], program: Program): Promise<number> {
  const words = spelledOut(argv);
  try {
    assertKnownCommand(words, program);
    adaptHelp(program.pjson.version);
    await run(words, oclifOptions(program));
    return 0;
  } catch (thrown) {
    return silentExitCode(thrown) ?? report(thrown, words);
  }
}

/** The command line that `enim help add` and `enim --version` are short for. */
function spelledOut([first, ...rest]: readonly string[]): string[] {
  if (first === 'help') return [...rest, '--help'];
  if (first === '--version') return ['version', ...rest];
  return first === undefined ? [] : [first, ...rest];
}

/**
 * Prints an error.
 *
 * @returns the exit code
 */
export function report(thrown: unknown, argv: readonly string[]): number {
  const failure = failureOf(thrown);
  const debug = hasFlag(argv, '--debug') || Boolean(process.env.DEBUG);
  if (hasFlag(argv, '--json') && failure.code !== 'OUTPUT_FAILED') {
    process.stdout.write(`${failureDocument(failure)}\n`);
    if (debug) process.stderr.write(`${failure.trace}\n`);
  } else {
    const style = styleFor(process.stderr, process.env);
    process.stderr.write(`${renderFailure(failure, { style, width: widthOf(process.stderr), debug })}\n`);
  }
  return failure.exitCode;
}

function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes(flag);
}
