/** A containerd of the bed's own, and what a kubelet asks of it. */
import type { Outcome } from '../fabric/exec.js';
import type { Bed } from './bed.js';

/** Namespace of all pods. */
export const NAMESPACE = 'shop';

/** A pod as containerd shows it; only what tests look at. */
export interface PodStatus {
  readonly ready: boolean;
  readonly ip?: string;
  readonly additional_ips?: readonly string[];
  /** Of the process that stands for the pod. */
  readonly pid: number;
  /** Path. */
  readonly netns: string;
  readonly cniResult: {
    readonly Interfaces: Readonly<
      Record<
        string,
        {
          readonly IPConfigs: readonly { readonly IP: string; readonly Gateway: string }[];
          readonly Mac: string;
          readonly Sandbox: string;
        }
      >
    >;
  };
}

/** How many pods at once had success, and what the first that had none was told. */
export interface Wave {
  readonly ok: number;
  readonly failed: number;
  readonly first_error?: string;
}

/** A containerd that runs until its bed is destroyed. */
export interface Containerd {
  /** Starts a pod, and returns its container ID. */
  runPod(name: string): Promise<string>;
  /** Starts a pod; it may fail. Past the deadline, in milliseconds, containerd kills the plugin. */
  tryPod(name: string, deadline?: number): Promise<Outcome>;
  stopPod(name: string): Promise<void>;
  removePod(name: string): Promise<void>;
  /** Stops and removes a pod. */
  deletePod(name: string): Promise<void>;
  /** Stops and removes all pods that there are. */
  deleteAll(): Promise<void>;
  status(name: string): Promise<PodStatus>;
  /** The names of the pods that containerd knows. */
  pods(): Promise<readonly string[]>;
  /** Starts a container in a pod. */
  runContainer(pod: string, name: string): Promise<void>;
  /** Runs a program in a container. */
  exec(pod: string, container: string, ...command: readonly string[]): Promise<Outcome>;
  /** Starts so many pods at once, and then ends all of them at once. */
  burst(name: string, count: number): Promise<{ run: Wave; distinct_ips: number; stop_and_remove: Wave }>;
  /** Kills containerd; the pods stay. */
  crash(): Promise<void>;
  /** Starts it again after a crash. */
  restart(): Promise<void>;
}

/** Starts containerd on the bed's node; the bed ends it. */
export async function startContainerd(bed: Bed): Promise<Containerd> {
  const cri = (command: string, ...args: readonly string[]): Promise<string> =>
    bed.must('cri.mjs', [command, NAMESPACE, ...args]);
  const start = async (): Promise<void> => {
    await bed.must('containerd.sh', ['start'], { NO_CNIDIRS: '1' });
  };
  await start();
  return {
    runPod: async (name) => (await cri('run-pod', name)).trim(),
    tryPod: (name, deadline) =>
      bed.run('cri.mjs', ['run-pod', NAMESPACE, name], deadline === undefined ? {} : { TIMEOUT_MS: String(deadline) }),
    stopPod: async (name) => void (await cri('stop-pod', name)),
    removePod: async (name) => void (await cri('remove-pod', name)),
    deletePod: async (name) => void (await cri('delete-pod', name)),
    deleteAll: async () => void (await bed.must('cri.mjs', ['remove-all'])),
    status: async (name) => JSON.parse(await cri('status', name)) as PodStatus,
    pods: async () => [...(await bed.must('cri.mjs', ['list'])).matchAll(/ shop\/(\S+)/g)].map(([, name = '']) => name),
    runContainer: async (pod, name) => void (await cri('run-container', pod, name)),
    exec: (pod, container, ...command) => bed.run('cri.mjs', ['exec', NAMESPACE, pod, container, ...command]),
    burst: async (name, count) => JSON.parse(await cri('burst', name, String(count))),
    crash: async () => void (await bed.must('containerd.sh', ['crash'])),
    restart: start,
  };
}
