import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { EnimResult } from '../fabric/executable.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type Bed, createBed, expectAllHome, expectNothingLost, succeed } from './bed.js';
import { DEL, GC, OPERATIONS, type Operation, setUp } from './operations.js';

/** Nodes that are worked on at once. */
const LANES = 4;

/** What `ENIM_FAILPOINT=trace` says of a call on a file. */
const CALL = /^failpoint \d+: (?:open|write|fsync|link|rename) \/.*$/gm;

/** All of them take a minute; each operation starts at another one. */
const STRIDE = process.env.ENIM_CRASH === 'all' ? 1 : 2;

const TRIED = ['add', 'del', 'gc of a card that came home by itself', 'CNI ADD'];

describeEndToEnd('a disk that fails (EIO) at every write, fsync, link and rename', () => {
  let beds: readonly Bed[] = [];

  beforeAll(async () => {
    beds = await Promise.all(Array.from({ length: LANES }, () => createBed('dual', 1, 3)));
  });

  afterAll(() => Promise.all(beds.map((bed) => bed.destroy())));

  it.each(
    OPERATIONS.filter(({ name }) => TRIED.includes(name)).map(
      (operation, index) => [operation.name, operation, index] as const,
    ),
  )(
    '%s says so and fails; the NIC is home or recorded, and comes home once the disk is mended',
    async (name, operation, offset) => {
      const count = await countCalls(beds[0] as Bed, operation);
      // By turns it fails once, and from then on.
      const work = Array.from({ length: count }, (_, index) => `EIO:${index + 1}${index % 4 < 2 ? '' : '-'}`).filter(
        (_, index) => index % STRIDE === offset % STRIDE,
      );
      expect(count).toBeGreaterThanOrEqual(10);
      const lane = async (bed: Bed): Promise<void> => {
        for (let next = work.shift(); next !== undefined; next = work.shift()) {
          try {
            await failAt(bed, operation, next);
          } catch (cause) {
            work.length = 0;
            throw new Error(`${name} with ENIM_FAILPOINT=${next}: ${String(cause)}`, { cause });
          }
        }
      };
      const [failure] = (await Promise.allSettled(beds.map(lane))).filter(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') throw failure.reason;
    },
    600_000,
  );
});

/** How many calls on files the operation makes. */
async function countCalls(bed: Bed, operation: Operation): Promise<number> {
  const { code, stderr } = await operation.run(await setUp(bed, operation), { ENIM_FAILPOINT: 'trace' });
  expect(code).toBe(0);
  await succeed(bed.node, DEL);
  await expectAllHome(bed);
  return stderr.match(CALL)?.length ?? 0;
}

async function failAt(bed: Bed, operation: Operation, failpoint: string): Promise<void> {
  const scene = await setUp(bed, operation);
  expectDiskError(await operation.run(scene, { ENIM_FAILPOINT: failpoint }));
  await expectNothingLost(bed, [...bed.pods, scene.pod]);
  // Nobody else gets what is still recorded, and what is not can be given out.
  const { code } = await bed.node.enim(['add', ...RIVAL, '--netns', bed.pods[2]?.path ?? '']);
  expect([0, 3]).toContain(code);
  await expectNothingLost(bed, [...bed.pods, scene.pod]);
  await succeed(bed.node, DEL);
  await succeed(bed.node, GC);
  await succeed(bed.node, ['del', ...RIVAL]);
  await expectAllHome(bed);
}

const RIVAL = ['default/rival', '--container-id', 'rival'];

/** As a command or as the plugin says it. */
function expectDiskError({ code, stdout, stderr }: EnimResult): void {
  expect({ code, said: `${stdout}${stderr}` }).toEqual({
    code: 1,
    said: expect.stringMatching(/The state file \S+ cannot be written: the disk reports an error \(EIO\)/),
  });
  expect(stderr).not.toMatch(/^\s+at .*[:(]/m);
  if (stdout.startsWith('{"cniVersion"')) expect(JSON.parse(stdout)).toMatchObject({ code: 5 });
}
