import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLog, type Log } from '../src/log.js';
import { LOG_LEVELS, type LogLevel } from '../src/model/loglevel.js';
import { useTemporaryDirectories } from './store/temporary.js';

const temporary = useTemporaryDirectories();
const NOW = '2026-01-01T00:00:00.000Z';
let root = '';
let stderr: string[] = [];
beforeEach(() => {
  root = temporary();
  stderr = [];
});

function open(file: string | null, level: LogLevel = 'debug', limit?: number): Log {
  const settings = { file, level, clock: () => new Date(NOW), stderr: (text: string) => void stderr.push(text) };
  return createLog(limit === undefined ? settings : { ...settings, limit });
}

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
const said = (): unknown[] => stderr.map((line) => JSON.parse(line) as unknown);

describe('a log', () => {
  it('writes a line of JSON with time, level, message and what it is about', () => {
    const file = join(root, 'log');
    open(file)('info', 'a\nb', { eni: 'eni-1', restored: [{ what: 'MTU' }] });
    expect(readFileSync(file, 'utf8')).toBe(
      `{"time":"${NOW}","level":"info","message":"a\\nb","eni":"eni-1","restored":[{"what":"MTU"}]}\n`,
    );
  });

  it.each<[LogLevel, LogLevel[]]>([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ])('of level %s has in its file just what is at least as bad', (level, expected) => {
    const file = join(root, 'log');
    const log = open(file, level);
    for (const each of LOG_LEVELS) log(each, each);
    expect(linesOf(file)).toEqual(expected.map((each) => ({ time: NOW, level: each, message: each })));
  });

  it('says errors and warnings on stderr, whatever the level of its file', () => {
    const log = open(join(root, 'log'), 'error');
    for (const each of LOG_LEVELS) log(each, each);
    expect(said()).toEqual(['error', 'warn'].map((level) => ({ time: NOW, level, message: level })));
  });

  it('writes no file unless one is named', () => {
    open(null)('error', 'no');
    expect(said()).toHaveLength(1);
  });

  it('makes the directory of its file, for its user alone', () => {
    const file = join(root, 'a', 'b', 'log');
    open(file)('info', 'x');
    expect([statSync(join(root, 'a')).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });
});

describe('the file of a log', () => {
  it('is set aside when it is full, and the one before is gone then', () => {
    const file = join(root, 'log');
    const log = open(file, 'info', 200);
    for (let number = 0; number < 100; number += 1) {
      log('info', `${number}`);
      expect(statSync(file).size).toBeLessThanOrEqual(200);
    }
    expect(linesOf(file).at(-1)).toMatchObject({ message: '99' });
    expect(linesOf(`${file}.1`).length).toBeGreaterThan(0);
    expect(existsSync(`${file}.2`)).toBe(false);
    const messages = [...linesOf(`${file}.1`), ...linesOf(file)].map((line) => (line as { message: string }).message);
    expect(messages).toEqual(messages.map((_, at) => `${100 - messages.length + at}`));
  });

  it('takes a single line that is longer than all that it may have', () => {
    const file = join(root, 'log');
    const log = open(file, 'info', 50);
    log('info', 'x'.repeat(100));
    log('info', 'y'.repeat(100));
    expect([linesOf(file).length, linesOf(`${file}.1`).length, stderr]).toEqual([1, 1, []]);
  });

  it('is bounded by bytes, not by characters', () => {
    const file = join(root, 'log');
    const log = open(file, 'info', 400);
    for (let number = 0; number < 20; number += 1) log('info', '’'.repeat(60));
    expect(statSync(file).size).toBeLessThanOrEqual(400);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(400);
  });

  it.each([
    ['a directory', () => mkdirSync(join(root, 'log'))],
    ['below a file', () => writeFileSync(join(root, 'below'), '')],
    ['on a full disk', () => {}],
  ])('that cannot be written stops nothing, and says so once: %s', (what, make) => {
    make();
    const file = { 'a directory': join(root, 'log'), 'below a file': join(root, 'below', 'log') }[what] ?? '/dev/full';
    const log = open(file, 'debug');
    log('info', 'one');
    log('debug', 'two');
    expect(said()).toEqual([
      { level: 'warn', message: expect.stringMatching(`^the log file ${file} cannot be written: E[A-Z]+$`) },
    ]);
    log('error', 'three');
    expect(said()).toHaveLength(2);
  });
});
