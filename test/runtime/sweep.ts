/** The processes and mounts of one directory, and clearing them away: only what a runtime of one bed has left. */
import { readdirSync, readFileSync } from 'node:fs';
import { run } from '../fabric/exec.js';
import { eventually } from '../fabric/poll.js';

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** Every process that has a path below the directory in its command line. */
export function processesOf(directory: string): readonly number[] {
  return readProcesses().flatMap(({ pid }) => (commandLine(pid).includes(`${directory}/`) ? [pid] : []));
}

/** A variable in a process's environment; undefined also for one that has ended. */
export function variableOf(pid: number, name: string): string | undefined {
  const entry = read(`/proc/${pid}/environ`)
    .split('\0')
    .find((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** Kills every process that has a path below the directory in its command line, and all that it has started. */
export async function endProcessesOf(directory: string): Promise<void> {
  const processes = readProcesses();
  const found = new Set(processesOf(directory));
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  for (const pid of found) kill(pid);
  await eventually(`the end of ${[...found].join(', ')}`, () => [...found].every((pid) => commandLine(pid) === ''));
}

/** Takes away every mount below the directory, the innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const point of points.reverse()) await run('umount', ['--lazy', point]);
}

function readProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
}

/** The name of the program, which comes before it in `stat`, may have anything in it. */
function parentOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** Empty for one that has ended. */
function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
