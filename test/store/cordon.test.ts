import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createPrograms } from '../../src/exec.js';
import type { Cordon } from '../../src/model/cordon.js';
import { type CordonRecord, createCordonRecord, parseCordon } from '../../src/store/cordon.js';
import { createLocks } from '../../src/store/lock.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();

/** The record below `root`, as another process would open it. */
function open(root: string): { readonly record: CordonRecord; readonly directory: string; readonly path: string } {
  const directory = join(root, 'state');
  const locks = createLocks(createPrograms(30_000), { directory: join(root, 'run'), wait: 10_000, purpose: 'a test' });
  return { record: createCordonRecord({ directory, locks }), directory, path: join(directory, 'cordon.json') };
}

const UP: Cordon = { since: '2026-01-02T03:04:05.678Z', reason: 'kernel upgrade' };

describe('the record of a cordon', () => {
  it('is none at first, and looking makes no file', () => {
    const root = temporary();
    expect(open(root).record.find()).toBeNull();
    expect(existsSync(join(root, 'state'))).toBe(false);
  });

  it('is seen by other processes until it is lifted, and leaves nothing behind', async () => {
    const root = temporary();
    expect(await open(root).record.update(() => UP)).toEqual(UP);
    expect(open(root).record.find()).toEqual(UP);
    expect(statSync(open(root).path).mode & 0o777).toBe(0o600);
    expect(await open(root).record.update((before) => (before === null ? UP : null))).toBeNull();
    expect([open(root).record.find(), readdirSync(open(root).directory)]).toEqual([null, []]);
  });

  it('is not written where nothing changes', async () => {
    const { record, path } = open(temporary());
    await record.update(() => UP);
    const { mtimeNs } = statSync(path, { bigint: true });
    await record.update((before) => before);
    expect(statSync(path, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  it('counts even where what stands in it cannot be understood', () => {
    const { record, directory, path } = open(temporary());
    mkdirSync(directory);
    writeFileSync(path, '');
    expect(record.find()).toEqual({ since: null, reason: null });
  });

  it('that cannot be read or changed is an error, and not no cordon', async () => {
    const { record, path } = open(temporary());
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'in-the-way'), '');
    expect((await enimErrorOf(() => record.find())).code).toBe('STATE_UNREADABLE');
    expect((await enimErrorOf(() => record.update(() => UP))).code).toBe('STATE_UNREADABLE');
  });

  it.each(['garbage', 'null', '[]', '{}', '7', '{"since":1,"reason":[]}'])('takes %s for a cordon', (content) => {
    expect(parseCordon(content)).toEqual({ since: null, reason: null });
  });

  it('keeps what can be understood beside what cannot', () => {
    expect(parseCordon('{"version":9,"since":3,"reason":"r","more":1}')).toEqual({ since: null, reason: 'r' });
  });
});
