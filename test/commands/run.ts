/** Running command lines on the source, in this process. */
import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import type { Interfaces } from '@oclif/core';
import { createManifest } from '../../scripts/manifest.js';
import { runCli } from '../../src/commands/cli.js';
import { COMMANDS, type CommandTable } from '../../src/commands/index.js';

/** package.json of enim. */
export const PJSON = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Interfaces.PJSON;

/** How a command line ended. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `enim ...argv` with these commands. One at a time: it captures the output of the whole process. */
export async function runEnim(argv: readonly string[], commands: CommandTable = COMMANDS): Promise<CliResult> {
  const manifest = await createManifest(PJSON, commands);
  return capture(() => runCli(argv, { pjson: PJSON, manifest, commands }));
}

async function capture(action: () => Promise<number>): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const undo = [
    redirect(process.stdout, (text) => (written.stdout += text)),
    redirect(process.stderr, (text) => (written.stderr += text)),
  ];
  // jest's console keeps what is logged to itself.
  const { console: original } = globalThis;
  globalThis.console = new Console(process.stdout, process.stderr);
  try {
    return { code: await action(), ...written };
  } finally {
    globalThis.console = original;
    for (const each of undo) each();
  }
}

function redirect(stream: NodeJS.WriteStream, write: (text: string) => void): () => void {
  const original = stream.write;
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof stream.write;
  return () => {
    stream.write = original;
  };
}
