import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createPrograms } from '../../src/exec.js';
import type { Host } from '../../src/host/host.js';
import { createHost } from '../../src/host/linux.js';
import { run } from '../fabric/exec.js';
import { start } from '../fabric/executable.js';
import { eventually } from '../fabric/poll.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();
let root: string;
let host: Host;

beforeEach(() => {
  root = temporary();
  host = createHost({ programs: createPrograms(10_000), path: `/nonexistent::${root}/bin`, root });
});

function put(path: string, content: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

describe('the host', () => {
  it('says what is at a path', () => {
    chmodSync(put('etc/a.json', '{}'), 0o646);
    mkdirSync(join(root, 'dir'), { mode: 0o750 });
    symlinkSync('/dev/null', join(root, 'null'));
    expect(host.look('/etc/a.json')).toMatchObject({ kind: 'file', mode: 0o646, unwritable: null });
    expect(host.look('/dir')).toMatchObject({ kind: 'directory', mode: 0o750, free: expect.any(Number) });
    expect(host.look('/null')?.kind).toBe('other');
    expect(host.look('/none')).toBeUndefined();
    expect(host.look('/etc/a.json/below')).toBeUndefined();
  });

  it('reads files and lists directories, where there are some', () => {
    put('d/b', 'text');
    put('d/a', '');
    expect([host.read('/d/b'), host.read('/d/none'), host.list('/d'), host.list('/none')]).toEqual([
      'text',
      undefined,
      ['a', 'b'],
      [],
    ]);
  });

  it('finds programs by PATH, if they may be run', () => {
    chmodSync(put('bin/ip', ''), 0o755);
    chmodSync(put('bin/nsenter', ''), 0o644);
    expect(host.findProgram('ip')).toBe(join(root, 'bin/ip'));
    expect(host.findProgram('nsenter')).toBeUndefined();
    expect(host.findProgram('none')).toBeUndefined();
  });

  it('knows processes by name and state, whatever the name holds', () => {
    put('proc/7/stat', '7 (a) S (b)) T 1 7 7 0');
    put('proc/8/stat', 'nonsense');
    mkdirSync(join(root, 'proc/9'));
    put('proc/meminfo', '');
    expect(host.processes()).toEqual([{ pid: 7, name: 'a) S (b)', state: 'T' }]);
  });

  it('knows user and capabilities', () => {
    put('proc/self/status', 'Name:\tx\nUid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000201000\n');
    const { uid, can } = host.privileges();
    expect([uid, can(12), can(21), can(19)]).toEqual([1000, true, true, false]);
  });

  it('tells a holder of a lock from one who waits for it, by what the kernel says of their descriptors', () => {
    const path = put('run/state.lock', 'pid 7 (enim gc)\n');
    put('run/other.lock', '');
    utimesSync(path, new Date(5_000), new Date(5_000));
    for (const [pid, lock] of [
      [7, 'lock:\t1: FLOCK  ADVISORY  WRITE 7 00:1a:5 0 EOF\n'],
      [8, ''],
      [9, 'lock:\t1: FLOCK  ADVISORY  WRITE 7 00:1a:5 0 EOF\n'],
    ] as const) {
      put(`proc/${pid}/stat`, `${pid} (enim) S 1`);
      put(`proc/${pid}/fdinfo/3`, `pos:\t0\n${lock}`);
      mkdirSync(join(root, `proc/${pid}/fd`));
      symlinkSync(path, join(root, `proc/${pid}/fd/3`));
    }
    expect(host.heldLocks('/run')).toEqual([
      {
        path: path,
        sign: 'pid 7 (enim gc)',
        since: new Date(5_000),
        holders: [7, 9].map((pid) => ({ pid, name: 'enim', state: 'S' })),
      },
    ]);
    expect(host.heldLocks('/none')).toEqual([]);
  });

  it('sees the real kernel’s locks', async () => {
    const path = put('real.lock', '');
    const here = createHost({ programs: createPrograms(10_000), path: '' });
    const holder = start(
      ['sh', '-c', 'exec 9>>"$0" && flock 9 && exec sleep 60', path],
      { PATH: process.env.PATH ?? '' },
      {},
    );
    try {
      await eventually('that the lock is held', async () => (await run('flock', ['-n', path, 'true'])).code !== 0);
      expect(here.heldLocks(root)).toMatchObject([{ path, sign: '', holders: [{ pid: holder.pid, name: 'sleep' }] }]);
    } finally {
      holder.kill('SIGKILL');
      await holder.result;
    }
    expect(here.heldLocks(root)).toEqual([]);
    expect(here.processes().find(({ pid }) => pid === process.pid)).toBeDefined();
  });

  it('makes directories with their mode, and removes files', () => {
    const path = put('d/state.json.new', '');
    host.makeDirectory('/a/b', 0o700);
    host.removeFile('/d/state.json.new');
    host.removeFile('/d/state.json.new');
    expect([statSync(join(root, 'a/b')).mode & 0o777, existsSync(path)]).toEqual([0o700, false]);
  });

  it('says what was impossible', async () => {
    put('file', '');
    const { code, message } = await enimErrorOf(async () => host.makeDirectory('/file/below', 0o700));
    expect({ code, message }).toEqual({
      code: 'INSTALL_FAILED',
      message: 'It was impossible to make /file/below (ENOTDIR).',
    });
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('');
  });
});
