import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { netnsDirectory, netnsPath } from '../../src/link/netns.js';
import {
  createNetns,
  deleteNetns,
  holdByDescriptor,
  holdByProcess,
  netnsPath as pathOf,
  uniqueName,
} from '../fabric/netns.js';
import { eventually } from '../fabric/poll.js';
import { describeAsRoot } from '../fabric/requirements.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

/**
 * Not at once: whatever else runs on the machine, another test's enim too, looks around in every netns, and may be met in ours for a
 * moment.
 */
const becomes = (look: () => Promise<unknown>, wanted: unknown): Promise<true> =>
  eventually(`that ${JSON.stringify(wanted)} is seen`, async () => isDeepStrictEqual(await look(), wanted));

describe('netnsPath', () => {
  it.each([
    ['web-0', '/run/netns/web-0'],
    ['4711', '/proc/4711/ns/net'],
    ['/proc/4711/ns/net', '/proc/4711/ns/net'],
    ['/var/run/netns/x', '/var/run/netns/x'],
    ['a b', '/run/netns/a b'],
    ['-x', '/run/netns/-x'],
    ['./x', `${process.cwd()}/x`],
    ['12a', '/run/netns/12a'],
  ])('of %j is %s', (text, path) => {
    expect(netnsPath(text)).toBe(path);
  });

  it.each(['', '.', '..', 'a\0b'])('of %j is an error that names the value', async (text) => {
    const error = await enimErrorOf(() => netnsPath(text));
    expect([error.code, error.exitCode]).toEqual(['INVALID_ARGUMENT', 2]);
    expect(error.message).toContain(JSON.stringify(text));
  });
});

describeAsRoot('the processes in a netns', () => {
  it('are those that live there, not an `ip` by which some enim looks around', async () => {
    const name = uniqueName('visited');
    await createNetns(name);
    const visitor = spawn('nsenter', [`--net=${pathOf(name)}`, '--', 'ip', '-j', '-d', '-batch', '-'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    visitor.stdin.write('address show\n');
    await once(visitor.stdout, 'data');
    const { inode } = await netnsDirectory.get(name);
    const seen = async (): Promise<unknown> => (await netnsDirectory.processes()).get(inode);
    await becomes(seen, undefined);
    const holder = await holdByProcess(pathOf(name));
    await becomes(seen, [holder.pid]);
    visitor.stdin.end();
    await holder.release();
    await deleteNetns(name);
  });
});

describe('finding a netns', () => {
  it('takes nothing for one that is none (sriov-cni#447)', async () => {
    const directory = temporary();
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('loop', join(directory, 'loop'));
    mkdirSync(join(directory, 'd'));
    for (const name of ['file', 'loop', 'd', 'none', 'file/below', 'x'.repeat(300)]) {
      expect(await netnsDirectory.find(join(directory, name))).toBeUndefined();
    }
  });

  it('says whether there is nothing, or something else', async () => {
    const directory = temporary();
    writeFileSync(join(directory, 'file'), '');
    const errors = await Promise.all(
      ['none', 'file'].map((name) => enimErrorOf(() => netnsDirectory.get(join(directory, name)))),
    );
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['NOT_THERE', `The netns ${directory}/none does not exist.`],
      ['NOT_THERE', `The netns ${directory}/file is no network namespace.`],
    ]);
  });

  it('refuses home itself', async () => {
    for (const text of [String(process.pid), '/proc/self/ns/net']) {
      expect((await enimErrorOf(() => netnsDirectory.get(text))).code).toBe('INVALID_ARGUMENT');
    }
  });

  it('never lists home', async () => {
    const home = await netnsDirectory.find('/proc/self/ns/net');
    expect((await netnsDirectory.findAll()).map(({ inode }) => inode)).not.toContain(home?.inode);
  });
});

