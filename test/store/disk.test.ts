import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createPrograms } from '../../src/exec.js';
import { createCordonRecord } from '../../src/store/cordon.js';
import { createLocks } from '../../src/store/lock.js';
import { describeAsRoot } from '../fabric/requirements.js';
import { sampleAttachment } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const mounted: string[] = [];

// Registered first, so that it runs before the temporary directories are removed.
afterEach(() => {
  for (const path of mounted.splice(0).reverse()) execFileSync('umount', [path]);
});

const temporary = useTemporaryDirectories();

function mount(path: string, ...args: string[]): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', [...args, path]);
  mounted.push(path);
}

/** Fills a file system up to its last byte. */
function fill(directory: string): string {
  const path = join(directory, 'ballast');
  const fd = openSync(path, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(4_096));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  } finally {
    closeSync(fd);
  }
  return path;
}

const FIRST = sampleAttachment({ containerID: 'first' });
const SECOND = sampleAttachment({ containerID: 'second' });

describeAsRoot('a full disk', () => {
  it('fails the change, keeps the old state whole, and lets go on once there is room', async () => {
    const root = temporary();
    const state = join(root, 'state');
    mount(state, '-t', 'tmpfs', '-o', 'size=64k', 'enim-test');
    const { store, path, previous, warnings } = openStore(root, { state });
    await store.put(FIRST);
    await store.put(SECOND);
    const before = [readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')];
    const ballast = fill(state);

    for (const call of [() => store.forget(FIRST), () => store.put(sampleAttachment({ containerID: 'third' }))]) {
      const error = await enimErrorOf(call);
      expect([error.code, error.message]).toEqual([
        'STATE_UNWRITABLE',
        `The state file ${path} cannot be written: the disk is full (ENOSPC).`,
      ]);
      expect(error.hint).toContain('free some space');
    }
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(before);
    expect(readdirSync(state).sort()).toEqual(['ballast', 'state.json', 'state.previous.json']);
    expect(await store.list()).toEqual([FIRST, SECOND]);

    rmSync(ballast);
    await store.forget(FIRST);
    expect(await store.list()).toEqual([SECOND]);
    expect(warnings).toEqual([]);
  });

  it('with a damaged state on it still shows the last good generation', async () => {
    const root = temporary();
    const state = join(root, 'state');
    mount(state, '-t', 'tmpfs', '-o', 'size=64k', 'enim-test');
    const { store, path, previous, warnings } = openStore(root, { state });
    await store.put(FIRST);
    await store.put(SECOND);
    writeFileSync(path, 'x');
    const before = readFileSync(previous, 'utf8');
    fill(state);

    expect(await store.list()).toEqual([FIRST]);
    expect(warnings[0]).toContain('ENOSPC');
    expect(readFileSync(previous, 'utf8')).toBe(before);
    expect((await enimErrorOf(() => store.put(SECOND))).code).toBe('STATE_UNWRITABLE');
    expect(readFileSync(previous, 'utf8')).toBe(before);
  });
});

describeAsRoot('a cordon on a full disk', () => {
  it('says that it is full, and what to do', async () => {
    const directory = join(temporary(), 'state');
    mount(directory, '-t', 'tmpfs', '-o', 'size=64k', 'enim-test');
    const locks = createLocks(createPrograms(1_000), { directory: temporary(), wait: 1_000, purpose: 'a test' });
    fill(directory);
    const error = await enimErrorOf(() =>
      createCordonRecord({ directory, locks }).update(() => ({ since: null, reason: 'x' })),
    );
    expect(error).toMatchObject({
      code: 'STATE_UNWRITABLE',
      message: `The cordon file ${join(directory, 'cordon.json')} cannot be written: the disk is full (ENOSPC).`,
      hint: 'free some space, then run the same command again',
    });
  });
});

describeAsRoot('a read-only file system', () => {
  it('can be read, and refuses changes saying that it is one', async () => {
    const root = temporary();
    const state = join(root, 'state');
    const { store, path } = openStore(root, { state });
    await store.put(FIRST);
    mount(state, '--bind', state);
    execFileSync('mount', ['-o', 'remount,bind,ro', state]);

    expect(await store.list()).toEqual([FIRST]);
    const error = await enimErrorOf(() => store.put(SECOND));
    expect([error.code, error.message]).toEqual([
      'STATE_UNWRITABLE',
      `The state file ${path} cannot be written: the file system is read-only (EROFS).`,
    ]);
    expect(await store.list()).toEqual([FIRST]);
  });

  it('with a damaged state on it still shows the last good generation', async () => {
    const root = temporary();
    const state = join(root, 'state');
    const { store, path, warnings } = openStore(root, { state });
    await store.put(FIRST);
    await store.put(SECOND);
    writeFileSync(path, 'x');
    mount(state, '--bind', state);
    execFileSync('mount', ['-o', 'remount,bind,ro', state]);

    expect(await store.list()).toEqual([FIRST]);
    expect(warnings[0]).toContain('EROFS');
  });
});

/** Reading and writing a process's own memory at address 0 is an EIO, as from a disk that fails. */
const FAILING = '/proc/self/mem';

describe('a disk that fails', () => {
  const records = async (root: string): Promise<ReturnType<typeof openStore>> => {
    const opened = openStore(root);
    await opened.store.put(FIRST);
    await opened.store.put(SECOND);
    return opened;
  };

  it('while the state is read lets nothing be read or changed', async () => {
    const { store, path, previous, warnings } = await records(temporary());
    const before = readFileSync(previous, 'utf8');
    renameSync(path, `${path}.aside`);
    symlinkSync(FAILING, path);

    for (const call of [
      () => store.list(),
      () => store.find(FIRST),
      () => store.put(SECOND),
      () => store.forget(FIRST),
    ]) {
      const error = await enimErrorOf(call);
      expect([error.code, error.message]).toEqual(['STATE_UNREADABLE', `The state file ${path} cannot be read (EIO).`]);
      expect(error.hint).toContain('see dmesg, mend or replace the disk');
    }
    expect([readlinkSync(path), readFileSync(previous, 'utf8')]).toEqual([FAILING, before]);
    renameSync(`${path}.aside`, path);
    expect([await store.list(), warnings]).toEqual([[FIRST, SECOND], []]);
  });

  it('while the last good generation is read in place of a damaged one changes neither', async () => {
    const { store, path, previous } = await records(temporary());
    writeFileSync(path, 'x');
    rmSync(previous);
    symlinkSync(FAILING, previous);

    const error = await enimErrorOf(() => store.list());
    expect([error.code, error.message]).toEqual([
      'STATE_UNREADABLE',
      `The state file ${previous} cannot be read (EIO).`,
    ]);
    expect([readFileSync(path, 'utf8'), readlinkSync(previous)]).toEqual(['x', FAILING]);
  });

  it('while the state is written fails the change, keeps the old one whole, and lets go on once it is mended', async () => {
    const { store, path, previous } = await records(temporary());
    const before = [readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')];
    symlinkSync(FAILING, `${path}.new`);

    const error = await enimErrorOf(() => store.forget(FIRST));
    expect([error.code, error.message]).toEqual([
      'STATE_UNWRITABLE',
      `The state file ${path} cannot be written: the disk reports an error (EIO).`,
    ]);
    expect(error.hint).toContain('see dmesg');
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(before);
    await store.forget(FIRST);
    expect(await store.list()).toEqual([SECOND]);
  });
});
