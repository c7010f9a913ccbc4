import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Allocation } from '../../src/model/allocation.js';
import { type Attachment, keyOf } from '../../src/model/attachment.js';
import { STATE_VERSION } from '../../src/store/schema.js';
import { createStateFile } from '../../src/store/store.js';
import { sampleAttachment, sampleEndpoint, sampleEni } from '../model/samples.js';
import { openStore } from './opened.js';
import { useTemporaryDirectories } from './temporary.js';

const temporary = useTemporaryDirectories();

function allocationOf(number: number): Allocation {
  return {
    eni: sampleEni(number),
    holder: sampleEndpoint({ containerID: `c${number}` }),
    since: '2026-01-01T00:00:00.000Z',
    releasedAt: null,
  };
}

describe('the store', () => {
  it('is empty, and writes nothing, before anything was put', async () => {
    const { store, path, warnings } = openStore(temporary());
    expect([await store.list(), await store.ledger.read(), await store.find(sampleEndpoint())]).toEqual([
      [],
      {},
      undefined,
    ]);
    expect(() => readFileSync(path)).toThrow(/ENOENT/);
    expect(warnings).toEqual([]);
  });

  it('shows another process what was put, as soon as put returns', async () => {
    const root = temporary();
    const attachment = sampleAttachment();
    await openStore(root).store.put(attachment);
    expect(await openStore(root).store.find(attachment)).toEqual(attachment);
  });

  it('puts an attachment in place of the one with the same key, and of no other', async () => {
    const { store } = openStore(temporary());
    const other = sampleAttachment({ ifname: 'eth1' });
    await store.put(sampleAttachment({ phase: 'attaching' }));
    await store.put(other);
    await store.put(sampleAttachment({ phase: 'attached' }));
    expect(await store.list()).toEqual([sampleAttachment({ phase: 'attached' }), other]);
  });

  it('shows another process what is to hold for this boot as well, and keeps beside it what holds always', async () => {
    const root = temporary();
    const { store, path, previous } = openStore(root);
    await store.put(sampleAttachment({ phase: 'attaching' }));
    const always = readFileSync(path, 'utf8');
    await store.put(sampleAttachment({ phase: 'attached' }), 'this boot');
    expect(await openStore(root).store.find(sampleEndpoint())).toMatchObject({ phase: 'attached' });
    await store.forget(sampleEndpoint());
    expect(await openStore(root).store.list()).toEqual([]);
    expect(readFileSync(previous, 'utf8')).toBe(always);
    await store.put(sampleAttachment({ ifname: 'eth1' }));
    expect(readFileSync(previous, 'utf8')).toBe(always);
    const later = readFileSync(path, 'utf8');
    await store.put(sampleAttachment({ ifname: 'eth2' }));
    expect(readFileSync(previous, 'utf8')).toBe(later);
  });

  it('writes for always what it writes together with what must hold always', async () => {
    const { store, path } = openStore(temporary());
    await Promise.all([
      store.put(sampleAttachment({ ifname: 'eth1' }), 'this boot'),
      store.put(sampleAttachment({ ifname: 'eth2' })),
      store.put(sampleAttachment({ ifname: 'eth3' }), 'this boot'),
    ]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ generation: 1, lasting: 'always' });
  });

  it('writes once for a record that goes and an ENI that becomes free, asked for one after the other', async () => {
    const { store, path } = openStore(temporary());
    await store.put(sampleAttachment());
    const seen: number[] = [];
    const change = {
      allocations: { 'eni-1': { eni: sampleEni(1), holder: null, since: null, releasedAt: null } },
      result: undefined,
    };
    await Promise.all([
      store.forget(sampleEndpoint()),
      store.ledger.update((before) => {
        seen.push(Object.keys(JSON.parse(readFileSync(path, 'utf8')).attachments).length, Object.keys(before).length);
        return change;
      }, 'this boot'),
    ]);
    expect(seen).toEqual([1, 0]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      ...{ generation: 2, attachments: {}, allocations: { 'eni-1': {} } },
    });
  });

  it('lists the oldest first', async () => {
    const { store } = openStore(temporary());
    const times = ['2026-01-03', '2026-01-01', '2026-01-02'];
    for (const [index, day] of times.entries()) {
      await store.put(sampleAttachment({ containerID: `c${index}`, since: `${day}T00:00:00.000Z` }));
    }
    expect((await store.list()).map(({ since }) => since.slice(0, 10))).toEqual([...times].sort());
  });

  it('makes with one write the changes that stores of one process wait for together', async () => {
    const root = temporary();
    const file = createStateFile();
    const [one, other] = [openStore(root, { file }), openStore(root, { file })];
    const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
    await Promise.all(
      names.map((containerID, index) => (index % 2 === 0 ? one : other).store.put(sampleAttachment({ containerID }))),
    );
    expect((await openStore(root).store.list()).map(({ containerID }) => containerID).sort()).toEqual(names);
    expect((JSON.parse(readFileSync(one.path, 'utf8')) as { generation: number }).generation).toBe(1);
  });

  it('lets a change that fails be the trouble of none but who wanted it', async () => {
    const { store } = openStore(temporary());
    const outcomes = await Promise.allSettled([
      store.put(sampleAttachment({ containerID: 'c1' })),
      store.ledger.update(() => {
        throw new Error('no');
      }, 'always'),
      store.put(sampleAttachment({ containerID: 'c2' })),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.list()).map(({ containerID }) => containerID)).toEqual(['c1', 'c2']);
  });

  it('forgets what is not there without writing', async () => {
    const { store, path } = openStore(temporary());
    await store.put(sampleAttachment());
    const before = readFileSync(path, 'utf8');
    await store.forget(sampleEndpoint({ containerID: 'another' }));
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('writes nothing when the ledger is left as it is', async () => {
    const { store, path } = openStore(temporary());
    await store.put(sampleAttachment());
    const before = readFileSync(path, 'utf8');
    expect(await store.ledger.update((allocations) => ({ allocations, result: 'seen' }), 'always')).toBe('seen');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('writes nothing, and frees the lock, when a change throws', async () => {
    const { store } = openStore(temporary(), { wait: 500 });
    const refuse = store.ledger.update(() => {
      throw new Error('no');
    }, 'always');
    await expect(refuse).rejects.toThrow('no');
    await store.put(sampleAttachment());
    expect(await store.ledger.read()).toEqual({});
  });

  it('counts its generations and says when it was written', async () => {
    const { store, path } = openStore(temporary());
    await store.put(sampleAttachment());
    await store.forget(sampleAttachment());
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      ...{ version: STATE_VERSION, generation: 2, written: '2026-01-02T03:04:05.678Z', lasting: 'this boot' },
      ...{ attachments: {}, allocations: {}, quarantines: {} },
    });
  });

  it('keeps the generation before the last beside it', async () => {
    const { store, path, previous } = openStore(temporary());
    await store.put(sampleAttachment());
    const first = readFileSync(path, 'utf8');
    await store.put(sampleAttachment({ containerID: 'c2' }));
    expect(readFileSync(previous, 'utf8')).toBe(first);
  });

  it('ignores what a killed writer left', async () => {
    const root = temporary();
    const { store, path, warnings } = openStore(root);
    await store.put(sampleAttachment());
    writeFileSync(`${path}.new`, '{"version":1,"gener');
    expect(await store.list()).toEqual([sampleAttachment()]);
    await store.put(sampleAttachment({ containerID: 'c2' }));
    expect((await openStore(root).store.list()).map(({ containerID }) => containerID)).toEqual(['c1', 'c2']);
    expect(warnings).toEqual([]);
  });

  it('loses no update of many writers at once', async () => {
    const root = temporary();
    const numbers = Array.from({ length: 24 }, (_, index) => index + 1);
    await Promise.all(
      numbers.map(async (number) => {
        const { store } = openStore(root);
        await store.put(sampleAttachment({ containerID: `c${number}` }));
        await store.ledger.update(
          (allocations) => ({
            allocations: { ...allocations, [`eni-${number}`]: allocationOf(number) },
            result: 0,
          }),
          'always',
        );
      }),
    );
    const { store, path } = openStore(root);
    expect((await store.list()).map(({ containerID }) => containerID).sort()).toEqual(
      numbers.map((number) => `c${number}`).sort(),
    );
    expect(Object.keys(await store.ledger.read()).sort()).toEqual(numbers.map((number) => `eni-${number}`).sort());
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ generation: 2 * numbers.length });
  });

  it('never shows a reader anything but a whole state', async () => {
    const root = temporary();
    const { store } = openStore(root);
    await store.put(sampleAttachment({ containerID: 'c0' }));
    let writing = true;
    const write = (async () => {
      for (let round = 1; round <= 15; round += 1) {
        await store.put(
          sampleAttachment({ containerID: 'c0', snapshot: { ...sampleAttachment().snapshot, mtu: round } }),
        );
      }
      writing = false;
    })();
    const { store: reader, warnings } = openStore(root);
    while (writing) {
      expect(await reader.list()).toHaveLength(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await write;
    expect(warnings).toEqual([]);
  });

  it('equals a plain map after any sequence of changes', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ put: key, phase: fc.constantFrom('attaching', 'attached', 'releasing'), inode: fc.nat() }),
      fc.record({ forget: key }),
      fc.record({ allocate: fc.constantFrom(1, 2, 3) }),
      fc.record({ reopen: fc.constant(true) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const root = temporary();
        let { store } = openStore(root);
        const attachments = new Map<string, Attachment>();
        const allocations = new Map<string, Allocation>();
        for (const each of steps) {
          if ('put' in each) {
            const attachment = sampleAttachment({
              containerID: each.put,
              phase: each.phase,
              netns: { path: '/p', inode: each.inode },
            });
            attachments.set(keyOf(attachment), attachment);
            await store.put(attachment);
          } else if ('forget' in each) {
            attachments.delete(keyOf(sampleEndpoint({ containerID: each.forget })));
            await store.forget(sampleEndpoint({ containerID: each.forget }));
          } else if ('allocate' in each) {
            const [id, entry] = [`eni-${each.allocate}`, allocationOf(each.allocate)];
            allocations.set(id, entry);
            await store.ledger.update(
              (before) => ({ allocations: { ...before, [id]: entry }, result: null }),
              'always',
            );
          } else {
            store = openStore(root).store;
          }
        }
        expect(Object.fromEntries((await store.list()).map((each) => [keyOf(each), each]))).toEqual(
          Object.fromEntries(attachments),
        );
        expect(await store.ledger.read()).toEqual(Object.fromEntries(allocations));
      }),
      { numRuns: 25 },
    );
  });
});