describeAsRoot('a netns that exists', () => {
  it('is found by its name, and is not another one of the same name later', async () => {
    const name = uniqueName('found');
    const first = await createNetns(name);
    try {
      expect(await netnsDirectory.get(name)).toEqual({ path: pathOf(name), inode: first });
      const seen = async (): Promise<unknown> =>
        (await netnsDirectory.findAll()).filter(({ inode }) => inode === first);
      await becomes(seen, [{ inode: first, path: pathOf(name), pids: [] }]);
    } finally {
      await deleteNetns(name);
    }
    expect(await netnsDirectory.find(pathOf(name))).toBeUndefined();
  });

  it('is found by a process in it, when its name is gone (sriov-cni#349)', async () => {
    const name = uniqueName('process');
    const inode = await createNetns(name);
    const holder = await holdByProcess(pathOf(name));
    try {
      await deleteNetns(name);
      const [found] = (await netnsDirectory.findAll()).filter((each) => each.inode === inode);
      expect(found?.pids).toContain(holder.pid);
      expect((await netnsDirectory.processes()).get(inode)).toContain(holder.pid);
      expect(await netnsDirectory.find(found?.path ?? '')).toMatchObject({ inode });
    } finally {
      await holder.release();
      await deleteNetns(name);
    }
  });

  it('is found by a descriptor that is held open, when nothing else leads to it (sriov-cni#349)', async () => {
    const name = uniqueName('descriptor');
    const inode = await createNetns(name);
    const holder = await holdByDescriptor(pathOf(name));
    try {
      await deleteNetns(name);
      const [found] = (await netnsDirectory.findAll()).filter((each) => each.inode === inode);
      expect(found).toMatchObject({ path: `/proc/${holder.pid}/fd/7`, pids: [] });
    } finally {
      await holder.release();
      await deleteNetns(name);
    }
  });

  it('is not found by way of an enim that looks around in it, as long as anything else leads there', async () => {
    const enim = join(temporary(), 'enim');
    symlinkSync('/bin/sleep', enim);
    const name = uniqueName('visit');
    const inode = await createNetns(name);
    const visitor = await holdByDescriptor(pathOf(name), enim);
    const holder = await holdByDescriptor(pathOf(name));
    const pathOfFound = async (): Promise<string | undefined> =>
      (await netnsDirectory.findAll()).find((each) => each.inode === inode)?.path;
    try {
      await deleteNetns(name);
      expect(visitor.pid).toBeLessThan(holder.pid);
      await becomes(pathOfFound, `/proc/${holder.pid}/fd/7`);
      await holder.release();
      await becomes(pathOfFound, `/proc/${visitor.pid}/fd/7`);
    } finally {
      await holder.release();
      await visitor.release();
      await deleteNetns(name);
    }
  });

  it('has all its holders named: mounts, processes and descriptors', async () => {
    const name = uniqueName('held');
    const inode = await createNetns(name);
    const inside = await holdByProcess(pathOf(name));
    const outside = await holdByDescriptor(pathOf(name));
    const held = async () => (await netnsDirectory.holders([inode])).get(inode);
    try {
      await becomes(async () => (await held())?.processes, [{ pid: inside.pid, command: 'sleep' }]);
      expect(await held()).toMatchObject({
        paths: expect.arrayContaining([{ path: pathOf(name), deleted: false }]),
        descriptors: expect.arrayContaining([{ pid: outside.pid, command: 'sleep', fd: 7 }]),
      });
      await deleteNetns(name);
      expect((await held())?.paths).toEqual([]);
    } finally {
      await Promise.all([inside.release(), outside.release()]);
      await deleteNetns(name);
    }
    await becomes(held, { paths: [], processes: [], descriptors: [] });
  });

  it('has no holder that has ended while it was looked at', async () => {
    const name = uniqueName('passing');
    const inode = await createNetns(name);
    // Outside of the shell, so that a process of its own has the descriptor, for a moment.
    const passing = spawn('sh', ['-c', `while :; do /bin/true 7<${pathOf(name)}; done`]);
    try {
      for (let looks = 0; looks < 250; looks += 1) {
        const found = (await netnsDirectory.holders([inode])).get(inode);
        expect(found?.descriptors.filter(({ command }) => command === '')).toEqual([]);
      }
    } finally {
      const ended = once(passing, 'exit');
      passing.kill('SIGKILL');
      await ended;
      await deleteNetns(name);
    }
  }, 60_000);
});
