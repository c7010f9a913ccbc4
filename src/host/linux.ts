/** This machine, seen through its files. What vanishes while one looks was not there. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeDirectory } from '../directory.js';
import type { Programs } from '../exec.js';
import { libc } from '../libc.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Entry, Host, Privileges } from './host.js';
import { heldLocks } from './locks.js';
import { processesIn } from './processes.js';

interface HostSettings {
  readonly programs: Pick<Programs, 'run'>;
  /** The environment's PATH. */
  readonly path: string;
  /** Directory that /proc, /etc and all else is below. */
  readonly root?: string;
}

export function createHost({ programs, path: searched, root = '/' }: HostSettings): Host {
  const proc = join(root, 'proc');
  return {
    look: (path) => permitted(path, () => ifThere(() => entryOf(join(root, path)), ['ENOENT', 'ENOTDIR', 'ELOOP'])),
    read: (path) => ifThere(() => textOf(join(root, path))),
    list: (directory) => ifThere(() => readdirSync(join(root, directory)).sort()) ?? [],
    processes: () => processesIn(proc),
    heldLocks: (directory) => ifThere(() => heldLocks(join(root, directory), proc)) ?? [],
    findProgram: (name) =>
      searched
        .split(delimiter)
        .filter((directory) => directory !== '')
        .map((directory) => join(directory, name))
        .find((path) => accessFault(path, constants.X_OK) === null),
    iproute2: async () => (await programs.run('ip', ['-V'])).stdout.trim(),
    // Without the calls of libc, programs speak to the kernel for us.
    programs: async () => [...(libc() === undefined ? ['ip', 'nsenter', 'tee'] : []), 'flock', 'setpriv'],
    privileges: () => privilegesOf(readFileSync(join(proc, 'self/status'), 'utf8')),
    makeDirectory: (path, mode) =>
      tried(`make ${path}`, () => {
        makeDirectory(join(root, path), mode);
        chmodSync(join(root, path), mode);
      }),
    removeFile: (path) => tried(`remove ${path}`, () => rmSync(join(root, path), { force: true })),
  };
}

/** Undefined where no file is: a pipe or a device may have no end, and a look at it wait for ever. */
function textOf(path: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : undefined;
  } finally {
    closeSync(fd);
  }
}

function entryOf(path: string): Entry {
  const there = statSync(path);
  const { bavail, bsize } = statfsSync(path);
  return {
    kind: there.isDirectory() ? 'directory' : there.isFile() ? 'file' : 'other',
    mode: there.mode & 0o7777,
    modified: there.mtime,
    unwritable: accessFault(path, there.isDirectory() ? constants.W_OK | constants.X_OK : constants.W_OK),
    free: bavail * bsize,
  };
}

/** The errno that speaks against it; null if nothing does. */
function accessFault(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (thrown) {
    return errnoOf(thrown) ?? 'EACCES';
  }
}

function privilegesOf(status: string): Privileges {
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '0';
  const effective = BigInt(`0x${field('CapEff')}`);
  return { uid: Number(field('Uid')), can: (capability) => ((effective >> BigInt(capability)) & 1n) === 1n };
}

const ABSENT = ['ENOENT', 'ENOTDIR', 'ESRCH', 'EACCES', 'EPERM', 'ELOOP'];

function ifThere<T>(work: () => T, absent: readonly string[] = ABSENT): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (absent.includes(errnoOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

/** Not to be allowed to look is no sign that nothing is there. */
function permitted<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno !== 'EACCES' && errno !== 'EPERM') throw thrown;
    throw new EnimError('NOT_PERMITTED', `${path} may not be looked at (${errno}).`, {
      hint: 'sudo enim doctor',
      cause: thrown,
    });
  }
}

function tried(what: string, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === undefined) throw thrown;
    throw new EnimError(
      errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'INSTALL_FAILED',
      `It was impossible to ${what} (${errno}).`,
      { cause: thrown },
    );
  }
}
