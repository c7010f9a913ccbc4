import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EnimError, type ErrorCode } from '../../src/model/errors.js';
import { formatLine } from '../../src/store/history.js';
import { recordState } from '../../src/store/record.js';
import { createRecordedState, type RecordedState } from '../../src/store/recorded.js';
import { sampleAttachment, sampleEni } from '../model/samples.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const makeDirectory = useTemporaryDirectories();

interface Recorded extends RecordedState {
  readonly warnings: readonly string[];
}

async function recorded(directory: string, held: readonly string[] = []): Promise<Recorded> {
  const { record, texts } = await recordState(directory);
  const warnings: string[] = [];
  const refuse = (): EnimError => new EnimError('INVALID_ARGUMENT', 'no');
  const settings = { record, texts, directory, held, refuse, warn: (message: string) => void warnings.push(message) };
  return { ...createRecordedState(settings), warnings };
}

/** What a store says. */
async function all({ store }: Pick<RecordedState, 'store'>): Promise<unknown> {
  return [await store.list(), await store.quarantine.list(), await store.ledger.read()];
}

const codeOf = async (work: Promise<unknown>): Promise<ErrorCode | undefined> => {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    return (thrown as EnimError).code;
  }
};

async function withTwo() {
  const opened = openStore(makeDirectory());
  await opened.store.put(sampleAttachment({ since: '2026-01-02T00:00:00.000Z' }));
  await opened.store.put(sampleAttachment({ containerID: 'c9', eni: sampleEni(9), since: '2026-01-01T00:00:00.000Z' }));
  await opened.store.quarantine.put('eni-5', {
    reason: 'odd',
    since: '2026-01-01T00:00:00.000Z',
    until: null,
    mac: null,
  });
  return { ...opened, directory: dirname(opened.path) };
}

describe('a recorded state', () => {
  it('says what the store says, in its order', async () => {
    const { store, directory } = await withTwo();
    writeFileSync(join(directory, 'history.log'), 'torn\n');
    const copy = await recorded(directory);
    expect(await all(copy)).toEqual(await all({ store }));
    expect(await copy.store.find(sampleAttachment())).toEqual(await store.find(sampleAttachment()));
    expect([copy.warnings, copy.cordon.find(), await copy.history.read()]).toEqual([
      [],
      null,
      { events: [], ignored: 1 },
    ]);
  });

  it('has the history from its beginning', async () => {
    const directory = makeDirectory();
    const subject = { network: 'n', containerID: 'c', ifname: 'e', owner: 'a/b', uid: null, eni: 'e', netns: '' };
    const lines = Array.from({ length: 8_000 }, (_, at) =>
      formatLine({ event: 'attached', ...subject, at: `${at}`, since: '' }),
    );
    writeFileSync(join(directory, 'history.1.log'), lines.slice(0, 4_000).join(''));
    writeFileSync(join(directory, 'history.log'), lines.slice(4_000).join(''));
    const { events } = await (await recorded(directory)).history.read();
    expect([events.length, events[0]?.at, events.at(-1)?.at]).toEqual([8_000, '0', '7999']);
  });

  it('is empty where nothing was done yet', async () => {
    const directory = makeDirectory();
    const copy = await recorded(directory);
    expect(await all(copy)).toEqual([[], {}, {}]);
    expect(copy.inspect().present).toEqual({ kind: 'none' });
  });

  it.each([
    ['damaged', (path: string) => writeFileSync(path, '{"version'), /state\.json was damaged .*generation 2 from/],
    ['missing', (path: string) => rmSync(path), /state\.json was missing.*generation 2 from/],
  ])('says of a file that is %s what the store says that has mended it', async (_, harm, warning) => {
    const { store, path, directory } = await withTwo();
    harm(path);
    const copy = await recorded(directory);
    const seen = await all(copy);
    expect(copy.warnings).toEqual([expect.stringMatching(warning)]);
    expect(seen).toEqual(await all({ store }));
  });

  it('is empty, with a warning, where both generations are damaged', async () => {
    const { path, previous, directory } = await withTwo();
    for (const each of [path, previous]) writeFileSync(each, '7');
    const copy = await recorded(directory);
    expect(await all(copy)).toEqual([[], {}, {}]);
    expect(copy.warnings).toEqual([expect.stringContaining('Instead an empty state is used')]);
  });

  it('refuses that of a newer enim, as the store does', async () => {
    const { store, path, directory } = await withTwo();
    writeFileSync(path, '{"version": 99}');
    expect(await codeOf(store.list())).toBe('STATE_NEWER');
    expect(await codeOf((await recorded(directory)).store.list())).toBe('STATE_NEWER');
  });

  it('gives a lock that somebody had to nobody, and the others to everybody', async () => {
    const { locks } = await recorded(makeDirectory(), ['/run/enim/state.lock']);
    expect([await locks.tryAcquire('state'), await locks.tryAcquire('cordon')]).toEqual([undefined, expect.anything()]);
  });
});
