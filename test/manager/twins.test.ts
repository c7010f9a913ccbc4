/** Devices that have the MAC of an ENI whose record was lost: none of them may become the ENI's NIC. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adopt } from '../../src/manager/adopt.js';
import type { Device } from '../link/kernel.js';
import { macOf } from '../model/samples.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** What somebody does who does not know that the record is lost; failures are part of it. */
const STEPS: Readonly<Record<string, (machine: Machine) => Promise<unknown>>> = {
  gc: (machine) => gcOf(machine),
  adopt: (machine) => adopt(machine.parts(), { write: true }),
  'adopt for another': (machine) => adopt(machine.parts(), { write: true, eni: 'eni-1', owner: 'default/twin' }),
  'del of the pod of the twin': (machine) => delOf(machine, { owner: 'default/twin', netns: 'twin' }),
  'del in the netns of the twin': (machine) => delOf(machine, { owner: 'default/web-0', netns: 'twin' }),
};

function eth0(machine: Machine, inode: number): Device | undefined {
  return machine.kernel.in(inode).find(({ mac }) => mac === macOf(1));
}

describe('an ENI in a pod, its record lost, and devices of its MAC elsewhere', () => {
  it('is never given out a second time, whatever is done', async () => {
    const steps = fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 4 });
    const twins = fc.uniqueArray(fc.constantFrom('home', 'twin', 'third'), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(steps, twins, fc.boolean(), fc.boolean(), async (names, places, isCard, isLabelled) => {
        const machine = nodeWith(1);
        const [pod, twin, third, next] = ['web-0', 'twin', 'third', 'next'].map((name) => machine.addPod(name));
        await addTo(machine);
        const nic = eth0(machine, pod?.inode ?? 0);
        if (nic === undefined) throw new Error('The pod has no NIC.');
        if (!isCard) nic.kind = 'veth';
        const alias = isLabelled ? { alias: nic.alias?.replaceAll('web-0', 'twin') } : {};
        for (const place of places) {
          const inode = { home: 1, twin: twin?.inode, third: third?.inode }[place];
          machine.kernel.addDevice({ name: `e-${place}`, mac: macOf(1), kind: 'veth', ...alias }, inode);
        }
        machine.attachments.clear();
        machine.allocations = {};

        for (const name of names) await STEPS[name]?.(machine).catch(() => undefined);
        const request = { owner: 'default/next', containerID: 'c9', netns: 'next' };
        const given = await addTo(machine, request).catch(() => undefined);
        const isStillThere = eth0(machine, pod?.inode ?? 0) === nic;
        expect(given !== undefined && isStillThere).toBe(false);
        expect(eth0(machine, next?.inode ?? 0) === undefined || !isStillThere).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
