/**
 * The bed of container runtimes: real runtimes, whose node is a test node and whose network is the built executable, called as a CNI
 * plugin. All state is in the node's own directory; the plugin is led there by the network configuration alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { list } from '../fabric/answers.js';
import { must, type Outcome, run } from '../fabric/exec.js';
import { createNode, type Node, type NodeOptions } from '../fabric/node.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';
import { endProcessesOf, processesOf, unmountBelow, variableOf } from './sweep.js';

/** Directory of the bed's scripts; unset, its suites are skipped. */
const BED = process.env.ENIM_RUNTIME ?? '';

/** What the scripts start, and what they read. */
const PROGRAMS = ['containerd', 'ctr', 'runc', 'podman', 'go', 'busybox', 'iptables-save'];
const FILES = ['/usr/lib/cni/loopback', '/usr/share/gocode/src/github.com/containernetworking/cni/libcni'];

/** Name of the network that the pods of the bed are in. */
export const NETWORK = 'eninet';

/** Name of the image that there is: busybox, which sleeps unless told otherwise. */
export const IMAGE = 'localhost/enim/busybox:1';

/** The configuration of one plugin in a network's list. */
export type PluginConfig = Readonly<Record<string, unknown>>;

interface BedOptions extends NodeOptions {
  /** The plugins of the network, or the text of its whole configuration; enim alone unless told. */
  readonly network?: (enim: PluginConfig) => readonly PluginConfig[] | string;
  /** Whether calls of the plugin are recorded. The recorder stands between runtime and plugin, and a SIGKILL hits it alone. */
  readonly traced?: boolean;
}

/** One call of the plugin. */
export interface Call {
  readonly CNI_COMMAND: string;
  readonly CNI_CONTAINERID: string;
  readonly CNI_NETNS: string;
  readonly stdin: Readonly<Record<string, unknown>>;
  /** Text if it is no JSON. */
  readonly stdout: unknown;
  /** Exit code. */
  readonly rc: number;
}

/** What the plugin wrote of a call into its own log. */
interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly command: string;
  readonly containerID: string;
  /** CNI error code. */
  readonly code?: number;
}

/** A test node with runtimes. */
export interface Bed {
  readonly node: Node;
  /** Runs one of the bed's scripts. */
  run(script: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs one of the bed's scripts, which must succeed, and returns what it printed. */
  must(script: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** The calls of the plugin so far, in the order in which they ended. */
  calls(): readonly Call[];
  /** The verbs of the calls that the plugin works on at this moment. */
  running(): readonly string[];
  /** The plugin's own log so far. */
  log(): readonly LogLine[];
  /** Every NIC is home and as it was when the bed was made, and every ENI is free. */
  expectAllHome(): Promise<void>;
  /** Ends what the runtimes have started, and removes every netns, mount and file. */
  destroy(): Promise<void>;
}

/** A suite with real container runtimes; skipped without the bed, root, dist/enim or one of the runtimes. */
export function describeWithRuntimes(title: string, body: () => void): void {
  describeEndToEnd(title, body, faults());
}

function faults(): readonly (string | undefined)[] {
  if (BED === '') return ['ENIM_RUNTIME does not name the bed of container runtimes'];
  const files = [join(BED, 'cri.mjs'), ...FILES];
  return [
    ...PROGRAMS.map(programFault),
    ...files.map((path) => (existsSync(path) ? undefined : `there is no ${path}`)),
  ];
}

/** Text of one of the bed's files. */
export function bedFile(path: string): string {
  return readFileSync(join(BED, path), 'utf8');
}

/** Makes a node with its network; whoever makes it destroys it. */
export async function createBed({
  network = (enim) => [enim],
  traced = false,
  ...options
}: BedOptions = {}): Promise<Bed> {
  const node = await createNode(options);
  const root = join(node.dir, 'rt');
  const conflist = join(node.dir, `${NETWORK}.conflist`);
  const trace = join(node.dir, 'calls');
  const logFile = join(node.dir, 'plugin.log');
  // Nothing of ENIM_*: the network configuration says where everything is.
  const settings = {
    ...{ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/root', LC_ALL: 'C' },
    ...{ RT: root, NODE_NS: node.netns, FABRIC_NS: node.fabric },
    ...{ PLUGIN: EXECUTABLE, PLUGIN_NAME: 'enim', CONFLIST: conflist, IMAGE, ...(traced ? { TRACE: trace } : {}) },
  };
  const command = (script: string): string => join(BED, script);

  const bed: Bed = {
    node,
    run: (script, args, env = {}) => run(command(script), args, { env: { ...settings, ...env } }),
    must: (script, args, env = {}) => must(command(script), args, { env: { ...settings, ...env } }),

    calls: () => readLines<Call>(trace),
    running: () => processesOf(join(root, 'cni/bin')).flatMap((pid) => variableOf(pid, 'CNI_COMMAND') ?? []),
    log: () => readLines<LogLine>(logFile),

    async expectAllHome() {
      const { home } = await node.kernelState();
      const states = (await list(node)).map(({ id, state }) => `${id} ${state}`);
      expect({ home, states }).toEqual({ home: before.home, states: node.enis.map(({ id }) => `${id} free`) });
      expect(node.state()?.attachments ?? {}).toEqual({});
    },

    async destroy() {
      if (existsSync(join(root, 'state/containerd.pid'))) await endContainerd(bed);
      if (existsSync(join(root, 'podman'))) await bed.run('podman.sh', ['rm', '--all', '--force', '--time', '0']);
      // What a test that failed has left beside the runtimes' own order.
      await endProcessesOf(root);
      await unmountBelow(root);
      await node.destroy();
    },
  };

  const before = await node.kernelState();
  try {
    const { configFile: config, stateDir, runDir } = node;
    const plugins = network({ type: 'enim', config, stateDir, runDir, logFile });
    const document = { cniVersion: '1.0.0', name: NETWORK, plugins };
    writeFileSync(conflist, typeof plugins === 'string' ? plugins : JSON.stringify(document));
    mkdirSync(root);
    await bed.must('cnidirs.sh', []);
    return bed;
  } catch (thrown) {
    await bed.destroy();
    throw thrown;
  }
}

function readLines<T>(path: string): readonly T[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** One that crashed is started again, for only containerd knows what belongs to it. */
async function endContainerd(bed: Bed): Promise<void> {
  await bed.run('containerd.sh', ['start'], { NO_CNIDIRS: '1' });
  await bed.run('containerd.sh', ['stop']);
}
