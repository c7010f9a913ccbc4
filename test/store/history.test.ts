import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPrograms } from '../../src/exec.js';
import { begun, ended, type HistoryEvent } from '../../src/model/history.js';
import { createHistory, formatLine, type History, parseLines } from '../../src/store/history.js';
import { createLocks } from '../../src/store/lock.js';
import { sampleAttachment } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();

const AT = new Date('2026-01-02T03:04:05.678Z');

/** Every second one is an end; each is known by its number. */
function event(number: number, reason = 'del'): HistoryEvent {
  const attachment = sampleAttachment({ containerID: `c${number}`, owner: 'default/web-0' });
  const restored = [{ what: 'name', from: 'dev7{', to: 'eni‑2 00000000 {' }];
  return number % 2 === 0
    ? begun(attachment, AT)
    : ended(attachment, AT, { since: attachment.since, reason, restored });
}

const events = (count: number): HistoryEvent[] => Array.from({ length: count }, (_, number) => event(number));

interface Opened {
  readonly history: History;
  readonly directory: string;
  readonly path: string;
  readonly warnings: string[];
}

function open(directory = temporary(), limit?: number): Opened {
  const warnings: string[] = [];
  const locks = createLocks(createPrograms(30_000), {
    directory: join(directory, 'run'),
    wait: 10_000,
    purpose: 'test',
  });
  const bound = limit === undefined ? {} : { limit };
  const history = createHistory({ directory, locks, warn: (message) => warnings.push(message), ...bound });
  return { history, directory, path: join(directory, 'history.log'), warnings };
}

describe('a line', () => {
  it('is the CRC-32 of the JSON, the JSON, and a line feed', () => {
    const line = formatLine(event(1));
    const [sum, json] = [line.slice(0, 8), line.slice(9, -1)];
    expect(line).toBe(`${sum} ${json}\n`);
    expect(JSON.parse(json)).toEqual(event(1));
    expect(Number.parseInt(sum, 16)).toBe(crc32(json));
  });

  it('is read back, whatever its texts are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 })), (reasons) => {
        const written = reasons.map((reason, index) => event(2 * index + 1, reason));
        // What is no text in UTF-8, half of a surrogate pair, is written as what stands for it.
        const expected = JSON.parse(JSON.stringify(written)) as HistoryEvent[];
        expect(parseLines(Buffer.from(written.map(formatLine).join('')))).toEqual({ events: expected, ignored: 0 });
      }),
    );
  });

  it('that is torn is left out and counted, at whichever byte', () => {
    const [first, last] = [formatLine(event(0)), Buffer.from(formatLine(event(1)))];
    for (let length = 1; length < last.length - 1; length += 1) {
      const content = Buffer.concat([Buffer.from(first), last.subarray(0, length)]);
      expect(parseLines(content)).toEqual({ events: [event(0)], ignored: 1 });
    }
  });

  it('that is torn does not take the next with it, although that is written on the same line', () => {
    const torn = Buffer.from(formatLine(event(1)));
    for (let length = 1; length < torn.length - 1; length += 1) {
      const content = Buffer.concat([
        torn.subarray(0, length),
        Buffer.from(formatLine(event(2)) + formatLine(event(3))),
      ]);
      expect(parseLines(content)).toEqual({ events: [event(2), event(3)], ignored: 1 });
    }
  });

  it('that is damaged in any one byte is left out and counted, and its neighbours are read', () => {
    const before = formatLine(event(0));
    const middle = Buffer.from(formatLine(event(1)));
    fc.assert(
      fc.property(fc.nat({ max: middle.length - 2 }), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const damaged = Buffer.from(middle);
        damaged[index] = (damaged[index] ?? 0) ^ change;
        const { events: read, ignored } = parseLines(
          Buffer.concat([Buffer.from(before), damaged, Buffer.from(formatLine(event(2)))]),
        );
        expect(read).toEqual([event(0), event(2)]);
        // A byte that became a line feed makes two of it.
        expect(ignored).toBe(damaged[index] === 0x0a ? 2 : 1);
      }),
      { numRuns: 500, examples: [[0, (middle[0] ?? 0) ^ 0x0a]] },
    );
  });

  it('among any bytes is found, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (noises) => {
        const parts = noises.flatMap((noise, index) => [
          Buffer.from(noise),
          Buffer.from(`\n${formatLine(event(index))}`),
        ]);
        expect(parseLines(Buffer.concat(parts)).events).toEqual(events(noises.length));
      }),
    );
  });

  it.each([
    ['another kind', { ...event(0), event: 'exploded' }],
    ['another shape', { ...event(0), eni: 7 }],
    ['no object', null],
    ['no end of what it needs', { ...event(1), reason: undefined }],
  ])('of %s with a good checksum is left out and counted', (_, value) => {
    const line = formatLine(value as HistoryEvent);
    expect(parseLines(Buffer.from(line + formatLine(event(2))))).toEqual({ events: [event(2)], ignored: 1 });
  });

  it('may have more in it than this enim knows', () => {
    const line = formatLine({ ...event(0), mood: 'good' } as unknown as HistoryEvent);
    expect(parseLines(Buffer.from(line))).toEqual({ events: [event(0)], ignored: 0 });
  });
});

