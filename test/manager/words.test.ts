import { describe, expect, it } from '@jest/globals';
import { eniWords } from '../../src/manager/words.js';
import { addTo, nodeWith } from './node.js';

describe('the ENIs that a shell can complete', () => {
  it('are named with who has them, and no sleep outlives the answer', async () => {
    const machine = nodeWith(2);
    machine.kernel.addNetns('/run/netns/web-0');
    await addTo(machine, { eni: 'eni-1' });
    const sleeps: AbortSignal[] = [];
    const parts = {
      ...machine.parts(),
      sleep: (_: number, signal?: AbortSignal): Promise<void> =>
        new Promise((resolve) => {
          if (signal !== undefined) sleeps.push(signal);
          signal?.addEventListener('abort', () => resolve());
        }),
    };
    expect(await eniWords(parts)).toEqual([
      { word: 'eni-1', meaning: 'default/web-0' },
      { word: 'eni-2', meaning: 'ENI' },
    ]);
    expect(sleeps.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('are those that are attached where the provider does not answer in time', async () => {
    const machine = nodeWith(2);
    machine.kernel.addNetns('/run/netns/web-0');
    await addTo(machine, { eni: 'eni-1' });
    const parts = machine.parts();
    const provider = { ...parts.provider, list: () => new Promise<never>(() => undefined) };
    expect(await eniWords({ ...parts, provider, sleep: async () => undefined })).toEqual([
      { word: 'eni-1', meaning: 'default/web-0' },
    ]);
  });
});
