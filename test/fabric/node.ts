/**
 * The test bed: a netns that plays the node, with veth "ENIs" whose peers hang on a bridge with the gateway's addresses in
 * another netns, and a directory for the node's settings, state and locks. Nothing of the machine itself is touched.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipBatch, must, run } from './exec.js';
import { type EnimOptions, type EnimResult, type RunningEnim, start } from './executable.js';
import { readTree } from './files.js';
import { inventory, type Settings, type TestEni, testEni } from './inventory.js';
import { type NetnsState, type RawLink, readLinks, readNetnsState } from './links.js';
import { createNetns, deleteNetns, netnsPath, uniqueName } from './netns.js';
import { createPod, type Pod } from './pod.js';
import { EXECUTABLE } from './requirements.js';

/** What a test wants of its node. */
export interface NodeOptions {
  /** Number of ENIs, 3 unless told, at most 200. */
  readonly enis?: number;
  /** The settings, given the ENIs; an inventory of all of them unless told. Text is written as it is, null means no file. */
  readonly settings?: (enis: readonly TestEni[]) => Settings | string | null;
}

/** A node of the test bed. */
export interface Node {
  /** Names, below /run/netns, of the node's netns and of the one with bridge and gateway. */
  readonly netns: string;
  readonly fabric: string;
  readonly enis: readonly TestEni[];
  readonly dir: string;
  readonly configFile: string;
  readonly stateDir: string;
  readonly stateFile: string;
  readonly runDir: string;
  /** What leads the executable to this node. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the executable at home (the node's netns), and waits for it. */
  enim(args: readonly string[], options?: EnimOptions): Promise<EnimResult>;
  /** Starts the executable in the background. */
  startEnim(args: readonly string[], options?: EnimOptions): RunningEnim;
  /** Starts any program at home; it can call the executable as `enim`. */
  start(command: readonly string[], options?: EnimOptions): RunningEnim;
  /** The ENI with this index in the inventory. */
  eni(index: number): TestEni;
  /** Makes a pod. */
  pod(name: string): Promise<Pod>;
  /** Runs `ip` commands at home, one a line; all must succeed. */
  ip(...lines: string[]): Promise<void>;
  /** The links in a netns below /run/netns, the node's own unless told. */
  links(netns?: string): Promise<RawLink[]>;
  /** The link with this name at home, or undefined. */
  link(name: string): Promise<RawLink | undefined>;
  /** Links and routes at home and in every pod that still has its name, in normal form. */
  kernelState(): Promise<Record<string, NetnsState>>;
  /** Every file of the settings and of the state; not the locks. */
  filesState(): Record<string, string>;
  /** The state file's document, or undefined if there is none. */
  state(): StateFile | undefined;
  writeSettings(settings: Settings | string): void;
  /** Replaces the state file by this text or document. */
  writeState(state: StateFile | string): void;
  /**
   * Does to a veth what the kernel does to a real card as its netns dies: the card comes home under the name that it had in the
   * pod (or `devN` if that is taken), down, without addresses and routes. Then takes the pod's netns away.
   */
  simulateCardReturn(pod: Pod, ifname: string, asName?: string): Promise<string>;
  /** Mounts a tmpfs over the state directory, keeping its files; it goes with the node. */
  mountStateDir(size: string): Promise<void>;
  /** Ends what runs, and removes every netns, mount and file. */
  destroy(): Promise<void>;
}

/** The state file; only what tests look at. */
export interface StateFile {
  readonly version: number;
  readonly generation: number;
  readonly attachments: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly allocations: Readonly<Record<string, { readonly holder: unknown; readonly releasedAt: string | null }>>;
}

