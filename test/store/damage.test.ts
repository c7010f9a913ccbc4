import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sampleAttachment } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();
const FIRST = sampleAttachment({ containerID: 'first' });
const SECOND = sampleAttachment({ containerID: 'second' });
const ASIDE = 'state.damaged-2026-01-02T03-04-05-678Z.json';

/** A store of two generations: the previous has the first attachment, the present one both. */
async function twoGenerations() {
  const root = temporary();
  const opened = openStore(root);
  await opened.store.put(FIRST);
  await opened.store.put(SECOND);
  return { root, ...opened };
}

describe('a damaged state file (multus-cni#948, azure-container-networking#762, #763)', () => {
  const DAMAGES: readonly [string, (good: string) => string, string][] = [
    ['truncated', (good) => good.slice(0, good.length / 2), 'it is no JSON'],
    ['empty', () => '', 'it is empty'],
    ['full of zeros', (good) => '\0'.repeat(good.length), 'it is no JSON'],
    ['garbage', () => 'not json at all', 'it is no JSON'],
    ['of another shape', () => '{"version":1,"generation":2,"attachments":{}}', 'written'],
  ];

  it.each(DAMAGES)('that is %s: the last good generation is used, and both are said', async (_, damage, reason) => {
    const { store, path, previous, warnings } = await twoGenerations();
    const damaged = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, damaged);

    expect(await store.list()).toEqual([FIRST]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`The state file ${path} is damaged (${reason}`);
    expect(warnings[0]).toContain(`generation 1 from ${previous}`);
    expect(warnings[0]).toContain(join(dirname(path), ASIDE));
    expect(readFileSync(join(dirname(path), ASIDE), 'utf8')).toBe(damaged);
  });

  it('falls back to what holds always where a power failure took what held for that boot', async () => {
    const { store, path } = await twoGenerations();
    await store.forget(FIRST);
    await store.put({ ...SECOND, phase: 'releasing' }, 'this boot');
    writeFileSync(path, '');
    expect(await store.list()).toEqual([FIRST, SECOND]);
  });

  it('is mended once: the next look finds a good file', async () => {
    const { root, store, path } = await twoGenerations();
    writeFileSync(path, 'x');
    await store.list();
    const again = openStore(root);
    expect(await again.store.list()).toEqual([FIRST]);
    expect(again.warnings).toEqual([]);
  });

  it('is mended before it is changed', async () => {
    const { store, path, warnings } = await twoGenerations();
    writeFileSync(path, 'x');
    const third = sampleAttachment({ containerID: 'third' });
    await store.put(third);
    expect(await store.list()).toEqual([FIRST, third]);
    expect(warnings).toHaveLength(1);
    expect(readFileSync(join(dirname(path), ASIDE), 'utf8')).toBe('x');
  });

  it('is mended by one of many that meet it at once', async () => {
    const { root, path } = await twoGenerations();
    writeFileSync(path, 'x');
    const readers = Array.from({ length: 8 }, () => openStore(root));
    const seen = await Promise.all(readers.map(({ store }) => store.list()));
    expect(seen).toEqual(readers.map(() => [FIRST]));
    expect(readers.flatMap(({ warnings }) => warnings)).toHaveLength(1);
  });

  it('goes on counting generations, so that none has the number of another', async () => {
    const { store, path } = await twoGenerations();
    writeFileSync(path, 'x');
    await store.list();
    const recovered = JSON.parse(readFileSync(path, 'utf8')) as { generation: number };
    await store.put(SECOND);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ generation: recovered.generation + 1 });
  });

  it('goes on counting also where it is mended in the same breath', async () => {
    const { store, path } = await twoGenerations();
    writeFileSync(path, 'x');
    await store.put(SECOND);
    const [present, previous] = [path, path.replace('state.json', 'state.previous.json')].map(
      (each) => (JSON.parse(readFileSync(each, 'utf8')) as { generation: number }).generation,
    );
    expect(present).toBeGreaterThan(previous as number);
  });
});

describe('a missing state file', () => {
  it('with an earlier generation beside it is no fresh start', async () => {
    const { store, path, warnings } = await twoGenerations();
    rmSync(path);
    expect(await store.list()).toEqual([FIRST]);
    expect(existsSync(path)).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`The state file ${path} is missing`);
    expect(warnings[0]).not.toContain('kept as nothing');
  });
});

describe('two damaged generations', () => {
  it('leave an empty state, with a warning that says so', async () => {
    const { store, path, previous, warnings } = await twoGenerations();
    writeFileSync(path, 'x');
    writeFileSync(previous, 'y');
    expect(await store.list()).toEqual([]);
    expect(warnings[0]).toContain('an empty state');
  });

  it('are both still there after the next change', async () => {
    const { store, path, previous } = await twoGenerations();
    writeFileSync(path, 'x');
    writeFileSync(previous, 'y');
    await store.put(FIRST);
    await store.put(SECOND);
    const kept = readdirSync(dirname(path)).map((name) => readFileSync(join(dirname(path), name), 'utf8'));
    expect(kept).toEqual(expect.arrayContaining(['x', 'y']));
  });
});

describe('a state file of a newer enim', () => {
  const NEWER = '{"version":4,"attachments":[{"eni":"eni-1"}]}';

  it('is refused for reading and for writing, and stays as it is', async () => {
    const { store, path, previous, warnings } = await twoGenerations();
    const before = readFileSync(previous, 'utf8');
    writeFileSync(path, NEWER);
    const calls: (() => Promise<unknown>)[] = [
      () => store.list(),
      () => store.find(FIRST),
      () => store.put(FIRST),
      () => store.forget(FIRST),
      () => store.ledger.read(),
      () => store.ledger.update((allocations) => ({ allocations: { ...allocations }, result: 0 }), 'always'),
    ];
    for (const call of calls) {
      const error = await enimErrorOf(call);
      expect(error.code).toBe('STATE_NEWER');
      expect(error.message).toBe(`The state file ${path} has version 4; this enim knows up to version 3.`);
    }
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual([NEWER, before]);
    expect(warnings).toEqual([]);
  });

  it('is refused also where only its earlier generation can be read', async () => {
    const { store, path, previous } = await twoGenerations();
    writeFileSync(path, 'x');
    writeFileSync(previous, NEWER);
    expect((await enimErrorOf(() => store.put(FIRST))).code).toBe('STATE_NEWER');
    expect(readFileSync(previous, 'utf8')).toBe(NEWER);
  });
});

describe('a state file that cannot be read', () => {
  it('stops everything, with the path and the reason', async () => {
    const root = temporary();
    const { store, path } = openStore(root);
    mkdirSync(path, { recursive: true });
    for (const call of [() => store.list(), () => store.put(FIRST), () => store.forget(FIRST)]) {
      const error = await enimErrorOf(call);
      expect([error.code, error.message]).toEqual([
        'STATE_UNREADABLE',
        `The state file ${path} cannot be read (EISDIR).`,
      ]);
    }
  });
});
