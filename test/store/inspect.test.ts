import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inspectState } from '../../src/store/inspect.js';
import { sampleAttachment } from '../model/samples.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();

/** The state directory of a store with two generations. */
async function used(): Promise<string> {
  const root = temporary();
  const { store } = openStore(root);
  await store.put(sampleAttachment({ containerID: 'a' }));
  await store.put(sampleAttachment({ containerID: 'b' }));
  return join(root, 'state');
}

describe('a look at the state', () => {
  it('sees both generations', async () => {
    const directory = await used();
    const written = '2026-01-02T03:04:05.678Z';
    expect(inspectState(directory)).toEqual({
      path: join(directory, 'state.json'),
      present: { kind: 'good', generation: 2, written, attachments: 2 },
      previousPath: join(directory, 'state.previous.json'),
      previous: { kind: 'good', generation: 1, written, attachments: 1 },
      kept: [],
      unfinished: [],
    });
  });

  it('sees that there is none, and mends no damage', async () => {
    expect(inspectState(join(temporary(), 'none'))).toMatchObject({
      present: { kind: 'none' },
      previous: { kind: 'none' },
    });
    const directory = await used();
    writeFileSync(join(directory, 'state.json'), '{');
    const before = readdirSync(directory);
    expect(inspectState(directory).present).toEqual({ kind: 'damaged', reason: 'it is no JSON' });
    expect(readdirSync(directory)).toEqual(before);
  });

  it('sees versions to come, and what cannot be read', async () => {
    const directory = await used();
    writeFileSync(join(directory, 'state.json'), '{"version":99}');
    rmSync(join(directory, 'state.previous.json'));
    mkdirSync(join(directory, 'state.previous.json'));
    expect(inspectState(directory)).toMatchObject({
      present: { kind: 'newer', version: 99 },
      previous: { kind: 'unreadable', errno: 'EISDIR' },
    });
  });

  it('sees what is left of damage and of killed writers', async () => {
    const directory = await used();
    for (const name of ['state.json.new', 'state.damaged-2026.json', 'state.previous.damaged-2026.json', 'notes.txt'])
      writeFileSync(join(directory, name), '');
    utimesSync(join(directory, 'state.json.new'), new Date(5_000), new Date(5_000));
    expect(inspectState(directory)).toMatchObject({
      kept: [join(directory, 'state.damaged-2026.json'), join(directory, 'state.previous.damaged-2026.json')],
      unfinished: [{ path: join(directory, 'state.json.new'), modified: new Date(5_000) }],
    });
  });
});
