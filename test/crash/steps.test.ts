import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressesOf } from '../fabric/links.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type Bed, createBed, expectAllHome, expectNothingLost, type Family, succeed } from './bed.js';
import { BASIC, DEL, GC, OPERATIONS, type Operation, type Scene, setUp } from './operations.js';

/** Nodes that are worked on at once. */
const LANES = 4;

/** Every step takes minutes; each operation starts at another one, so that together they meet all of the steps they share. */
const STRIDE = process.env.ENIM_CRASH === 'all' ? 1 : Number(process.env.ENIM_CRASH || 15);

const seen = { steps: 0, killed: 0 };

describeEndToEnd('killed at every step', () => {
  describe.each<[Family, readonly Operation[]]>([
    ['dual', OPERATIONS],
    ['IPv4', BASIC],
    ['IPv6', BASIC],
  ])('with %s addresses', (family, operations) => {
    let beds: readonly Bed[] = [];

    beforeAll(async () => {
      beds = await Promise.all(Array.from({ length: LANES }, () => createBed(family, 1, 3)));
    });

    afterAll(() => Promise.all(beds.map((bed) => bed.destroy())));

    it.each(operations.map((operation, index) => [operation.name, operation, index] as const))(
      '%s: the NIC is home or held by one, and comes home',
      async (name, operation, offset) => {
        const count = await countSteps(beds[0] as Bed, operation);
        const steps = Array.from({ length: count }, (_, index) => index + 1).filter(
          (step) => step % STRIDE === offset % STRIDE,
        );
        const survived: number[] = [];
        const work = steps.map((step, index) => ({
          step,
          recovery: RECOVERIES[index % RECOVERIES.length] as Recovery,
        }));
        const lane = async (bed: Bed): Promise<void> => {
          for (let next = work.shift(); next !== undefined; next = work.shift()) {
            const { step, recovery } = next;
            try {
              if (!(await killAt(bed, operation, step, recovery))) survived.push(step);
            } catch (cause) {
              // The other lanes need not go on.
              work.length = 0;
              throw new Error(`killed at step ${step} of ${count}, then ${recovery.name}: ${String(cause)}`, { cause });
            }
          }
          await expectUsable(bed);
          await expectAllHome(bed);
        };
        const [failure] = (await Promise.allSettled(beds.map(lane))).filter(({ status }) => status === 'rejected');
        if (failure?.status === 'rejected') throw failure.reason;
        seen.steps += count;
        seen.killed += steps.length - survived.length;
        process.stderr.write(`${name}, ${family}: killed at ${steps.length - survived.length} of ${count} steps\n`);
        // What waits for the kernel asks it more often at one time than at another.
        expect(survived.length).toBeLessThan(steps.length / 10 + 2);
      },
      600_000,
    );
  });

  afterAll(() => {
    if (STRIDE === 1) process.stderr.write(`killed at all of ${seen.steps} steps\n`);
    else
      process.stderr.write(
        `skipped: kills at ${seen.steps - seen.killed} of ${seen.steps} steps: only each ${STRIDE}th is taken (ENIM_CRASH=all takes all)\n`,
      );
  });
});

async function countSteps(bed: Bed, operation: Operation): Promise<number> {
  const scene = await setUp(bed, operation);
  const { code, stderr } = await operation.run(scene, { ENIM_FAILPOINT: 'count' });
  const count = Number(/failpoint: (\d+) steps/.exec(stderr)?.[1]);
  expect({ code, count }).toEqual({ code: 0, count: expect.any(Number) });
  expect(count).toBeGreaterThan(0);
  await succeed(bed.node, DEL);
  await expectAllHome(bed);
  return count;
}

/** Dies at the step, and sees that nothing is lost. False if the operation was done before it came to the step. */
async function killAt(bed: Bed, operation: Operation, step: number, recovery: Recovery): Promise<boolean> {
  const scene = await setUp(bed, operation);
  const { code, signal, stdout, stderr } = await operation.run(scene, { ENIM_FAILPOINT: String(step) });
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`it ended with ${code}: ${stdout}${stderr}`);
  await expectNothingLost(bed, [...bed.pods, scene.pod]);
  await recovery.recover(scene, operation);
  await expectAllHome(bed);
  // Where it is a part of what comes next, it is shown there.
  if (operation.prepare === undefined) await expectUsable(bed);
  return signal === 'SIGKILL';
}

/** The ENI can be given out again, whole. */
async function expectUsable(bed: Bed): Promise<void> {
  const { node, pods } = bed;
  await succeed(node, ['add', 'default/next', '--netns', pods[2]?.path ?? '', '--container-id', 'next']);
  const link = await pods[2]?.link('eth0');
  const { ipv4, ipv6 } = node.eni(0);
  expect(link?.flags).toContain('UP');
  for (const address of (link && addressesOf(link)) ?? []) expect([ipv4.address, ipv6.address]).toContain(address);
  await succeed(node, ['del', 'default/next', '--container-id', 'next']);
}

interface Recovery {
  readonly name: string;
  recover(scene: Scene, operation: Operation): Promise<void>;
}

const RIVAL = ['default/rival', '--container-id', 'rival'];

/** What comes after a kill; the steps take turns. */
const RECOVERIES: readonly Recovery[] = [
  {
    name: 'del and gc',
    async recover({ bed: { node } }) {
      await succeed(node, DEL);
      await succeed(node, GC);
    },
  },
  {
    name: 'gc and del',
    async recover({ bed: { node } }) {
      await succeed(node, GC);
      await succeed(node, DEL);
    },
  },
  {
    name: 'the same again, del and gc',
    async recover(scene, operation) {
      const { code, stdout, stderr } = await operation.run(scene);
      expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
      await expectNothingLost(scene.bed, [...scene.bed.pods, scene.pod]);
      await succeed(scene.bed.node, DEL);
      await succeed(scene.bed.node, GC);
    },
  },
  {
    name: 'the add of another pod, del and gc',
    async recover({ bed, pod }) {
      const { node, pods } = bed;
      const { code } = await node.enim(['add', ...RIVAL, '--netns', pods[2]?.path ?? '']);
      expect([0, 3]).toContain(code);
      await expectNothingLost(bed, [...pods, pod]);
      await succeed(node, DEL);
      await succeed(node, GC);
      // Nobody takes it away from there.
      expect((await pods[2]?.link('eth0')) !== undefined).toBe(code === 0);
      await succeed(node, ['del', ...RIVAL]);
    },
  },
];
