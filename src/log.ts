/**
 * The log of the CNI plugin: JSON, a line each, to stderr what is wrong, and to a file, if one is named, everything down to its
 * level. The file is bounded: full, it becomes `FILE.1`. A log that cannot be written stops nothing.
 */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from './directory.js';
import { errnoOf } from './model/errors.js';
import { isLogged, type LogLevel } from './model/loglevel.js';

/** Writes one line; `fields` are what it is about. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

interface LogSettings {
  /** Null means none. */
  readonly file: string | null;
  /** Of the file; stderr gets warnings and errors. */
  readonly level: LogLevel;
  readonly clock: () => Date;
  readonly stderr: (text: string) => void;
  /** Bytes that the file may have before it is set aside. */
  readonly limit?: number;
}

export function createLog({ file, level, clock, stderr, limit = 5_000_000 }: LogSettings): Log {
  let path = file;
  return (each, message, fields = {}) => {
    const line = `${JSON.stringify({ time: clock().toISOString(), level: each, message, ...fields })}\n`;
    if (isLogged(each, 'warn')) stderr(line);
    if (path === null || !isLogged(each, level)) return;
    try {
      append(path, line, limit);
    } catch (thrown) {
      stderr(
        `${JSON.stringify({ level: 'warn', message: `the log file ${path} cannot be written: ${errnoOf(thrown)}` })}\n`,
      );
      path = null;
    }
  };
}

function append(path: string, line: string, limit: number): void {
  const size = sizeOf(path);
  if (size > 0 && size + Buffer.byteLength(line) > limit) setAside(path);
  try {
    appendFileSync(path, line, { mode: 0o600 });
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
    makeDirectory(dirname(path), 0o700);
    appendFileSync(path, line, { mode: 0o600 });
  }
}

function setAside(path: string): void {
  try {
    renameSync(path, `${path}.1`);
  } catch (thrown) {
    // Another process has just done it.
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
