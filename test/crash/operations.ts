/** What is killed: each operation with what has to be done before it, on a node where all is home. */
import { join } from 'node:path';
import { callPlugin } from '../fabric/cni.js';
import type { EnimResult } from '../fabric/executable.js';
import type { Pod } from '../fabric/pod.js';
import { type Bed, succeed } from './bed.js';

/** Where one operation is tried once. */
export interface Scene {
  readonly bed: Bed;
  readonly pod: Pod;
  /** The pod that has the container's ID after `pod`. */
  readonly successor: Pod;
}

/** An operation. All of them are about container c1 of default/web-0. */
export interface Operation {
  readonly name: string;
  /** Whether the pod is used up by it. */
  readonly endsPod?: boolean;
  /** Makes what it works on, first of all by an add that must succeed; absent if it starts from an ENI that is free. */
  prepare?(scene: Scene): Promise<void>;
  run(scene: Scene, env?: Readonly<Record<string, string>>): Promise<EnimResult>;
}

/** What brings home whatever an operation has left. */
export const DEL = ['del', 'default/web-0', '--container-id', 'c1'];
export const GC = ['gc', '--grace', '0s'];

/** Steps at which the NIC has moved, and nothing that follows is done. */
const HALF_WAY = { add: 28, del: 17 };

/** Has a command begin, and die. */
async function killHalfWay(scene: Scene, args: readonly string[], step: number): Promise<void> {
  const { code } = await enim(scene, args, { ENIM_FAILPOINT: String(step) });
  if (code !== null) throw new Error(`enim ${args.join(' ')} was not killed at step ${step}; it ended with ${code}.`);
}

/** `enim add` for the container. */
export function addTo({ path }: Pod): string[] {
  return ['add', 'default/web-0', '--netns', path, '--container-id', 'c1'];
}

const isAttached = ({ bed, pod }: Scene): Promise<void> => succeed(bed.node, addTo(pod));
const isAdded = async (scene: Scene): Promise<void> => {
  const { code, stdout } = await cni('ADD', scene);
  if (code !== 0) throw new Error(`ADD ended with ${code}: ${stdout}`);
};

function enim({ bed }: Scene, args: readonly string[], env = {}): Promise<EnimResult> {
  return bed.node.enim(args, { env });
}

const ON_NODE = [process.execPath, join(import.meta.dirname, '../../bin/run.js')];

/** On Node.js programs work for us, which outlive us: `ip` in the middle of a move. */
function enimOnNode({ bed }: Scene, args: readonly string[], env = {}): Promise<EnimResult> {
  return bed.node.start([...ON_NODE, ...args], { env }).result;
}

function cni(command: string, { bed, pod }: Scene, env = {}, network = {}): Promise<EnimResult> {
  return callPlugin(bed.node, command, { netns: pod.path, network, env });
}

const add: Operation = {
  name: 'add',
  run: (scene, env) => enim(scene, addTo(scene.pod), env),
};

const del: Operation = {
  name: 'del',
  prepare: isAttached,
  run: (scene, env) => enim(scene, DEL, env),
};

const gcOfReturned: Operation = {
  name: 'gc of a card that came home by itself',
  endsPod: true,
  async prepare(scene) {
    await isAttached(scene);
    await scene.bed.node.simulateCardReturn(scene.pod, 'eth0');
  },
  run: (scene, env) => enim(scene, GC, env),
};

/** Those that are tried with each family. */
export const BASIC: readonly Operation[] = [add, del, gcOfReturned];

/** All of them. */
export const OPERATIONS: readonly Operation[] = [
  ...BASIC,
  {
    name: 'add on Node.js',
    run: (scene, env) => enimOnNode(scene, addTo(scene.pod), env),
  },
  {
    name: 'del on Node.js',
    prepare: isAttached,
    run: (scene, env) => enimOnNode(scene, DEL, env),
  },
  {
    name: 'CNI ADD',
    run: (scene, env) => cni('ADD', scene, env),
  },
  {
    name: 'CNI DEL',
    prepare: isAdded,
    run: (scene, env) => cni('DEL', scene, env),
  },
  {
    name: 'CNI GC',
    prepare: isAdded,
    run: (scene, env) => cni('GC', scene, env, { 'cni.dev/valid-attachments': [] }),
  },
  {
    name: 'add repeated',
    prepare: isAttached,
    run: (scene, env) => enim(scene, addTo(scene.pod), env),
  },
  {
    name: 'add over a stale record',
    prepare: isAttached,
    run: (scene, env) => enim(scene, addTo(scene.successor), env),
  },
  {
    name: 'add after one that was killed',
    async prepare(scene) {
      await isAttached(scene);
      await succeed(scene.bed.node, DEL);
      await killHalfWay(scene, addTo(scene.pod), HALF_WAY.add);
    },
    run: (scene, env) => enim(scene, addTo(scene.pod), env),
  },
  {
    name: 'del after one that was killed',
    async prepare(scene) {
      await isAttached(scene);
      await killHalfWay(scene, DEL, HALF_WAY.del);
    },
    run: (scene, env) => enim(scene, DEL, env),
  },
];

/** What the operation is to work on; every bed has pods enough. */
export async function setUp(bed: Bed, operation: Operation): Promise<Scene> {
  const [first, successor] = bed.pods;
  const pod = operation.endsPod ? await bed.node.pod('gone') : first;
  const scene = { bed, pod, successor } as Scene;
  await operation.prepare?.(scene);
  return scene;
}
