/** A machine that systemd runs, as far as namespaces make one: its own processes, mounts, cgroups and network. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { must, type Outcome, run } from '../fabric/exec.js';
import { eventually } from '../fabric/poll.js';
import { programFault } from '../fabric/requirements.js';

const BOOT = join(import.meta.dirname, 'boot.sh');
const SYSTEMD = '/usr/lib/systemd/systemd';
const CGROUPS = '/sys/fs/cgroup';

export interface Machine {
  /** Where its root is seen from here. */
  readonly root: string;
  run(argv: readonly string[], input?: string): Promise<Outcome>;
  /** It must succeed; what it prints. */
  must(argv: readonly string[], input?: string): Promise<string>;
  /** Copies a file of ours to a place of its own. */
  bring(from: string, to: string): void;
  stop(): Promise<void>;
}

/** Why none can be started; undefined if one can. To start a second systemd is for those who ask for it. */
export function machineFault(): string | undefined {
  if (process.env.ENIM_SYSTEMD !== '1') return 'ENIM_SYSTEMD is not 1';
  return existsSync(SYSTEMD) ? programFault('unshare') : `no ${SYSTEMD}`;
}

/** Starts one and waits until its basic target is reached. */
export async function bootMachine(): Promise<Machine> {
  const base = mkdtempSync(join(tmpdir(), 'enim-systemd-'));
  // It ends with us, however we do.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'bash', BOOT, base], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const machine = machineOf(base, child);
  try {
    await eventually('the boot', async () => {
      if (child.exitCode !== null) throw new Error(`systemd does not run: ${said}`);
      return (await machine.run(['systemctl', 'is-active', 'basic.target'])).code === 0;
    });
  } catch (thrown) {
    await machine.stop();
    throw thrown;
  }
  return machine;
}

function machineOf(base: string, child: ChildProcess): Machine {
  /** Of its first process; that of a shell until systemd is there, which is no machine yet. */
  const pid = (): string => {
    const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    return first === '' ? 'none' : first;
  };
  const enter = (argv: readonly string[]): string[] => ['--target', pid(), '--all', ...argv];
  const root = (): string => `/proc/${pid()}/root`;
  const options = (input?: string) => (input === undefined ? {} : { input });
  return {
    get root() {
      return root();
    },
    run: (argv, input) => run('nsenter', enter(argv), options(input)),
    must: (argv, input) => must('nsenter', enter(argv), options(input)),
    bring: (from, to) => copyFileSync(from, join(root(), to)),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
      for (const hierarchy of ['.', ...readdirSync(CGROUPS)])
        await removeGroup(join(CGROUPS, hierarchy, basename(base)));
      rmSync(base, { recursive: true });
    },
  };
}

/** The kernel keeps a group until the last of its processes is buried. */
async function removeGroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeGroup(join(path, entry.name));
  await eventually(`the end of ${path}`, () => {
    try {
      rmdirSync(path);
      return true;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EBUSY') return false;
      throw thrown;
    }
  });
}
