import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mustBeFree, readBundle, writeBundle } from '../../src/bundle/file.js';
import { EnimError } from '../../src/model/errors.js';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enimtest-'));
  path = join(dir, 'b.tar.gz');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const errorOf = (work: () => unknown): EnimError | undefined => {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    return thrown;
  }
};

const codeOf = (work: () => unknown): string | undefined => errorOf(work)?.code;

const hintOf = (work: () => unknown): string | null | undefined => errorOf(work)?.hint;

describe('writing a bundle', () => {
  it('makes a file for its owner alone, and leaves nothing else behind', () => {
    const umask = process.umask(0);
    writeBundle(path, Buffer.from('one'), false);
    process.umask(umask);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Buffer.from(readBundle(path)).toString()).toBe('one');
    expect(readdirSync(dir)).toEqual(['b.tar.gz']);
  });

  it('takes the place of another file only if that was asked for', () => {
    writeFileSync(path, 'precious', { mode: 0o644 });
    expect(codeOf(() => mustBeFree(path, false))).toBe('UNSAFE');
    expect(codeOf(() => mustBeFree(path, true))).toBeUndefined();
    expect(codeOf(() => writeBundle(path, Buffer.from('one'), false))).toBe('UNSAFE');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    writeBundle(path, Buffer.from('one'), true);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['one', 0o600]);
    expect(readdirSync(dir)).toEqual(['b.tar.gz']);
  });

  it('says of a directory that is not there that it is not', () => {
    expect(codeOf(() => writeBundle(join(dir, 'no/b.tar.gz'), Buffer.from('one'), false))).toBe('BUNDLE_UNWRITABLE');
    expect(existsSync(join(dir, 'no'))).toBe(false);
  });

  it.each([
    ['a directory', (at: string) => mkdirSync(at)],
    ['a pipe', (at: string) => execFileSync('mkfifo', [at])],
    ['a link', (at: string) => symlinkSync('/dev/null', at)],
    ['a link that leads nowhere', (at: string) => symlinkSync('nothing', at)],
  ])('leaves %s of that name alone, also by force', (_, make) => {
    make(path);
    const before = lstatSync(path);
    for (const force of [false, true]) {
      expect(codeOf(() => mustBeFree(path, force))).toBe('UNSAFE');
      expect(codeOf(() => writeBundle(path, Buffer.from('one'), force))).toBe('UNSAFE');
      expect(hintOf(() => mustBeFree(path, force))).toBe('give another name with --file');
    }
    expect([lstatSync(path).ino, lstatSync(path).mode]).toEqual([before.ino, before.mode]);
    expect(readdirSync(dir)).toEqual(['b.tar.gz']);
  });

  it('says which flag gives another name', () => {
    writeFileSync(path, 'precious');
    expect(hintOf(() => mustBeFree(path, false))).toMatch(/--file,.* --force/);
  });

  it('takes a name as long as a name can be, and no longer one', () => {
    writeBundle(join(dir, 'x'.repeat(255)), Buffer.from('one'), false);
    expect(readdirSync(dir)).toEqual(['x'.repeat(255)]);
    expect(codeOf(() => mustBeFree(join(dir, 'x'.repeat(256)), false))).toBe('BUNDLE_UNWRITABLE');
    expect(codeOf(() => writeBundle(join(dir, 'x'.repeat(256)), Buffer.from('one'), true))).toBe('BUNDLE_UNWRITABLE');
  });

  it('says of what is no directory, and of links in a circle, that they are that', () => {
    writeFileSync(join(dir, 'file'), '');
    symlinkSync('circle', join(dir, 'circle'));
    for (const name of ['file/b.tar.gz', 'circle/b.tar.gz']) {
      expect(codeOf(() => mustBeFree(join(dir, name), false))).toBe('BUNDLE_UNWRITABLE');
      expect(codeOf(() => writeBundle(join(dir, name), Buffer.from('one'), true))).toBe('BUNDLE_UNWRITABLE');
    }
  });
});

describe('reading a bundle', () => {
  it('says which files there are not, and which are none', () => {
    expect(codeOf(() => readBundle(path))).toBe('NOT_THERE');
    expect(codeOf(() => readBundle(dir))).toBe('BUNDLE_DAMAGED');
  });

  it('refuses one that is too large to be one, without reading it', () => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
    expect(codeOf(() => readBundle(path))).toBe('BUNDLE_DAMAGED');
  });
});
