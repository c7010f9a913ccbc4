import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { add } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectRefusal } from '../fabric/expectations.js';
import { inventory, type Settings, type TestEni } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

const COMMANDS = [
  ...[
    'add',
    'del',
    'doctor',
    'gc',
    'history',
    'list',
    'provider',
    'provider list',
    'provider init',
    'provider allocate',
    'provider release',
    'provider quarantine',
    'provider restore',
  ],
  ...[
    'adopt',
    'agent',
    'cni',
    'completion',
    'cordon',
    'uncordon',
    'drain',
    'install',
    'metrics',
    'show',
    'support-bundle',
    'uninstall',
    'version',
    'where',
  ],
  ...['config get', 'config set', 'config path'],
];

/** Its examples need a cluster, and are run where there is one. */
const OF_A_CLUSTER = ['sync'];

/** Wide enough that no example is broken into two lines. */
const WIDE = { env: { OCLIF_COLUMNS: '300', COLUMNS: '300' } };

/** The ENIs are called as in the examples: eni-a, eni-b, eni-c. */
function asInExamples(enis: readonly TestEni[]): Settings {
  return inventory(enis, ({ id }) => ({ id: id.slice(0, 5) }));
}

describeEndToEnd('help', () => {
  let node: Node;
  let pod: Pod;

  beforeAll(async () => {
    node = await createNode({ settings: asInExamples });
    pod = await node.pod('web-0');
  });

  afterAll(() => node.destroy());

  const examplesOf = async (command: string): Promise<string[]> => {
    const { stdout } = await node.enim([...command.split(' '), '--help'], WIDE);
    const [, section = ''] = stdout.split(/^EXAMPLES$/m);
    return (
      section
        .split(/^\S/m)[0]
        ?.split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('$ '))
        .map((line) => line.slice(2)) ?? []
    );
  };

  /** Does it on a node of its own, with a pod: each example stands for itself, and what another one holds must not be in its way. */
  const onItsOwn = async <T>(work: (node: Node, pod: Pod) => Promise<T>): Promise<T> => {
    const own = await createNode({ settings: asInExamples });
    try {
      return await work(own, await own.pod('web-0'));
    } finally {
      await own.destroy();
    }
  };

  /**
   * Runs a shell line at home, in a mount namespace of its own in which every netns that the line names exists: the examples
   * name netns that are nobody's, and the machine's /run/netns is everybody's. PIDs become that of a process in the pod.
   */
  const paste = async (example: string, node: Node, pod: Pod): Promise<EnimResult> => {
    const { pid } = await pod.holdByProcess();
    const line = example
      .replace(/\/proc\/\d+\//, `/proc/${pid}/`)
      .replace(/(--netns[= ])\d+\b/, `$1${pid}`)
      // The NICs of the test bed are virtual: they are taken by name only, and have no driver of a cloud.
      .replace(/provider init(?!.*--name)/, "provider init --name 'eni*'")
      .replace(/ --driver \S+/, '');
    const name = /--netns[= ](\S+)/.exec(line)?.[1] ?? '';
    const named =
      name.startsWith('/proc/') || /^\d*$/.test(name) ? '' : name.startsWith('/') ? name : `/run/netns/${name}`;
    const setUp = [
      `mkdir -p ${node.dir}/netns`,
      `mount --bind ${pod.path} $(touch ${node.dir}/netns/pod; echo ${node.dir}/netns/pod)`,
      'mount -t tmpfs enimtest /run/netns',
      // What the examples of install write: it is this node's, and nobody finds it afterwards.
      'mkdir -p /tmp/enim-root',
      'mount -t tmpfs enimtest /tmp/enim-root',
      ...(named === ''
        ? []
        : [`mkdir -p $(dirname ${named})`, `touch ${named}`, `mount --bind ${node.dir}/netns/pod ${named}`]),
    ];
    const interactive = /provider init(?!.*(--yes|-y\b|--json))/.test(line);
    const command = interactive
      ? '(sleep 1; echo y; sleep 1) | script -qec "$LINE" /dev/null'
      : // What stays until it is ended is ended like a service.
        /--(every|watch)\b|^enim agent\b/.test(line)
        ? `timeout --preserve-status --signal=TERM 1 ${line}`
        : line;
    // Some write where they are started.
    const script = ['set -e', `cd ${node.dir}`, ...setUp, command].join('\n');
    return node.start(['unshare', '-m', '--propagation', 'private', 'sh', '-c', script], {
      env: { LINE: line, EDITOR: 'cat' },
      timeout: 30_000,
    }).result;
  };

  describe.each([...COMMANDS, ...OF_A_CLUSTER])('of "enim %s"', (command) => {
    it('says what it does, how it is called, and gives examples', async () => {
      const { code, stdout } = await node.enim([...command.split(' '), '--help'], WIDE);

      expect(code).toBe(0);
      expect(stdout).toMatch(/^USAGE$/m);
      expect(stdout).toContain(`enim ${command}`);
      expect((await examplesOf(command)).length).toBeGreaterThan(0);
    });
  });

  describe.each(COMMANDS)('of "enim %s"', (command) => {
    it('has examples that work when pasted', async () => {
      const outcomes = (await examplesOf(command)).map((line) =>
        onItsOwn(async (own, its) => {
          if (command === 'provider init') rmSync(own.configFile, { force: true });
          const { code, stdout, stderr } = await paste(line, own, its);
          return { line, code, output: code === 0 ? '' : stdout + stderr };
        }),
      );
      for (const { line, ...outcome } of await Promise.all(outcomes))
        expect({ line, ...outcome }).toEqual({ line, code: 0, output: '' });
    });
  });

  it('lists the commands, each with its summary, when nothing is asked for', async () => {
    const { code, stdout } = await node.enim([]);

    expect(code).toBe(0);
    for (const command of ['add', 'del', 'gc', 'list', 'provider', 'config'])
      expect(stdout).toMatch(new RegExp(`^ +${command} +\\S`, 'm'));
  });

  it.each([
    ['lsit', 'list'],
    ['ad', 'add'],
    ['provider lst', 'provider list'],
  ])('suggests, for the unknown command "%s", "%s"', async (typed, meant) => {
    expectRefusal(await node.enim(typed.split(' ')), {
      code: 2,
      mentions: [`"${typed}"`, new RegExp(`did you mean.*${meant}`, 'i')],
    });
  });

  it('is in the way of no command: "add" works without any settings of oclif in the environment', async () => {
    expect((await add(node, 'default/web-0', pod)).interface.name).toBe('eth0');
  });
});
