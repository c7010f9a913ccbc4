/**
 * The API server itself is killed at a request of an add, a del or a gc, before it has it or once it has done it, and is started again: at
 * once, so that the operation goes on, or after it has failed.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type ApiServer, faults, startApiServer } from '../kubernetes/apiserver.js';
import { type ClusterNode, createClusterNode } from '../kubernetes/clusternode.js';
import { expectGone, isFinished, OPERATIONS, type Operation, requestsOf, setUp, succeeds, watch } from './cluster.js';

/** A start takes seconds: `all`, or one of each operation, which is another every day; a number chooses one of the days. */
const WANTED = process.env.ENIM_APISERVER_KILLS ?? String(Math.floor(Date.now() / 86_400_000));

/** Milliseconds that an operation has: more than a start takes on a busy machine, and less than any. */
const BACK_MS = 120_000;
const GONE_MS = 1_500;

/** One kill. */
interface Kill {
  readonly request: number;
  readonly when: 'before it has' | 'once it has done';
  readonly back: 'at once' | 'after it has failed';
}

/** All kills of an operation, in an order in which neighbours differ. */
function killsOf(requests: number): readonly Kill[] {
  return Array.from({ length: requests }, (_, request) => request).flatMap((request) =>
    (['before it has', 'once it has done'] as const).flatMap((when) =>
      (['at once', 'after it has failed'] as const).map((back) => ({ request, when, back })),
    ),
  );
}

/** @param offset makes the kills of one day differ in kind */
function chosen(all: readonly Kill[], offset: number): readonly Kill[] {
  return WANTED === 'all' ? all : all.filter((_, index) => index === (Number(WANTED) * 7 + offset * 3) % all.length);
}

describeEndToEnd(
  'an API server that is killed',
  () => {
    let api: ApiServer;
    let cluster: ClusterNode;
    let pod: Pod;
    let trials = 0;
    let killed = 0;
    let points = 0;

    beforeAll(async () => {
      api = await startApiServer();
      cluster = await createClusterNode(api, 'killed');
      pod = await cluster.node.pod('web');
      await succeeds(cluster.node.enim(['list']), 'list');
    }, 120_000);
    afterAll(async () => {
      await cluster?.destroy();
      await api?.stop();
      const rest = killed === points ? '' : ' (ENIM_APISERVER_KILLS=all takes all)';
      process.stderr.write(`the API server was killed at ${killed} of ${points} points${rest}\n`);
    });

    const suffer = async (operation: Operation, { request, when, back }: Kill): Promise<void> => {
      trials += 1;
      const scene = await setUp(cluster, pod, operation, String(trials));
      const isBack = back === 'at once';
      const kill = async (): Promise<void> => {
        await api.kill();
        if (isBack) api.restart();
      };
      let number = 0;
      const early = watch(cluster, async (at) => {
        if (at !== request) return 'pass';
        if (when === 'once it has done') return 'lost';
        await kill();
        return 'reset';
      });
      cluster.proxy.answered = async () => {
        if (number++ === request && when === 'once it has done') await kill();
      };
      cluster.settle(isBack ? BACK_MS : GONE_MS);
      const result = await operation.run(scene, {});
      cluster.settle(BACK_MS);
      watch(cluster);
      cluster.proxy.answered = () => undefined;
      if (!isBack) api.restart();
      await api.ready();

      const said = `${result.stdout}${result.stderr}`;
      if (isBack) expect({ code: result.code, said }).toEqual({ code: 0, said });
      else expectGone(operation, result);
      expect(early()).toEqual([]);
      await isFinished(scene, operation, isBack);
    };

    it.each(OPERATIONS.map((operation, index) => [operation.name, operation, index] as const))(
      'at a request of %s loses nothing, and frees nothing that is in a pod',
      async (name, operation, offset) => {
        trials += 1;
        const { ask } = await requestsOf(operation, await setUp(cluster, pod, operation, String(trials)));
        const all = killsOf(ask.length);
        points += all.length;
        for (const kill of chosen(all, offset)) {
          const what = `killed ${kill.when} request ${kill.request + 1} of ${ask.length}, and back ${kill.back}`;
          process.stderr.write(`${name}: ${what}\n`);
          await suffer(operation, kill).catch((cause: unknown) => {
            throw new Error(`${what}: ${String(cause)}\n${api.logs()}`, { cause });
          });
          killed += 1;
        }
      },
      1_800_000,
    );
  },
  faults(),
);
