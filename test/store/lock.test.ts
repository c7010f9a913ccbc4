import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createPrograms, type Programs } from '../../src/exec.js';
import type { Observation } from '../../src/model/observation.js';
import { createLocks } from '../../src/store/lock.js';
import { eventually } from '../fabric/poll.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();

/** Locks as one process has them; two calls on one directory stand for two processes. */
function locksIn(directory: string, wait = 10_000, purpose = 'a test', programs = createPrograms(30_000)) {
  return createLocks(programs, { directory, wait, purpose });
}

function runningOnly(run: Programs['run']): Programs {
  return { ...createPrograms(30_000), run };
}

/** The one lock file in a directory. */
function lockFile(directory: string): string {
  const [name, ...others] = readdirSync(directory);
  if (name === undefined || others.length > 0)
    throw new Error(`Not one lock file: ${readdirSync(directory).join(', ')}`);
  return join(directory, name);
}

/** A process that takes the lock of a file and keeps it until it is killed. */
async function holdFile(path: string): Promise<() => void> {
  const child = spawn('flock', ['-x', '-o', path, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await new Promise((held) => child.stdout.once('data', held));
  return () => process.kill(-(child.pid as number), 'SIGKILL');
}

describe('locks', () => {
  it('let one in at a time', async () => {
    const directory = temporary();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      const lock = await locksIn(directory).acquire('state');
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      lock.release();
    };
    await Promise.all(Array.from({ length: 20 }, work));
    expect(most).toBe(1);
  });

  it('tell how long each was waited for, by its kind, and whether it was had', async () => {
    const directory = temporary();
    const seen: Observation[] = [];
    const locks = createLocks(createPrograms(30_000), {
      ...{ directory, wait: 20, purpose: 'a test', observe: (observation: Observation) => void seen.push(observation) },
    });
    const held = await locks.acquire('attachment n/c/eth0');
    await enimErrorOf(() => locks.acquire('attachment n/c/eth0'));
    held.release();
    expect(seen).toEqual([
      { kind: 'lock', lock: 'attachment', isHeld: true, milliseconds: expect.any(Number) },
      { kind: 'lock', lock: 'attachment', isHeld: false, milliseconds: expect.any(Number) },
    ]);
    const [, awaited] = seen;
    expect(awaited?.kind === 'lock' && awaited.milliseconds).toBeGreaterThanOrEqual(19);
  });

  it('of different names do not touch each other', async () => {
    const locks = locksIn(temporary());
    const held = await locks.acquire('attachment n/c/eth0');
    const others = await Promise.all([
      locks.tryAcquire('attachment n/c/eth1'),
      locks.tryAcquire('attachment n-c/eth0'),
      locks.tryAcquire('attachment n/c-eth0'),
    ]);
    expect(others.every((lock) => lock !== undefined)).toBe(true);
    for (const lock of [held, ...others]) lock?.release();
  });

  it('stay distinct for names that are longer than a file name may be', async () => {
    const locks = locksIn(temporary());
    const first = await locks.acquire(`attachment ${'x'.repeat(300)}/a`);
    const second = await locks.tryAcquire(`attachment ${'x'.repeat(300)}/b`);
    expect(second).toBeDefined();
    for (const lock of [first, second]) lock?.release();
  });

  it('are given up after a bounded wait, as BUSY, naming who holds it', async () => {
    const directory = temporary();
    const held = await locksIn(directory, 10_000, 'enim add default/web-0').acquire('eni eni-1');
    const begun = Date.now();
    const error = await enimErrorOf(() => locksIn(directory, 150).acquire('eni eni-1'));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(140);
    expect(error.code).toBe('BUSY');
    expect(error.message).toBe(
      `The lock of eni eni-1 was not free within 0.15 s; it is held by pid ${process.pid} (enim add default/web-0).`,
    );
    expect([error.exitCode, error.cniCode]).toEqual([5, 11]);
    held.release();
  });

  it('name the holder alone, whatever one that was killed has left', async () => {
    const directory = temporary();
    writeFileSync(join(directory, 'state.lock'), `pid 1 (${'x'.repeat(200)})\n`);
    const held = await locksIn(directory, 10_000, 'enim gc').acquire('state');
    const error = await enimErrorOf(() => locksIn(directory, 10).acquire('state'));
    expect(error.message).toMatch(new RegExp(`; it is held by pid ${process.pid} \\(enim gc\\)\\.$`));
    held.release();
    expect(readFileSync(join(directory, 'state.lock'), 'utf8')).toBe('');
  });

  it('end in BUSY also when the wait is longer than a program may run', async () => {
    const directory = temporary();
    const held = await locksIn(directory).acquire('state');
    const error = await enimErrorOf(() => locksIn(directory, 1_000, 'a test', createPrograms(200)).acquire('state'));
    expect(error.code).toBe('BUSY');
    held.release();
  });

  it('are waited for without being taken, and not made for it', async () => {
    const directory = temporary();
    await locksIn(directory).settle('state');
    expect(readdirSync(directory)).toEqual([]);
    const held = await locksIn(directory).acquire('state');
    expect((await enimErrorOf(() => locksIn(directory, 50).settle('state'))).code).toBe('BUSY');
    let isOver = false;
    const settled = locksIn(directory)
      .settle('state')
      .then(() => {
        isOver = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isOver).toBe(false);
    held.release();
    await settled;
    const next = await locksIn(directory).tryAcquire('state');
    expect(next).toBeDefined();
    next?.release();
  });

  it('are taken at once or not at all by tryAcquire', async () => {
    const directory = temporary();
    const held = await locksIn(directory).acquire('state');
    expect(await locksIn(directory).tryAcquire('state')).toBeUndefined();
    held.release();
    const lock = await locksIn(directory).tryAcquire('state');
    expect(lock).toBeDefined();
    lock?.release();
  });

  it('are waited for', async () => {
    const directory = temporary();
    const held = await locksIn(directory).acquire('state');
    let got = false;
    const waiting = locksIn(directory)
      .acquire('state')
      .then((lock) => {
        got = true;
        return lock;
      });
    expect(await locksIn(directory).tryAcquire('state')).toBeUndefined();
    expect(got).toBe(false);
    held.release();
    (await waiting).release();
    expect(got).toBe(true);
  });

  it('may be released twice, without harm to who opened the same descriptor number meanwhile', async () => {
    const directory = temporary();
    const lock = await locksIn(directory).acquire('state');
    lock.release();
    const descriptor = openSync('/dev/null', 'r');
    lock.release();
    expect(() => closeSync(descriptor)).not.toThrow();
  });

  it('are free again when their holder was killed (azure-container-networking#364)', async () => {
    const directory = temporary();
    (await locksIn(directory).acquire('state')).release();
    const kill = await holdFile(lockFile(directory));
    expect(await locksIn(directory).tryAcquire('state')).toBeUndefined();
    kill();
    const lock = await locksIn(directory, 5_000).acquire('state');
    lock.release();
  });

  it('outlive their release while a child that inherited them is at work', async () => {
    const directory = temporary();
    const lock = await locksIn(directory).acquire('eni eni-1');
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', lock.fd] });
    lock.release();
    expect(await locksIn(directory).tryAcquire('eni eni-1')).toBeUndefined();
    child.kill('SIGKILL');
    const again = await eventually('the lock came free', () => locksIn(directory).tryAcquire('eni eni-1'));
    again.release();
  });

  it('do not pass to children that are not given them', async () => {
    const directory = temporary();
    const lock = await locksIn(directory).acquire('state');
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    lock.release();
    const again = await locksIn(directory).tryAcquire('state');
    child.kill('SIGKILL');
    expect(again).toBeDefined();
    again?.release();
  });

  it('leave their file in place when they are released, and none when nobody will need them again', async () => {
    const directory = temporary();
    (await locksIn(directory).acquire('state')).release();
    const path = lockFile(directory);
    const lock = await locksIn(directory).acquire('state');
    expect(lockFile(directory)).toBe(path);
    lock.retire();
    expect(readdirSync(directory)).toEqual([]);
    lock.retire();
  });

  it('are held by one, however often their file is removed while others wait for it', async () => {
    const directory = temporary();
    let inside = 0;
    let most = 0;
    const work = async (turn: number): Promise<void> => {
      const lock = await locksIn(directory).acquire('attachment a');
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, turn % 3));
      inside -= 1;
      if (turn % 4 === 0) lock.release();
      else lock.retire();
    };
    for (let round = 0; round < 3; round += 1) await Promise.all(Array.from({ length: 12 }, (_, turn) => work(turn)));
    expect([most, inside]).toEqual([1, 0]);
  });

  it('are not had by a file that has lost its name, and leave alone what has the name by then', async () => {
    const directory = temporary();
    const first = await locksIn(directory).acquire('state');
    const path = lockFile(directory);
    const waiting = locksIn(directory).acquire('state');
    const { ino } = statSync(path);
    await eventually('that it waits', () =>
      new RegExp(`-> FLOCK .*:${ino} `).test(readFileSync('/proc/locks', 'utf8')),
    );
    rmSync(path);
    const other = await locksIn(directory).acquire('state');
    first.retire();
    expect(readFileSync(path, 'utf8')).toContain('a test');
    expect(await locksIn(directory).tryAcquire('state')).toBeUndefined();
    other.retire();
    const last = await waiting;
    expect(await locksIn(directory).tryAcquire('state')).toBeUndefined();
    last.retire();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('say who has them while they are held, and nobody afterwards', async () => {
    const directory = temporary();
    const lock = await locksIn(directory).acquire('state');
    expect(readFileSync(lockFile(directory), 'utf8')).toBe(`pid ${process.pid} (a test)\n`);
    lock.release();
    expect(readFileSync(lockFile(directory), 'utf8')).toBe('');
  });

  it('have a file each, whatever their names, also names that are longer than a file’s may be', async () => {
    const directory = temporary();
    const long = 'x'.repeat(300);
    const names = ['eni a/b', 'eni a-b', 'eni a%2fb', 'eni é', long, `${long}y`];
    const held = await Promise.all(names.map((name) => locksIn(directory).acquire(name)));
    expect(readdirSync(directory)).toHaveLength(names.length);
    for (const lock of held) lock.release();
  });

  it('say so where their directory cannot be made', async () => {
    const error = await enimErrorOf(() => locksIn('/dev/null/run').acquire('state'));
    expect(error.code).toBe('STATE_UNWRITABLE');
    expect(error.message).toContain('/dev/null/run/state.lock');
    expect(error.hint).toContain('ENIM_RUN_DIR');
  });

  it('say so where flock(1) is missing, and leave no descriptor open', async () => {
    const without = runningOnly(async () => {
      throw new Error('no flock');
    });
    const before = readdirSync('/proc/self/fd').length;
    await expect(locksIn(temporary(), 100, 'a test', without).acquire('state')).rejects.toThrow('no flock');
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  it('report what flock(1) says when it fails for another reason', async () => {
    const failing = runningOnly(async () => ({ code: 64, stdout: '', stderr: 'flock: unrecognized option\n' }));
    const error = await enimErrorOf(() => locksIn(temporary(), 100, 'a test', failing).acquire('state'));
    expect([error.code, error.message]).toEqual(['STATE_UNWRITABLE', '"flock" failed: flock: unrecognized option.']);
  });
});

describe('settling all locks whose name begins so', () => {
  it('waits for each that is held, and for no other', async () => {
    const locks = locksIn(temporary());
    const [one, other] = [await locks.acquire('attachment n/c/eth0'), await locks.acquire('eni eni-1')];
    let settled = false;
    const settling = locks.settleAll('attachment ').then(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(settled).toBe(false);
    one.release();
    await settling;
    other.release();
  });

  it('leaves no lock held, and no sign of having held one', async () => {
    const directory = temporary();
    const locks = locksIn(directory);
    (await locks.acquire('attachment n/c/eth0')).release();
    await locks.settleAll('attachment ');
    expect(readFileSync(lockFile(directory), 'utf8')).toBe('');
    expect(await locks.tryAcquire('attachment n/c/eth0')).toBeDefined();
  });

  it('is at once where no lock was ever made', async () => {
    await locksIn(join(temporary(), 'none')).settleAll('attachment ');
  });

  it('is refused after a while, naming who is still at work', async () => {
    const directory = temporary();
    const lock = await locksIn(directory, 10_000, 'enim add default/web-0').acquire('attachment n/c/eth0');
    const error = await enimErrorOf(() => locksIn(directory, 50).settleAll('attachment '));
    lock.release();
    expect([error.code, error.message]).toEqual(['BUSY', expect.stringContaining('(enim add default/web-0)')]);
  });
});
