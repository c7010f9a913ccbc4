/** The processes that /proc shows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from './host.js';

/** @param proc where procfs is */
export function processesIn(proc: string): Process[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => findProcess(proc, Number(pid)) ?? []);
}

/** A process; undefined once it is gone. */
export function findProcess(proc: string, pid: number): Process | undefined {
  try {
    // The name stands in parentheses and may hold some itself.
    const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(join(proc, `${pid}/stat`), 'utf8')) ?? [];
    return name === undefined || state === undefined ? undefined : { pid, name, state };
  } catch {
    return undefined;
  }
}
