import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
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

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    return thrown.code;
  }
};

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
    expect(codeOf(() => mustBeFree(path))).toBe('UNSAFE');
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

  it('leaves a directory of that name alone, also by force', () => {
    mkdirSync(path);
    expect(codeOf(() => writeBundle(path, Buffer.from('one'), true))).toBe('BUNDLE_UNWRITABLE');
    expect(readdirSync(dir)).toEqual(['b.tar.gz']);
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
