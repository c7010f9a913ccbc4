import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Eni } from '../../src/model/eni.js';
import type { Provider } from '../../src/providers/provider.js';
import { createStaticProvider } from '../../src/providers/static.js';
import { describeProvider } from '../contract/provider.js';
import { macOf, sampleEndpoint, sampleEni } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { openStore } from '../store/opened.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();
let now = 0;
beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
});

/** The provider over a real store with real locks. */
function open(root: string, inventory: readonly Eni[], discovered: readonly Eni[] = []): Provider {
  return createStaticProvider({
    inventory,
    discover: async () => discovered,
    ledger: openStore(root).store.ledger,
    clock: () => new Date(now),
  });
}

describeProvider(
  'static',
  (enis) => {
    const root = temporary();
    return {
      open: () => open(root, enis),
      pass: () => {
        now += 1_000;
      },
    };
  },
  sampleEni,
);

describe('the static provider over changing settings', () => {
  let root: string;
  beforeEach(() => {
    root = temporary();
  });
  afterEach(() => {
    root = '';
  });

  const idsOf = async (provider: Provider): Promise<string[]> => (await provider.list()).map(({ eni }) => eni.id);

  it('still shows an ENI that is held after it left the settings, until it is given back', async () => {
    await open(root, [sampleEni(1), sampleEni(2)]).allocate(sampleEndpoint(), ['eni-2']);
    const without = open(root, [sampleEni(1)]);
    expect(await idsOf(without)).toEqual(['eni-1', 'eni-2']);
    expect(await without.allocate(sampleEndpoint(), ['eni-1'])).toEqual(sampleEni(2));
    await without.release(sampleEndpoint());
    expect(await idsOf(without)).toEqual(['eni-1']);
  });

  it('shows an ENI as the settings have it now, held or not', async () => {
    await open(root, [sampleEni(1)]).allocate(sampleEndpoint(), ['eni-1']);
    const changed = sampleEni(1, { mtu: 9000 });
    expect((await open(root, [changed]).list())[0]).toMatchObject({ eni: changed, holder: sampleEndpoint() });
  });

  it('calls an ENI as it was when it was given out, until it is given back, and gives nobody the same NIC by another ID', async () => {
    await open(root, [sampleEni(1)]).allocate(sampleEndpoint(), ['eni-1']);
    const renumbered = open(root, [sampleEni(1, { id: 'nic-1' })]);
    expect(await idsOf(renumbered)).toEqual(['eni-1']);
    const other = sampleEndpoint({ containerID: 'c9' });
    expect(await enimErrorOf(() => renumbered.allocate(other, ['nic-1']))).toMatchObject({ code: 'NO_FREE_ENI' });
    await renumbered.release(sampleEndpoint());
    expect((await renumbered.allocate(other, ['nic-1'])).id).toBe('nic-1');
  });

  it('puts discovered ENIs behind the inventory, and does not show one twice', async () => {
    const discovered = [sampleEni(3, { id: 'eni-found' }), sampleEni(9, { id: 'eni-again', mac: macOf(1) })];
    expect(await idsOf(open(root, [sampleEni(1)], discovered))).toEqual(['eni-1', 'eni-found']);
  });

  it('remembers a discovered ENI while it is away', async () => {
    const found = sampleEni(3, { id: 'eni-found' });
    await open(root, [], [found]).allocate(sampleEndpoint(), ['eni-found']);
    expect((await open(root, [], []).list())[0]).toMatchObject({ eni: found, holder: sampleEndpoint() });
  });

  it('keeps apart ENIs whose IDs are words of the language that it is written in', async () => {
    const enis = ['constructor', 'prototype', 'toString', 'hasOwnProperty'].map((id, index) =>
      sampleEni(index + 1, { id }),
    );
    const ids = enis.map(({ id }) => id);
    for (const id of ids) await open(root, enis).allocate(sampleEndpoint({ containerID: id }), ids);
    expect((await open(root, enis).list()).map(({ holder }) => holder?.containerID)).toEqual(ids);
  });

  it('is not well without any ENI', async () => {
    expect(await open(root, []).health()).toEqual({
      ok: false,
      message: 'the settings name no ENIs, and none were discovered',
    });
  });

  it('is well with discovered ENIs alone', async () => {
    expect(await open(root, [], [sampleEni(1)]).health()).toMatchObject({ ok: true });
  });
});
