import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

const YEAR_MS = 365 * 86_400_000;

/** What is done while the clock jumps; each leaves the machine to the next. */
const STEPS: Readonly<Record<string, (machine: Machine) => Promise<unknown>>> = {
  add: (machine) => addTo(machine).catch(() => undefined),
  'add of another': (machine) =>
    addTo(machine, { owner: 'default/web-1', containerID: 'c1', netns: 'web-1' }).catch(() => undefined),
  del: (machine) => delOf(machine),
  gc: (machine) => gcOf(machine),
};

describe('a clock that jumps back and forth', () => {
  it('loses no NIC, and gives none to two', async () => {
    const error = fc.integer({ min: -YEAR_MS, max: YEAR_MS });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 8 }),
        fc.array(error, { minLength: 1, maxLength: 16 }),
        async (names, errors) => {
          const machine = nodeWith(2);
          const clean = machine.show();
          const pods = ['web-0', 'web-1'].map((name) => machine.addPod(name));
          let looks = 0;
          machine.clockError = () => errors[looks++ % errors.length] ?? 0;

          for (const name of names) await STEPS[name]?.(machine);

          const held = [...machine.attachments.values()].map(({ eni }) => eni.id);
          expect(new Set(held).size).toBe(held.length);
          for (const pod of pods) machine.killPod(pod);
          await gcOf(machine);
          await gcOf(machine);
          expect(machine.show()).toBe(clean);
        },
      ),
      { numRuns: 150 },
    );
  });
});