/** Makes a node; whoever makes it destroys it. */
export async function createNode({ enis: count = 3, settings = inventory }: NodeOptions = {}): Promise<Node> {
  const seed = Buffer.from([...randomBytes(3)].map((byte) => 1 + (byte % 254)));
  const enis = Array.from({ length: count }, (_, index) => testEni(seed, index));
  const netns = uniqueName('node');
  const fabric = uniqueName('fabric');
  const dir = mkdtempSync(join(tmpdir(), 'enimtest-'));
  const [configFile, stateDir, runDir] = [join(dir, 'config/config.json'), join(dir, 'state'), join(dir, 'run')];
  const stateFile = join(stateDir, 'state.json');
  const env = {
    PATH: `${join(EXECUTABLE, '..')}:${process.env.PATH ?? ''}`,
    HOME: dir,
    LC_ALL: 'C',
    ENIM_CONFIG: configFile,
    ENIM_STATE_DIR: stateDir,
    ENIM_RUN_DIR: runDir,
  };
  const pods: Pod[] = [];
  const running = new Set<RunningEnim>();
  const mounts: string[] = [];

  let returning: Promise<unknown> = Promise.resolve();
  const returnCard = async (pod: Pod, ifname: string, asName?: string): Promise<string> => {
    const taken = new Set((await node.links()).flatMap(({ ifname: name, altnames = [] }) => [name, ...altnames]));
    const link = await pod.link(ifname);
    if (link === undefined) throw new Error(`Pod ${pod.name} has no ${ifname}.`);
    const name = asName ?? (taken.has(ifname) ? `dev${link.ifindex}` : ifname);
    await pod.ip(`link set dev ${ifname} netns ${netns} name ${name}`);
    await pod.unmount();
    return name;
  };

  const node: Node = {
    ...{ netns, fabric, enis, dir, configFile, stateDir, stateFile, runDir, env },

    enim: (args, options) => node.startEnim(args, options).result,

    startEnim: (args, options) => node.start([EXECUTABLE, ...args], options),

    start(command, options = {}) {
      const started = start(['nsenter', `--net=${netnsPath(netns)}`, ...(options.via ?? []), ...command], env, options);
      running.add(started);
      const forget = (): void => void running.delete(started);
      started.result.then(forget, forget);
      return started;
    },

    eni(index) {
      const eni = enis[index];
      if (eni === undefined) throw new RangeError(`The test node has no ENI ${index}.`);
      return eni;
    },

    async pod(name) {
      const pod = await createPod(name);
      pods.push(pod);
      return pod;
    },

    ip: (...lines) => ipBatch(netns, lines),
    links: (where = netns) => readLinks(where),
    link: async (name) => (await readLinks(netns)).find(({ ifname }) => ifname === name),

    async kernelState() {
      const places = [{ name: 'home', netns }, ...pods.filter(({ named }) => named)];
      const states = await Promise.all(
        places.map(async (place) => [place.name, await readNetnsState(place.netns)] as const),
      );
      return Object.fromEntries(states);
    },

    filesState: () => readTree(dir, [join(configFile, '..'), stateDir]),

    state: () => (existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as StateFile) : undefined),

    writeSettings(wanted) {
      writeFileSync(configFile, asText(wanted));
    },

    writeState(state) {
      writeFileSync(stateFile, asText(state));
    },

    // One after the other, as in the kernel: what name one of them takes, the next one must see.
    simulateCardReturn(pod, ifname, asName) {
      const returned = returning.then(() => returnCard(pod, ifname, asName));
      returning = returned.catch(() => undefined);
      return returned;
    },

    async mountStateDir(size) {
      const aside = join(dir, 'aside');
      if (existsSync(stateDir)) await must('cp', ['-a', stateDir, aside]);
      mkdirSync(stateDir, { recursive: true });
      await must('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'enimtest', stateDir]);
      mounts.push(stateDir);
      if (existsSync(aside)) await must('cp', ['-a', `${aside}/.`, stateDir]);
    },

    async destroy() {
      for (const started of running) started.kill('SIGKILL');
      await Promise.allSettled([...running].map(({ result }) => result));
      await Promise.all(pods.map((pod) => pod.destroy()));
      await Promise.all([netns, fabric].map(deleteNetns));
      for (const mount of mounts.splice(0)) await run('umount', ['-l', mount]);
      rmSync(dir, { recursive: true, force: true });
    },
  };

  try {
    mkdirSync(join(configFile, '..'));
    const wanted = settings(enis);
    if (wanted !== null) node.writeSettings(wanted);
    await build(node);
    return node;
  } catch (thrown) {
    await node.destroy();
    throw thrown;
  }
}

async function build({ netns, fabric, enis }: Node): Promise<void> {
  await Promise.all([netns, fabric].map(createNetns));
  await ipBatch(netns, ['link set dev lo up']);
  const gateways = enis.slice(0, 1).flatMap(({ ipv4, ipv6 }) => [
    `addr add ${ipv4.gateway}/24 dev uplink`,
    // The gateway is there from the start, as a cloud's is; duplicate detection would only delay the tests.
    `addr add ${ipv6.gateway}/64 dev uplink nodad`,
  ]);
  await ipBatch(fabric, [
    'link set dev lo up',
    'link add name uplink type bridge forward_delay 0',
    ...gateways,
    'link set dev uplink up',
    ...enis.flatMap(({ mac, ifname }) => [
      `link add name peer-${ifname} type veth peer name ${ifname} netns ${netns} address ${mac}`,
      `link set dev peer-${ifname} master uplink up`,
    ]),
  ]);
}

function asText(document: unknown): string {
  return typeof document === 'string' ? document : `${JSON.stringify(document, null, 2)}\n`;
}
