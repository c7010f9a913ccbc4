/**
 * Editing the settings file, for `enim config` and `enim provider init`. What would be invalid is never written, and a write that
 * went wrong (a full disk) leaves the file as it was. Whoever writes sees to it that nobody else does meanwhile.
 */
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import Conf from 'conf';
import { makeDirectory } from '../directory.js';
import { EnimError, errnoOf, messageOf } from '../model/errors.js';
import { checkSettings, loadSettings } from './load.js';

/** A settings file that can be edited. Keys are dotted paths: `static.enis[0].mac`. */
export interface SettingsFile {
  readonly path: string;
  all(): Record<string, unknown>;
  /** @throws EnimError INVALID_ARGUMENT, NOT_THERE */
  get(key: string): unknown;
  /**
   * Sets a key to JSON, or to the text itself where it is none; returns the value. `null` takes the key out: what holds without it is
   * so again.
   *
   * @throws EnimError INVALID_ARGUMENT, INVALID_CONFIG, STATE_UNWRITABLE
   */
  set(key: string, text: string): unknown;
}

/**
 * Opens the file; one that does not exist counts as empty, and reading it makes nothing.
 *
 * @throws EnimError INVALID_CONFIG if it is no JSON or wrong already
 */
export function openSettingsFile(path: string): SettingsFile {
  loadSettings(path);
  const nothing = (key: string): EnimError =>
    new EnimError('NOT_THERE', `The settings ${path} say nothing about ${key}.`, {
      hint: 'see all of them: enim config get',
    });

  return {
    path,
    all: () => (existsSync(path) ? openConf(path).store : {}),
    get(key) {
      if (!existsSync(path)) throw nothing(key);
      const conf = openConf(path);
      refuseNoPath(conf, key);
      const value: unknown = conf.get(key);
      if (value === undefined) throw nothing(key);
      return value;
    },
    set(key, text) {
      const conf = openConf(path);
      refuseNoPath(conf, key);
      const value = jsonOrText(text);
      keepingOld(path, () => (value === null ? conf.delete(key) : conf.set(key, value)));
      // Of a path such as "__proto__.x" conf writes nothing, and says nothing.
      if (value !== null && !conf.has(key)) throw noPath(key);
      return value;
    },
  };
}

/** Its directory is there, or conf makes it. */
function openConf(path: string): Conf<Record<string, unknown>> {
  const extension = extname(path);
  return new Conf<Record<string, unknown>>({
    cwd: dirname(path),
    configName: basename(path, extension),
    fileExtension: extension.slice(1),
    clearInvalidConfig: false,
    configFileMode: modeOf(path),
    serialize: (value) => {
      checkSettings(path, value);
      return `${JSON.stringify(value, null, 2)}\n`;
    },
  });
}

/**
 * Makes the directory of a settings file if it is missing, for all to read.
 *
 * @throws EnimError STATE_UNWRITABLE
 */
export function makeDirectoryOf(path: string): void {
  const directory = dirname(path);
  try {
    makeDirectory(directory);
  } catch (thrown) {
    throw new EnimError(
      'STATE_UNWRITABLE',
      `The directory ${directory} of the settings cannot be made: ${errnoOf(thrown) ?? messageOf(thrown)}.`,
      {
        hint: isDenied(thrown) ? 'run enim as root' : 'make it, or name another file with --config',
        cause: thrown,
      },
    );
  }
}

/** Of what can be no path, such as `static.enis[`, conf throws plain errors. */
function refuseNoPath(conf: Conf, key: string): void {
  try {
    conf.has(key);
    if (key !== '') return;
  } catch {}
  throw noPath(key);
}

function noPath(key: string): EnimError {
  return new EnimError('INVALID_ARGUMENT', `${JSON.stringify(key)} is no path of a setting.`, {
    hint: "write for example: enim config get 'static.enis[0].mac'",
  });
}

/** Who may read and write it stays as it is; a new one is for all to read. */
function modeOf(path: string): number {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  return mode === undefined ? 0o644 : mode & 0o777;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * conf was measured to rename a truncated file over the good one when the disk is full. So the old file keeps a second name until
 * the new one has been read back.
 */
function keepingOld(path: string, write: () => void): void {
  const old = `${path}.old`;
  rmSync(old, { force: true });
  const existed = linkIfThere(path, old);
  try {
    write();
    JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    if (existed) renameSync(old, path);
    else rmSync(path, { force: true });
    if (thrown instanceof EnimError) throw thrown;
    throw new EnimError(
      'STATE_UNWRITABLE',
      `The settings ${path} cannot be written: ${errnoOf(thrown) ?? messageOf(thrown)}.`,
      {
        hint: isDenied(thrown)
          ? 'run enim as root'
          : 'nothing was changed; free some space or mend the permissions, then try again',
        cause: thrown,
      },
    );
  } finally {
    // Where nothing was written both names mean one file, and the renaming above has done nothing.
    rmSync(old, { force: true });
  }
}

function linkIfThere(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false;
    throw new EnimError(
      'STATE_UNWRITABLE',
      `The directory of ${path} cannot be written: ${errnoOf(thrown) ?? messageOf(thrown)}.`,
      {
        hint: isDenied(thrown) ? 'run enim as root' : 'mend its permissions or its file system',
        cause: thrown,
      },
    );
  }
}

/** Of a link to another's file the kernel says EPERM. */
function isDenied(thrown: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errnoOf(thrown) ?? '');
}
