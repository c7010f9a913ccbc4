/**
 * Calling another IPAM plugin by the delegation rules of the CNI specification (section 4): its executable is looked for in CNI_PATH,
 * gets our environment and configuration, and its error is passed on.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Programs } from '../exec.js';
import { EnimError, type ErrorCode } from '../model/errors.js';

/** What is asked of which plugin. */
export interface Delegation {
  readonly command: 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS';
  /** The plugin's `type`, which is the name of its executable. */
  readonly type: string;
  /** Directories of CNI_PATH. */
  readonly path: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The network configuration, whole. */
  readonly network: unknown;
}

/**
 * Calls the plugin.
 *
 * @returns its answer as JSON; undefined if it printed none
 * @throws EnimError DELEGATE_FAILED, or what the plugin's code says if that is one of the specification's
 */
export type Delegate = (delegation: Delegation) => Promise<unknown>;

/** Codes of the specification that mean the same from whoever they come. */
const MEANING: Readonly<Record<number, ErrorCode>> = {
  1: 'INCOMPATIBLE_VERSION',
  7: 'INVALID_CONFIG',
  11: 'BUSY',
  50: 'UNAVAILABLE',
  51: 'LIMITED',
};

export function createDelegate({ run }: Programs): Delegate {
  return async ({ command, type, path, env, network }) => {
    const program = findPlugin(type, path);
    const { code, stdout, stderr } = await run(program, [], {
      input: JSON.stringify(network),
      env: { ...env, CNI_COMMAND: command },
    });
    const answer = parseAnswer(stdout);
    if (code === 0) return answer;
    const { msg, details, code: cniCode } = errorOf(answer);
    const reason = msg ?? (stderr.trim() || (code === null ? 'it was killed' : `it ended with code ${code}`));
    throw new EnimError(
      MEANING[cniCode ?? 0] ?? 'DELEGATE_FAILED',
      `The IPAM plugin "${type}" (${command}): ${reason}`,
      {
        details: details === undefined ? [] : [details],
      },
    );
  };
}

function findPlugin(type: string, path: readonly string[]): string {
  const found = type.includes('/') ? undefined : path.map((directory) => join(directory, type)).find(isProgram);
  if (found !== undefined) return found;
  throw new EnimError(
    'DELEGATE_FAILED',
    `The IPAM plugin "${type}" is in no directory of CNI_PATH (${path.join(':') || 'which is empty'}).`,
    { hint: 'install it there, or correct "ipam" in the network configuration' },
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(answer: unknown): { msg?: string; details?: string; code?: number } {
  if (typeof answer !== 'object' || answer === null) return {};
  const { msg, details, code } = answer as Record<string, unknown>;
  return {
    ...(typeof msg === 'string' && msg !== '' ? { msg } : {}),
    ...(typeof details === 'string' && details !== '' ? { details } : {}),
    ...(typeof code === 'number' ? { code } : {}),
  };
}
