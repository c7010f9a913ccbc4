/** The units for nodes without a DaemonSet. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startAgent } from '../fabric/agent.js';
import { list } from '../fabric/answers.js';
import { callPlugin, resultOf } from '../fabric/cni.js';
import { run } from '../fabric/exec.js';
import { fetchPage } from '../fabric/http.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, describeWith, programFault } from '../fabric/requirements.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const UNITS = join(import.meta.dirname, '../../deploy/systemd');
const SERVICES = ['enim-agent.service', 'enim-gc.service'];

describeWith('the systemd units', [programFault('systemd-analyze')], () => {
  const temporary = useTemporaryDirectories();

  /** A directory with the units, which start what is built here. */
  const placed = (): string => {
    const directory = temporary();
    for (const name of readdirSync(UNITS))
      writeFileSync(join(directory, name), unit(name).replaceAll('/usr/local/bin/enim', '/bin/true'));
    return directory;
  };

  it('are what systemd understands, every line of them', async () => {
    const directory = placed();
    const paths = readdirSync(directory).map((name) => join(directory, name));
    expect(await run('systemd-analyze', ['verify', '--man=no', ...paths])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(SERVICES)('leave %s little that it does not need: an exposure of at most 3.5 of 10', async (name) => {
    const path = join(placed(), name);
    const { code, stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=35', path]);
    expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
  });
});

describe('the service of the timer', () => {
  it('runs whatever is there: the socket of an agent outlives one that was killed', () => {
    expect(setting('enim-gc.service', /^(?:Condition|Assert|Conflicts).*/gm)).toEqual([]);
  });
});

describe('the service of the agent', () => {
  it('gives it the environment that the DaemonSet gives it', () => {
    const daemonSet = readFileSync(join(UNITS, '../agent/daemonset.yaml'), 'utf8');
    const [, agent = ''] = daemonSet.split('- name: agent\n');
    const variables = [...agent.matchAll(/- \{ name: (\w+), value: "(.*)" \}/g)].map(([, ...pair]) => pair.join('='));
    expect(variables.length).toBeGreaterThan(0);
    expect(setting('enim-agent.service', /^Environment=.*/gm)).toEqual(variables.map((each) => `Environment=${each}`));
  });
});

describe('both services', () => {
  it('are confined alike, but for the precedence that an agent takes', () => {
    const [agent, gc] = SERVICES.map((name) =>
      setting(name, /^(?:Capability|Restrict|System|Protect|Private|NoNew).*/gm),
    );
    expect(agent?.length).toBeGreaterThan(12);
    expect(gc).toEqual(agent?.map((line) => line.replace(' CAP_SYS_NICE', '')));
    expect(gc).not.toEqual(agent);
  });
});

describeEndToEnd('the capabilities of the units', () => {
  let node: Node;
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
  });
  afterEach(() => node.destroy());

  const CAPABILITIES = (setting('enim-agent.service', /^CapabilityBoundingSet=.*/gm)[0] ?? '')
    .replace('CapabilityBoundingSet=', '')
    .split(' ')
    .map((name) => name.replace('CAP_', '').toLowerCase());

  /** `setpriv` leaves a process these capabilities and no way to others, as the units do. */
  const confined = (capabilities: readonly string[]): string[] => [
    ...['setpriv', '--no-new-privs', '--inh-caps=-all'],
    `--bounding-set=-all${capabilities.map((name) => `,+${name}`).join('')}`,
  ];

  it('suffice for the agent: an add, a lost pod and a gc, a look', async () => {
    const pod = await node.pod('web-0');
    const agent = await startAgent(node, ['--gc-every', '200ms'], { via: confined(CAPABILITIES) });
    await resultOf(node, 'ADD', { netns: pod.path });
    await resultOf(node, 'DEL', { netns: pod.path });
    await resultOf(node, 'ADD', { netns: pod.path });
    await node.simulateCardReturn(pod, 'eth0');
    while ((await list(node))[0]?.state !== 'free');
    expect((await fetchPage(node, '/readyz')).text).toBe('ok\n');
    const { lines } = await agent.stop();
    expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ message: 'stopped', calls: 3 });
  }, 60_000);

  it.each(['net_admin', 'sys_admin'])('are needed: without %s an add fails', async (missing) => {
    const pod = await node.pod('web-0');
    const left = CAPABILITIES.filter((name) => name !== missing);
    expect(left).toHaveLength(CAPABILITIES.length - 1);
    const { code } = await node.enim(['add', 'default/web-0', '--netns', pod.path], { via: confined(left) });
    expect(code).toBeGreaterThan(0);
    expect((await callPlugin(node, 'DEL', { netns: pod.path })).code).toBe(0);
  });
});

function unit(name: string): string {
  return readFileSync(join(UNITS, name), 'utf8');
}

function setting(name: string, pattern: RegExp): string[] {
  return unit(name).match(pattern) ?? [];
}
