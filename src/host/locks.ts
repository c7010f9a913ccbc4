/**
 * Who holds which lock. The kernel tells for each open descriptor whether its description is locked, so that a process that only
 * waits is not taken for a holder, and a child that inherited a lock is not overlooked.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldLock, Process } from './host.js';
import { findProcess } from './processes.js';

/** @param proc where procfs is */
export function heldLocks(directory: string, proc: string): HeldLock[] {
  const real = realpathSync(directory);
  const holders = new Map<string, Process[]>();
  for (const pid of readdirSync(proc).filter((name) => /^\d+$/.test(name))) {
    for (const path of lockedBy(join(proc, pid), `${real}/`)) {
      const process = findProcess(proc, Number(pid));
      if (process !== undefined) holders.set(path, [...(holders.get(path) ?? []), process]);
    }
  }
  return [...holders].sort().flatMap(([path, processes]) => {
    const name = path.slice(real.length + 1);
    const sign = signOf(path);
    return sign === undefined ? [] : [{ path: join(directory, name), ...sign, holders: processes }];
  });
}

/** Files below the directory that a process has locked, each once. */
function lockedBy(process: string, directory: string): Set<string> {
  const paths = new Set<string>();
  for (const descriptor of orNothing(() => readdirSync(join(process, 'fd'))) ?? []) {
    const path = orNothing(() => readlinkSync(join(process, 'fd', descriptor))) ?? '';
    if (!path.startsWith(directory) || !path.endsWith('.lock')) continue;
    const state = orNothing(() => readFileSync(join(process, 'fdinfo', descriptor), 'utf8')) ?? '';
    if (/^lock:.*\bFLOCK\b/m.test(state)) paths.add(path);
  }
  return paths;
}

function signOf(path: string): { readonly sign: string; readonly since: Date } | undefined {
  return orNothing(() => ({ sign: readFileSync(path, 'utf8').trim(), since: statSync(path).mtime }));
}

/** Of a process or file that may be gone, or may not be looked at, at any moment. */
function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