describe('the quarantine', () => {
  const MAC = '02:00:00:00:00:01';
  const ENTRY = { reason: 'a test', since: '2026-01-01T00:00:00.000Z', until: null, mac: null };

  it('is kept, replaced and lifted, by whatever ID', async () => {
    const root = temporary();
    const { store } = openStore(root);
    await store.quarantine.put('constructor', ENTRY);
    await store.quarantine.put('eni-1', ENTRY);
    await store.quarantine.put('eni-1', { ...ENTRY, reason: 'another' });
    expect(await openStore(root).store.quarantine.list()).toEqual({
      constructor: ENTRY,
      'eni-1': { ...ENTRY, reason: 'another' },
    });
    const eni = { id: 'eni-1', mac: MAC };
    expect([await store.quarantine.lift(eni), await store.quarantine.lift(eni)]).toEqual([true, false]);
    expect(Object.keys(await store.quarantine.list())).toEqual(['constructor']);
  });

  it('is one for a NIC, whatever its ENI is called', async () => {
    const { store } = openStore(temporary());
    await store.quarantine.put('eni-1', { ...ENTRY, mac: MAC });
    await store.quarantine.put('nic-1', { ...ENTRY, mac: MAC });
    await store.quarantine.put('eni-2', { ...ENTRY, mac: '02:00:00:00:00:02' });
    expect(Object.keys(await store.quarantine.list())).toEqual(['nic-1', 'eni-2']);
    expect(await store.quarantine.lift({ id: 'eni-1', mac: MAC })).toBe(true);
    expect(Object.keys(await store.quarantine.list())).toEqual(['eni-2']);
  });

  it('of an older file has no MAC, and goes by its ID', async () => {
    const root = temporary();
    const { store, path } = openStore(root);
    await store.quarantine.put('eni-1', ENTRY);
    const { mac, ...older } = ENTRY;
    const state = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...state, quarantines: { 'eni-1': older } }));
    expect(await openStore(root).store.quarantine.list()).toEqual({ 'eni-1': ENTRY });
    expect(await openStore(root).store.quarantine.lift({ id: 'eni-1', mac: MAC })).toBe(true);
  });

  it('forgets what has run out when another one comes', async () => {
    const { store } = openStore(temporary());
    await store.quarantine.put('eni-1', { ...ENTRY, until: '2020-01-01T00:00:00.000Z' });
    await store.quarantine.put('eni-2', ENTRY);
    expect(Object.keys(await store.quarantine.list())).toEqual(['eni-2']);
  });
});
