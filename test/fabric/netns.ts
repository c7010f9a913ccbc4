/** Network namespaces for tests: named below /run/netns, with names that no other test run has, and what keeps them alive. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { must, run } from './exec.js';
import { eventually } from './poll.js';

/** A name that is unique on the machine: it holds our process ID. */
export function uniqueName(role: string): string {
  return `enimtest-${process.pid}-${randomBytes(3).toString('hex')}-${role}`;
}

/** Where `ip netns` keeps a netns. */
export function netnsPath(name: string): string {
  return `/run/netns/${name}`;
}

/** Makes a netns and returns its inode, by which the kernel names it. */
export async function createNetns(name: string): Promise<number> {
  await must('ip', ['netns', 'add', name]);
  return statSync(netnsPath(name)).ino;
}

/** Takes the name away, as `ip netns del` does; no matter if it is gone already. The netns itself lives while somebody holds it. */
export async function deleteNetns(name: string): Promise<void> {
  await run('ip', ['netns', 'del', name]);
}

/** A process that keeps a netns alive. */
export interface Holder {
  readonly pid: number;
  /** Ends the process and waits until it is gone. */
  release(): Promise<void>;
}

/** Starts a process that lives in the netns, as a pod's does. */
export async function holdByProcess(path: string): Promise<Holder> {
  const inode = statSync(path).ino;
  const child = spawn('nsenter', [`--net=${path}`, 'sleep', '3600'], { stdio: 'ignore' });
  return holder(child, (pid) => `/proc/${pid}/ns/net`, inode);
}

/**
 * Starts a process that lives elsewhere and has the netns open on a descriptor, as container runtimes do.
 *
 * @param program where sleep(1) is to be found
 */
export async function holdByDescriptor(path: string, program = 'sleep'): Promise<Holder> {
  const inode = statSync(path).ino;
  const child = spawn('sh', ['-c', 'exec "$1" 3600 7<"$0"', path, program], { stdio: 'ignore' });
  return holder(child, (pid) => `/proc/${pid}/fd/7`, inode);
}

async function holder(child: ChildProcess, link: (pid: number) => string, inode: number): Promise<Holder> {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const release = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const pid = child.pid;
  if (pid === undefined) throw new Error('The process that is to hold a netns did not start.');
  try {
    await eventually(`that process ${pid} holds netns ${inode}`, () => inodeOf(link(pid)) === inode);
  } catch (thrown) {
    await release();
    throw thrown;
  }
  return { pid, release };
}

/** By stat, since readlink shows a descriptor of a named netns as its former path. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
