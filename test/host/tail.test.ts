import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readTail } from '../../src/host/tail.js';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enimtest-'));
  path = join(dir, 'a.log');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the end of a file', () => {
  it('is all of it where it is short', () => {
    writeFileSync(path, 'one\ntwo\n');
    expect(readTail(path, 8)).toEqual({ text: 'one\ntwo\n', isShortened: false });
  });

  it('begins with a whole line', () => {
    writeFileSync(path, 'one\ntwo\nthree\n');
    expect(readTail(path, 8)).toEqual({ text: 'three\n', isShortened: true });
  });

  it('is its last whole lines, as many as fit, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zä]{0,6}$/)), fc.integer({ min: 1, max: 60 }), (lines, limit) => {
        const whole = lines.map((line) => `${line}\n`).join('');
        writeFileSync(path, whole);
        const { text = '', isShortened } = readTail(path, limit) ?? {};
        expect(whole.endsWith(text)).toBe(true);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        expect(isShortened).toBe(Buffer.byteLength(whole) > limit);
      }),
    );
  });

  it('is nothing where there is no file', () => {
    expect(readTail(path, 8)).toBeUndefined();
    writeFileSync(path, '');
    expect(readTail(join(path, 'below'), 8)).toBeUndefined();
  });

  it('is not waited for where the file is a pipe or a directory', () => {
    execFileSync('mkfifo', [path]);
    expect(() => readTail(path, 8)).toThrow(/is no file/);
    expect(() => readTail(dir, 8)).toThrow(/is no file/);
  });
});
