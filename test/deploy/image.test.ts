/**
 * The image: a root file system as deploy/Dockerfile describes it, made of this machine's own packages in place of a registry's. What the
 * packages bring, and nothing else of this machine, is in it.
 */
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { must } from '../fabric/exec.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

const DOCKERFILE = readFileSync(join(import.meta.dirname, '../../deploy/Dockerfile'), 'utf8');

const SETTINGS = join(import.meta.dirname, '../../deploy/agent/config.json');
const DAEMONSET = readFileSync(join(import.meta.dirname, '../../deploy/agent/daemonset.yaml'), 'utf8');

const field = (pattern: RegExp): string => pattern.exec(DOCKERFILE)?.[1] ?? '';
const PACKAGES = field(/--no-install-recommends (.*) \\$/m).split(' ');
const [SOURCE = '', TARGET = ''] = field(/^COPY (.*)$/m).split(' ');
const COMMAND = [...JSON.parse(field(/^ENTRYPOINT (.*)$/m)), ...JSON.parse(field(/^CMD (.*)$/m))] as string[];

describeEndToEnd('the image', () => {
  let node: Node;
  let root: string;

  beforeAll(async () => {
    node = await createNode({ enis: 1 });
    root = join(node.dir, 'image');
    const files = (await must('dpkg', ['-L', ...PACKAGES])).split('\n').filter(isProgram);
    expect(files.length).toBeGreaterThan(20);
    // What the base image has besides: a shell and what prepare.sh calls.
    for (const program of [...files, '/bin/sh', ...BASE]) put(program, program);
    for (const library of await librariesOf([EXECUTABLE, '/bin/sh', ...files, ...BASE])) put(library, library);
    put(EXECUTABLE, TARGET);
    for (const directory of ['proc', 'tmp', 'dev']) mkdirSync(join(root, directory), { recursive: true });
  });
  afterAll(() => node.destroy());

  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };

  /** Runs a command in the image, in the node's netns, as a container with the node's /proc does. */
  const inImage = (...command: string[]) =>
    node.start(['unshare', '--mount', 'sh', '-c', MOUNT, 'mount', root, node.dir, ...command]).result;

  it('is made of what was built, and starts the agent', () => {
    expect([SOURCE, COMMAND]).toEqual(['dist/enim', [TARGET, 'agent']]);
  });

  it('starts', async () => {
    const { code, stdout, stderr } = await inImage(COMMAND[0] as string, '--version');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^enim \d/);
  });

  it('has every program that enim may need', async () => {
    const { json } = await inImage(TARGET, 'doctor', '--json');
    const { findings } = json as { findings: { check: string; level: string }[] };
    const programs = findings.filter(({ check }) => check === 'program');
    expect(programs.length).toBeGreaterThan(1);
    expect(programs.filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  describe('prepares a node', () => {
    const INPUTS = ['token', 'ca.crt', 'settings.json'];

    /** Runs the script with what the node gets, in a directory of its own. */
    const prepare = async (target: string, inputs: readonly string[] = INPUTS, settings?: string) => {
      mkdirSync(join(target, 'in'), { recursive: true });
      for (const name of inputs)
        copyFileSync(name === 'settings.json' ? SETTINGS : '/etc/hostname', join(target, 'in', name));
      if (settings !== undefined) writeFileSync(join(target, 'in/settings.json'), settings);
      copyFileSync(join(import.meta.dirname, '../../deploy/agent/prepare.sh'), join(target, 'prepare.sh'));
      const variables = [
        `SETTINGS=${target}/in/settings.json`,
        `CREDENTIALS=${target}/in`,
        `TARGET=${target}`,
        ...['NODE_NAME=node-1', 'KUBERNETES_SERVICE_HOST=fd00::1', 'KUBERNETES_SERVICE_PORT=443'],
      ];
      return inImage('/bin/sh', '-c', `export ${variables.join(' ')}; exec sh ${target}/prepare.sh`);
    };

    it('with its settings and a kubeconfig', async () => {
      expect(await prepare(node.dir)).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(join(node.dir, 'kubeconfig'), 'utf8')).toContain('server: https://[fd00::1]:443\n');
      expect(JSON.parse(readFileSync(join(node.dir, 'config.json'), 'utf8')).kubernetes.nodeName).toBe('node-1');
    });

    it.each([
      ['an empty section', '{ "provider": "kubernetes", "kubernetes": {} }'],
      ['no section', '{ "provider": "kubernetes" }'],
      ['another layout', '{\n  "provider": "kubernetes",\n  "kubernetes" :\n  {\n    "timeout": 20000\n  }\n}\n'],
      ['a name already', '{ "provider": "kubernetes", "kubernetes": { "nodeName": "all" } }'],
    ])('with its name where the settings have %s', async (what, settings) => {
      const target = join(node.dir, what.replaceAll(' ', '-'));
      expect(await prepare(target, INPUTS, settings)).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(readFileSync(join(target, 'config.json'), 'utf8'))).toMatchObject({
        provider: 'kubernetes',
        kubernetes: { nodeName: 'node-1' },
      });
    });

    it.each([
      ['no JSON', '{ "provider": "kubernetes", }'],
      ['wrong', '{ "provider": "kubernetes", "kubernetes": { "timeout": -1 } }'],
    ])('not with settings that are %s: it keeps those that it has', async (what, settings) => {
      const target = join(node.dir, `settings-${what.replaceAll(' ', '-')}`);
      mkdirSync(target);
      writeFileSync(join(target, 'config.json'), 'those');
      const { code, stderr } = await prepare(target, INPUTS, settings);
      expect([code, stderr]).toEqual([2, expect.stringContaining('config.json.new')]);
      expect(readFileSync(join(target, 'config.json'), 'utf8')).toBe('those');
      expect(readdirSync(target).sort()).toEqual(['config.json', 'in', 'prepare.sh']);
    });

    it.each(INPUTS)('not at all while there is no %s', async (missing) => {
      const target = join(node.dir, `without-${missing}`);
      const { code } = await prepare(
        target,
        INPUTS.filter((name) => name !== missing),
      );
      expect(code).not.toBe(0);
      expect(readdirSync(target).sort()).toEqual(['in', 'prepare.sh']);
    });
  });

  it('installs the plugin within the memory of its container, also where another build is', async () => {
    const [bin, conf] = [join(node.dir, 'bin-2'), join(node.dir, 'conf-2')];
    const install = ['install', '--bin-dir', bin, '--conf-dir', conf];
    const kibibytes = async (): Promise<number> => {
      const { code, stderr } = await node.start(['/usr/bin/time', '-f', '%M', EXECUTABLE, ...install]).result;
      expect(code).toBe(0);
      return Number(stderr);
    };
    const limit = Number(/requests: .*\n\s*limits: \{ memory: (\d+)Mi \}/.exec(DAEMONSET)?.[1]) * 1024;
    expect(await kibibytes()).toBeLessThan(limit);
    expect(await kibibytes()).toBeLessThan(limit);
    appendFileSync(join(bin, 'enim'), 'another build');
    expect(await kibibytes()).toBeLessThan(limit);
    expect(statSync(join(bin, 'enim')).size).toBe(statSync(EXECUTABLE).size);
  });

  it('installs the plugin with its capabilities alone where another user has the directory (cilium#23838)', async () => {
    const [bin, conf] = [join(node.dir, 'bin-3'), join(node.dir, 'conf-3')];
    mkdirSync(bin);
    chownSync(bin, 1001, 1001);
    const added = /capabilities: \{ drop: \[ALL\](?:, add: \[(.*)\])? \}/.exec(DAEMONSET)?.[1]?.split(', ') ?? [];
    const bounding = ['-all', ...added.map((capability) => `+${capability.toLowerCase()}`)].join(',');
    const asContainer = ['setpriv', '--no-new-privs', '--inh-caps', '-all', '--bounding-set', bounding];
    const install = [EXECUTABLE, 'install', '--bin-dir', bin, '--conf-dir', conf];
    expect(await node.start([...asContainer, ...install]).result).toMatchObject({ code: 0, stderr: '' });
  });

  it('installs the plugin, and the agent in it answers', async () => {
    const [bin, conf] = [join(node.dir, 'bin'), join(node.dir, 'conf')];
    const installed = await inImage(TARGET, 'install', '--bin-dir', bin, '--conf-dir', conf);
    expect(installed).toMatchObject({ code: 0 });
    expect(statSync(join(bin, 'enim')).size).toBe(statSync(EXECUTABLE).size);
    expect(existsSync(join(conf, '10-enim.conflist'))).toBe(true);
    const script = `timeout --preserve-status 2 ${COMMAND.join(' ')} 2>&1`;
    const { code, stdout } = await inImage('/bin/sh', '-c', script);
    expect([code, stdout]).toEqual([0, expect.stringContaining('"message":"ready"')]);
    expect(stdout).toContain('"message":"metrics","at":"http://127.0.0.1:9810/metrics"');
  });
}, [programFault('dpkg'), programFault('unshare'), programFault('time'), programFault('setpriv')]);

/** Of coreutils and sed, which the base image has. */
const BASE = ['base64', 'cat', 'cp', 'mv', 'rm', 'timeout'].map((name) => real(`/usr/bin/${name}`));

/** Makes $1 the root, with the node's /proc, and $2 below it under its own path; runs the rest. */
const MOUNT = `set -e; root=$1 dir=$2; shift 2; mount --make-rprivate /
mkdir -p "$root$dir"; mount --bind "$dir" "$root$dir"; mount --rbind /proc "$root/proc"; exec chroot "$root" "$@"`;

function isProgram(path: string): boolean {
  return /^\/(usr\/)?s?bin\//.test(path) && existsSync(path) && statSync(path).isFile();
}

function real(path: string): string {
  return existsSync(path) ? path : path.replace('/usr', '');
}

/** Shared libraries that the programs load, with their loader. */
async function librariesOf(programs: readonly string[]): Promise<Set<string>> {
  const listed = await Promise.all(programs.map((program) => must('sh', ['-c', 'ldd "$1" || true', 'ldd', program])));
  return new Set(listed.flatMap((text) => [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string)));
}