describe('a history', () => {
  it('is empty where there is none', async () => {
    expect(await open().history.read()).toEqual({ events: [], ignored: 0 });
    expect(await open(join(temporary(), 'none')).history.read()).toEqual({ events: [], ignored: 0 });
  });

  it('is read by another process as it was written, and is for its owner alone', async () => {
    const { history, directory, path } = open();
    for (const each of events(5)) await history.record(each);
    expect(await open(directory).history.read()).toEqual({ events: events(5), ignored: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on after a line that was torn, and counts it', async () => {
    const { history, path } = open();
    await history.record(event(0));
    appendFileSync(path, formatLine(event(1)).slice(0, 60));
    expect(await history.read()).toEqual({ events: [event(0)], ignored: 1 });
    await history.record(event(2));
    await history.record(event(3));
    expect(await history.read()).toEqual({ events: [event(0), event(2), event(3)], ignored: 1 });
  });

  it('is bounded: two files, of which the older goes when the newer is full', async () => {
    const limit = 4_000;
    const { history, directory, path } = open(temporary(), limit);
    for (const each of events(100)) await history.record(each);
    const { events: read, ignored } = await history.read();
    const sizes = [path, join(directory, 'history.1.log')].map((each) => statSync(each).size);
    expect(Math.max(...sizes)).toBeLessThan(limit + 1_000);
    expect([read, ignored]).toEqual([events(100).slice(100 - read.length), 0]);
    expect(read.length).toBeGreaterThan(limit / 500);
    expect(readdirSync(directory).sort()).toEqual(['history.1.log', 'history.log', 'run']);
  });

  it('loses nothing while many write, and put full files aside', async () => {
    const directory = temporary();
    const writers = Array.from({ length: 8 }, () => open(directory, 12_000));
    // Fewer than fill the file twice.
    const written = events(64);
    await Promise.all(
      writers.map(async ({ history }, index) => {
        for (const each of written.slice(8 * index, 8 * index + 8)) await history.record(each);
      }),
    );
    const { events: read, ignored } = await open(directory).history.read();
    expect(ignored).toBe(0);
    expect(read.map(({ containerID }) => containerID).sort()).toEqual(
      written.map(({ containerID }) => containerID).sort(),
    );
    expect(readdirSync(directory)).toContain('history.1.log');
  });

  it('is not put aside by one who finds that another has just done it', async () => {
    const directory = temporary();
    const path = join(directory, 'history.log');
    const other = open(directory);
    const locks = {
      tryAcquire: async () => {
        writeFileSync(join(directory, 'history.1.log'), readFileSync(path));
        writeFileSync(path, '');
        await other.history.record(event(9));
        return { fd: -1, release: () => undefined, retire: () => undefined };
      },
    };
    const full = createHistory({ directory, locks, warn: () => undefined, limit: 400 });
    for (const each of events(2)) await full.record(each);
    expect(await other.history.read()).toEqual({ events: [...events(2), event(9)], ignored: 0 });
  });

  it('that cannot be written stops nothing, and says so once', async () => {
    const directory = temporary();
    symlinkSync('/dev/full', join(directory, 'history.log'));
    const { history, path, warnings } = open(directory);
    await history.record(event(0));
    await history.record(event(1));
    expect(warnings).toEqual([`The history ${path} cannot be written (ENOSPC); all else was done.`]);
  });

  it('in a directory that is none stops nothing either', async () => {
    const directory = join(temporary(), 'file');
    writeFileSync(directory, '');
    const { history, path, warnings } = open(directory);
    await history.record(event(0));
    expect(warnings).toEqual([`The history ${path} cannot be written (ENOTDIR); all else was done.`]);
  });

  it('that cannot be put aside stops nothing: it grows', async () => {
    const { history, directory, warnings } = open(temporary(), 10);
    mkdirSync(join(directory, 'history.1.log'));
    await history.record(event(0));
    await history.record(event(1));
    expect(warnings).toEqual([expect.stringContaining('cannot be written (EISDIR)')]);
    expect(parseLines(readFileSync(join(directory, 'history.log'))).events).toEqual(events(2));
  });

  it('that cannot be read is an error that says so', async () => {
    const { history, path } = open();
    mkdirSync(path);
    const { code, message } = await enimErrorOf(() => history.read());
    expect([code, message]).toEqual(['STATE_UNREADABLE', `The history ${path} cannot be read (EISDIR).`]);
  });

  it('below what is no directory is an error that says so', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    expect(await enimErrorOf(() => open(file).history.read())).toMatchObject({
      code: 'STATE_UNREADABLE',
      message: expect.stringMatching(`^The history ${file}/history.* cannot be read \\(ENOTDIR\\)\\.$`),
      hint: expect.stringMatching(/a directory, or name another one by ENIM_STATE_DIR/),
    });
  });

  it('has whole lines whoever else writes at the same moment, and however many', async () => {
    const { history, directory, path } = open();
    const line = formatLine(event(1));
    const writer = `const fs = require('node:fs'); const fd = fs.openSync(${JSON.stringify(path)}, 'a');
      for (let count = 0; count < 200; count += 1) fs.writeSync(fd, ${JSON.stringify(line)});`;
    const ends = Array.from(
      { length: 6 },
      () => new Promise((resolve) => spawn(process.execPath, ['-e', writer]).once('close', resolve)),
    );
    for (let count = 0; count < 100; count += 1) {
      await history.record(event(2));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(ends);
    const { events: read, ignored } = await open(directory).history.read();
    expect([read.length, ignored]).toEqual([1_300, 0]);
  });
});
