/**
 * Each request to the API server of an add, a del and a gc: the server breaks off, or goes away, before it has the request or after it
 * has done it; or enim is killed there. Then whatever is left must be finished by the same again, or by del and gc.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type ApiServer, faults, startApiServer } from '../kubernetes/apiserver.js';
import { type ClusterNode, createClusterNode } from '../kubernetes/clusternode.js';
import type { Fate } from '../kubernetes/proxy.js';
import {
  expectGone,
  isFinished,
  OPERATIONS,
  type Operation,
  requestsOf,
  type Scene,
  setUp,
  succeeds,
  watch,
} from './cluster.js';

/** Nodes that are worked on at once. */
const LANES = 4;

/** All of them take minutes. There are six ways to hit a request, so that every fifth point is another way each time. */
const STRIDE = process.env.ENIM_CRASH === 'all' ? 1 : 5;

/** Milliseconds that an operation has for a server that is gone, and for one that comes back. */
const GONE_MS = 1_500;
const BACK_MS = 30_000;

/** What is done at a request. */
interface Harm {
  readonly name: string;
  /** What becomes of the request that is hit, and of those that follow. */
  readonly fates?: readonly [hit: Fate, later: Fate];
  /** Where enim is killed. */
  readonly kill?: 'ask' | 'answered';
}

const HARMS: readonly Harm[] = [
  { name: 'the server breaks off before it has it', fates: ['reset', 'pass'] },
  { name: 'the server does it and breaks off', fates: ['lost', 'pass'] },
  { name: 'the server is gone before it has it', fates: ['reset', 'reset'] },
  { name: 'the server does it and is gone', fates: ['lost', 'reset'] },
  { name: 'enim is killed before it asks', kill: 'ask' },
  { name: 'enim is killed once it has the answer', kill: 'answered' },
];

interface Lane {
  readonly cluster: ClusterNode;
  readonly pod: Pod;
}

describeEndToEnd(
  'the kubernetes provider, hit at every request',
  () => {
    let api: ApiServer;
    let lanes: readonly Lane[] = [];
    let trials = 0;
    const nextScene = ({ cluster, pod }: Lane, operation: Operation): Promise<Scene> => {
      trials += 1;
      return setUp(cluster, pod, operation, String(trials));
    };

    beforeAll(async () => {
      api = await startApiServer();
      lanes = await Promise.all(
        Array.from({ length: LANES }, async (_, index) => {
          const cluster = await createClusterNode(api, `lane-${index}`);
          return { cluster, pod: await cluster.node.pod('web') };
        }),
      );
    });
    afterAll(async () => {
      await Promise.all(lanes.map(({ cluster }) => cluster.destroy()));
      await api?.stop();
    });

    it.each(OPERATIONS.map((operation, index) => [operation.name, operation, index] as const))(
      '%s: nothing is lost, freed too early or held twice, and all is finished afterwards',
      async (name, operation, offset) => {
        // So that each lane knows its subnet.
        for (const { cluster } of lanes) await succeeds(cluster.node.enim(['list']), 'list');
        const steps = await requestsOf(operation, await nextScene(lanes[0] as Lane, operation));
        const count = steps.ask.length;
        expect(count).toBeGreaterThan(4);
        const all = steps.ask.flatMap((_, index) => HARMS.map((harm) => ({ index, harm })));
        const work = all.filter((_, point) => point % STRIDE === offset % STRIDE);
        const total = work.length;
        const lane = async (where: Lane): Promise<void> => {
          for (let next = work.shift(); next !== undefined; next = work.shift()) {
            const { index, harm } = next;
            const step = harm.kill === undefined ? undefined : steps[harm.kill][index];
            try {
              await suffer(await nextScene(where, operation), operation, harm, index, step);
            } catch (cause) {
              work.length = 0;
              throw new Error(`${name}, request ${index + 1} of ${count}, ${harm.name}: ${String(cause)}`, { cause });
            }
          }
        };
        const [failure] = (await Promise.allSettled(lanes.map(lane))).filter(({ status }) => status === 'rejected');
        if (failure?.status === 'rejected') throw failure.reason;
        process.stderr.write(`${name}: ${count} requests, hit at ${total} of ${all.length} points\n`);
      },
      600_000,
    );
  },
  faults(),
);

/** Hits one request of the operation, sees what comes of it, and has it finished. */
async function suffer(
  scene: Scene,
  operation: Operation,
  { fates, kill }: Harm,
  index: number,
  step: number | undefined,
): Promise<void> {
  const { cluster } = scene;
  const isGone = fates?.[1] === 'reset';
  const early = watch(cluster, (number) => {
    if (fates === undefined || number < index) return 'pass';
    return number === index ? fates[0] : fates[1];
  });
  cluster.settle(isGone ? GONE_MS : BACK_MS);
  const result = await operation.run(scene, step === undefined ? {} : { ENIM_FAILPOINT: String(step) });
  cluster.settle(BACK_MS);
  watch(cluster);

  const { code, signal, stdout, stderr } = result;
  const said = `${stdout}${stderr}`;
  if (kill !== undefined) expect({ signal, said }).toEqual({ signal: 'SIGKILL', said });
  else if (isGone) expectGone(operation, result);
  else expect({ code, said }).toEqual({ code: 0, said });
  expect(early()).toEqual([]);
  await isFinished(scene, operation, index % 2 === 0);
}
