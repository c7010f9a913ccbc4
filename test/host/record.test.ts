import { describe, expect, it } from '@jest/globals';
import type { Entry, Host } from '../../src/host/host.js';
import { createHost } from '../../src/host/linux.js';
import { createRecordingHost } from '../../src/host/record.js';
import { EnimError } from '../../src/model/errors.js';

/** A host that answers something else each time, or nothing any more. */
function fickleHost(): Host {
  let asked = 0;
  const next = (): number => {
    asked += 1;
    if (asked % 3 === 0) throw new EnimError('NOT_PERMITTED', 'not now');
    return asked;
  };
  return {
    ...createHost({ programs: { run: async () => Promise.reject(new Error('no program')) }, path: '' }),
    look: (): Entry => ({ kind: 'file', mode: next(), modified: new Date(0), unwritable: null, free: 0 }),
    iproute2: async () => `${next()}`,
    programs: async () => [`${next()}`],
  };
}

const outcomeOf = async (ask: () => unknown): Promise<unknown> => {
  try {
    return { value: await ask() };
  } catch (thrown) {
    return { refusal: expect.objectContaining({ message: (thrown as Error).message }) };
  }
};

describe('a host that is recorded', () => {
  it('gives what it records, also where it would say something else a moment later', async () => {
    const { host, record } = createRecordingHost(fickleHost());
    for (let round = 0; round < 4; round += 1) {
      const looked = await outcomeOf(() => host.look('/x'));
      const iproute2 = await outcomeOf(() => host.iproute2());
      const programs = await outcomeOf(() => host.programs());
      expect(record()).toMatchObject({ entries: [['/x', looked]], iproute2, programs });
      // Four looks a round: another of the three fails each time.
      await outcomeOf(() => host.iproute2());
    }
  });
});
