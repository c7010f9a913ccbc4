/** A pod of the test bed: a netns with a name, and perhaps a process in it. */
import { ipBatch, must, type Outcome, run } from './exec.js';
import { type RawLink, readLinks } from './links.js';
import {
  createNetns,
  deleteNetns,
  type Holder,
  holdByDescriptor,
  holdByProcess,
  netnsPath,
  uniqueName,
} from './netns.js';

/** The netns of a pod. */
export interface Pod {
  /** What the test calls it. */
  readonly name: string;
  /** Name below /run/netns; unique on the machine. */
  readonly netns: string;
  /** Path of the netns, as a container runtime would give it. */
  readonly path: string;
  readonly inode: number;
  /** Whether its netns still has its name. */
  readonly named: boolean;
  /** Runs `ip` commands inside, one a line; all must succeed. */
  ip(...lines: string[]): Promise<void>;
  /** Runs a program inside. */
  run(program: string, ...args: string[]): Promise<Outcome>;
  /** Its links; undefined names are an error. */
  links(): Promise<RawLink[]>;
  /** The link with this name, or undefined. */
  link(name: string): Promise<RawLink | undefined>;
  /** Starts a process that lives in the netns. */
  holdByProcess(): Promise<Holder>;
  /** Starts a process that only has the netns open. */
  holdByDescriptor(): Promise<Holder>;
  /** Takes the name away, as runtimes do at the end; the netns and what is in it die unless somebody holds it. */
  unmount(): Promise<void>;
  /** Ends the holders and takes the name away. */
  destroy(): Promise<void>;
}

/** Makes a pod's netns, with loopback up as runtimes have it. */
export async function createPod(name: string): Promise<Pod> {
  const netns = uniqueName(name);
  const path = netnsPath(netns);
  const inode = await createNetns(netns);
  const holders: Holder[] = [];
  const keep = async (starting: Promise<Holder>): Promise<Holder> => {
    const holder = await starting;
    holders.push(holder);
    return holder;
  };
  let named = true;

  await ipBatch(netns, ['link set dev lo up']);
  return {
    ...{ name, netns, path, inode },
    get named() {
      return named;
    },
    ip: (...lines) => ipBatch(netns, lines),
    run: (program, ...args) => run('nsenter', [`--net=${path}`, program, ...args]),
    links: () => readLinks(netns),
    link: async (wanted) => (await readLinks(netns)).find(({ ifname }) => ifname === wanted),
    holdByProcess: () => keep(holdByProcess(path)),
    holdByDescriptor: () => keep(holdByDescriptor(path)),
    async unmount() {
      await must('ip', ['netns', 'del', netns]);
      named = false;
    },
    async destroy() {
      await Promise.all(holders.map((holder) => holder.release()));
      if (named) await deleteNetns(netns);
      named = false;
    },
  };
}
