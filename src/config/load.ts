/** Reads the settings once, at the start. */
import { readFileSync, statSync } from 'node:fs';
import { EnimError, errnoOf, messageOf } from '../model/errors.js';
import type { SettingsFault } from './faults.js';
import { DEFAULTS, parseSettings, type Settings } from './schema.js';

/**
 * The settings in a file; the defaults if there is no file.
 *
 * @throws EnimError INVALID_CONFIG naming every field that is wrong, and its value
 */
export function loadSettings(path: string): Settings {
  const json = loadJson(path);
  if (json === undefined) return DEFAULTS;
  const result = parseSettings(json);
  if ('settings' in result) return result.settings;
  throw invalid(`The settings ${path} are wrong`, result.faults, `correct it in ${path}, then: enim list`);
}

/** The same, which reads a file anew only if it is another one or was changed since. */
export function rememberSettings(): (path: string) => Settings {
  const known = new Map<string, { readonly stamp: string; readonly settings: Settings }>();
  return (path) => {
    const stamp = stampOf(path);
    const before = known.get(path);
    if (before !== undefined && before.stamp === stamp) return before.settings;
    const settings = loadSettings(path);
    // Changed while it was read, it may not be what was read.
    if (stamp !== null && stampOf(path) === stamp) known.set(path, { stamp, settings });
    return settings;
  };
}

/** Within one tick of the kernel's clock a file can change twice and have the same times: so young a file has no stamp yet. */
const TICK_MS = 50;

/** What cannot be looked at has none either: why, is said when it is read. */
function stampOf(path: string): string | null {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || Date.now() - Number(stat.ctimeMs) < TICK_MS) return null;
    return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return null;
  }
}

/**
 * What is in the file, whatever it says; undefined if there is no file.
 *
 * @throws EnimError INVALID_CONFIG
 */
export function loadJson(path: string): unknown {
  const content = readSettings(path);
  return content === undefined ? undefined : parseJson(path, content);
}

/**
 * Checks settings that are about to be written.
 *
 * @throws EnimError INVALID_CONFIG
 */
export function checkSettings(path: string, json: unknown): void {
  const result = parseSettings(json);
  if ('settings' in result) return;
  throw invalid(`This would make the settings ${path} wrong`, result.faults, 'nothing was changed; correct the value');
}

function readSettings(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw new EnimError(
      'INVALID_CONFIG',
      `The settings ${path} cannot be read (${errnoOf(thrown) ?? messageOf(thrown)}).`,
      {
        hint: HINTS[errnoOf(thrown) ?? ''] ?? 'name another file with --config, or mend its disk',
        cause: thrown,
      },
    );
  }
}

/** By why a file cannot be read. */
const HINTS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory; name a file with --config: enim config path',
  ENOTDIR: 'a part of its path is no directory; name another file with --config: enim config path',
  EACCES: 'run enim as root, or mend its permissions',
  EPERM: 'run enim as root, or mend its permissions',
};

function parseJson(path: string, content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch (thrown) {
    throw new EnimError('INVALID_CONFIG', `The settings ${path} are not JSON: ${messageOf(thrown)}.`, {
      hint: `correct it, for example with: ${'$'}{EDITOR:-vi} ${path}`,
      cause: thrown,
    });
  }
}

function invalid(fact: string, faults: readonly SettingsFault[], hint: string): EnimError {
  const [first = '', ...rest] = faults.map(({ field, fault }) => `${field} ${fault}`);
  return new EnimError('INVALID_CONFIG', `${fact}: ${first}${first.endsWith('?') ? '' : '.'}`, { details: rest, hint });
}
