/** What is hit on its way to the API server: each operation with what has to be done before it, and how it is finished afterwards. */
import { expect } from '@jest/globals';
import { callPlugin } from '../fabric/cni.js';
import type { EnimResult } from '../fabric/executable.js';
import { readNetnsState } from '../fabric/links.js';
import type { Pod } from '../fabric/pod.js';
import { type ClusterNode, endpointsOf, expectNothingLost, frees } from '../kubernetes/clusternode.js';
import { getEni } from '../kubernetes/objects.js';
import type { Fate, Passing } from '../kubernetes/proxy.js';

/** Longer than any operation is told to be patient. */
const TIMEOUT_MS = 180_000;

/** Where one operation is tried once. */
export interface Scene {
  readonly cluster: ClusterNode;
  readonly pod: Pod;
  /** Makes the container of each trial another. */
  readonly number: string;
}

/** An operation on the container of the scene. */
export interface Operation {
  readonly name: string;
  prepare?(scene: Scene): Promise<void>;
  run(scene: Scene, env?: Readonly<Record<string, string>>): Promise<EnimResult>;
  /** Exit codes where the server is gone, and the code of CNI. */
  readonly failure: { readonly codes: readonly number[]; readonly cni?: number };
  /** Whether the pod is used up by it. */
  readonly endsPod?: boolean;
}

function cni(command: string, { cluster, pod, number }: Scene, env = {}): Promise<EnimResult> {
  const args = `K8S_POD_NAMESPACE=default;K8S_POD_NAME=${cluster.name}-${number};K8S_POD_UID=u-${number}`;
  return callPlugin(cluster.node, command, {
    containerID: `c-${number}`,
    netns: pod.path,
    args,
    env,
    timeout: TIMEOUT_MS,
  });
}

/** What must end with 0. */
export async function succeeds(work: Promise<EnimResult>, what: string): Promise<void> {
  const { code, signal, stdout, stderr } = await work;
  if (code !== 0) throw new Error(`${what} ended with ${code ?? signal}: ${stdout}${stderr}`);
}

const isAdded = (scene: Scene): Promise<void> => succeeds(cni('ADD', scene), 'ADD');
/** What brings home whatever is left. */
const isDeleted = (scene: Scene): Promise<void> => succeeds(cni('DEL', scene), 'DEL');
const isCollected = ({ cluster: { node } }: Scene): Promise<void> => succeeds(node.enim(['gc', '--grace', '0s']), 'gc');

export const OPERATIONS: readonly Operation[] = [
  { name: 'ADD', run: (scene, env) => cni('ADD', scene, env), failure: { codes: [1], cni: 11 } },
  { name: 'DEL', prepare: isAdded, run: (scene, env) => cni('DEL', scene, env), failure: { codes: [1], cni: 11 } },
  {
    name: 'gc',
    endsPod: true,
    async prepare(scene) {
      await isAdded(scene);
      await scene.cluster.node.simulateCardReturn(scene.pod, 'eth0');
    },
    run: ({ cluster: { node } }, env = {}) => node.enim(['gc', '--grace', '0s'], { env, timeout: TIMEOUT_MS }),
    // 1 where it has begun to reclaim.
    failure: { codes: [5, 1] },
  },
];

/** What it is to work on; every pod of a trial is another container. */
export async function setUp(cluster: ClusterNode, pod: Pod, operation: Operation, number: string): Promise<Scene> {
  const scene = { cluster, pod: operation.endsPod ? await cluster.node.pod(`gone-${number}`) : pod, number };
  await operation.prepare?.(scene);
  return scene;
}

/** The steps of an operation that are requests, as a trace shows them. */
export async function requestsOf(
  operation: Operation,
  scene: Scene,
): Promise<{ readonly ask: readonly number[]; readonly answered: readonly number[] }> {
  const { code, stderr } = await operation.run(scene, { ENIM_FAILPOINT: 'trace' });
  expect(code).toBe(0);
  const stepsOf = (what: string): number[] =>
    [...stderr.matchAll(new RegExp(`^failpoint (\\d+): ${what} the API server`, 'gm'))].map(([, step]) => Number(step));
  await isDeleted(scene);
  await expectClean(scene.cluster);
  return { ask: stepsOf('ask'), answered: stepsOf('answered') };
}

/**
 * Chooses the fate of each request by its number, counted from now, and sees that whoever frees an ENI has its NIC home.
 *
 * @returns tells of those who had not
 */
export function watch(
  { proxy, node }: ClusterNode,
  fateOf: (number: number) => Fate | Promise<Fate> = () => 'pass',
): () => readonly string[] {
  const early: string[] = [];
  let number = 0;
  proxy.decide = async (request: Passing) => {
    if (frees(request) && (await node.link('eni0')) === undefined) early.push(request.path);
    return fateOf(number++);
  };
  return () => early;
}

/** The run failed as one does whose API server is gone. */
export function expectGone({ failure }: Operation, { code, stdout, stderr, json }: EnimResult): void {
  const said = `${stdout}${stderr}`;
  expect(failure.codes).toContain(code);
  expect({ cni: (json as { code?: number } | undefined)?.code, said }).toEqual({ cni: failure.cni, said });
  expect(said).toMatch(/The API server https:\S+ did not answer within [\d.]+ s/);
}

/** Nothing is lost, and it can be finished: by the same again if told, then by del and gc; the next container finds all free. */
export async function isFinished(scene: Scene, operation: Operation, again: boolean): Promise<void> {
  const { cluster, pod } = scene;
  await expectNothingLost(cluster, [pod]);
  if (again) await succeeds(operation.run(scene), 'the same again');
  await isDeleted(scene);
  await isCollected(scene);
  if ((await endpointsOf(cluster)).length > 0) await isFinishedBySuccessor(scene);
  await expectClean(cluster);
}

/** What no ENI names any more, gc takes for unfinished after 30 s only; the next container of the pod needs no such patience. */
async function isFinishedBySuccessor(scene: Scene): Promise<void> {
  const pod = scene.pod.named ? scene.pod : await scene.cluster.node.pod(`next-${scene.number}`);
  const { CCEStatus } = (await getEni(scene.cluster.api, scene.cluster.node.eni(0).id)).status;
  expect(CCEStatus).toBe('ReadyOnNode');
  await isAdded({ ...scene, pod });
  expect(await endpointsOf(scene.cluster)).toHaveLength(1);
  await isDeleted({ ...scene, pod });
}

/** All is as if nothing had ever been done, in the kernel, in the state and in the cluster. */
async function expectClean(cluster: ClusterNode): Promise<void> {
  const { node, api, before } = cluster;
  expect(await readNetnsState(node.netns)).toEqual(before);
  expect(node.state()?.attachments ?? {}).toEqual({});
  expect(await endpointsOf(cluster)).toEqual([]);
  const { CCEStatus, endpointReference } = (await getEni(api, node.eni(0).id)).status;
  expect([CCEStatus, endpointReference]).toEqual(['ReadyOnNode', undefined]);
}
