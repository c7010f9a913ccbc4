import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createPrograms } from '../../src/exec.js';
import { createCordonRecord } from '../../src/store/cordon.js';
import { createHistory } from '../../src/store/history.js';
import { createLocks } from '../../src/store/lock.js';
import { remedyFor } from '../../src/store/remedy.js';
import { enimErrorOf } from '../model/thrown.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();
const locksIn = (directory: string) =>
  createLocks(createPrograms(1_000), { directory, wait: 1_000, purpose: 'a test' });

describe('a directory in place of a file', () => {
  it.each([
    ['state.json', (directory: string) => openStore(directory, { state: directory }).store.list()],
    ['cordon.json', async (directory: string) => createCordonRecord({ directory, locks: locksIn(directory) }).find()],
    [
      'history.log',
      (directory: string) => createHistory({ directory, locks: locksIn(directory), warn: () => undefined }).read(),
    ],
  ])('is to be moved away, where %s should be; the disk is sound', async (name, read) => {
    const directory = temporary();
    mkdirSync(join(directory, name));
    const { code, hint } = await enimErrorOf(async () => read(directory));
    expect([code, hint]).toEqual([
      'STATE_UNREADABLE',
      expect.stringContaining(`move the directory ${join(directory, name)} away`),
    ]);
  });
});

describe('a file in place of a directory', () => {
  it('is said to be none by whoever reads the state, and by whoever locks', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    const state = await enimErrorOf(() => openStore(file, { state: file }).store.list());
    expect(state.hint).toContain(`make ${file} a directory`);
    const lock = await enimErrorOf(() => locksIn(file).acquire('state'));
    expect([lock.code, lock.message]).toEqual([
      'STATE_UNWRITABLE',
      `The lock file ${join(file, 'state.lock')} cannot be opened (${file} is no directory).`,
    ]);
  });
});

describe('what is to be done', () => {
  it.each([
    ['ENOSPC', 'free some space'],
    ['EDQUOT', 'free some space'],
    ['EROFS', 'remount it writable (see dmesg for why it is not)'],
    ['EIO', 'see dmesg, mend or replace the disk'],
    ['ENOENT', 'make /a a directory, or name another one by ENIM_STATE_DIR'],
    ['ENOTDIR', 'make /a a directory, or name another one by ENIM_STATE_DIR'],
  ])('after %s is: %s', (errno, remedy) => {
    expect(remedyFor('/a/b', errno)).toBe(remedy);
  });
});
