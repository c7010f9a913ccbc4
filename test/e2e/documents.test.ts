import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MANIFEST } from '../../src/bundle/manifest.js';
import { startAgent } from '../fabric/agent.js';
import { must } from '../fabric/exec.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { recordExample } from '../reference/examples.js';
import { expectFits, SCHEMAS } from '../reference/schemas.js';

/** Schemas of what these tests do not see: those need a cluster. */
const OF_A_CLUSTER = ['sync'];

describeEndToEnd('a document that enim prints with --json fits its schema', () => {
  const seen = new Set<string>();
  let node: Node;
  let pod: Pod;

  afterEach(() => node?.destroy());

  const fits = (name: string, document: unknown): void => {
    expectFits(name, document);
    if (!seen.has(name)) recordExample(node, name, document);
    seen.add(name);
  };

  /** The document of a command, whatever it ended with. */
  async function said(...args: readonly string[]): Promise<unknown> {
    const { json, stdout, stderr } = await node.enim([...args, '--json']);
    if (json === undefined) throw new Error(`enim ${args.join(' ')} printed no document:\n${stdout}${stderr}`);
    return json;
  }

  /** Runs a command that has to print its own document; `words` of the arguments are its name. */
  async function fine(words: number, ...args: readonly string[]): Promise<void> {
    fits(args.slice(0, words).join('-'), await said(...args));
  }

  async function refused(...args: readonly string[]): Promise<void> {
    fits('error', await said(...args));
  }

  describe('with ENIs', () => {
    beforeEach(async () => {
      node = await createNode();
      pod = await node.pod('web-0');
    });

    it('of what is done to them, and of what is seen meanwhile', async () => {
      const [first, second] = [node.eni(0).id, node.eni(1).id];
      await fine(1, 'add', 'default/web-0', '--netns', pod.path, '--container-id', 'web-0');
      await fine(1, 'list');
      for (const what of [first, second, 'default/web-0']) await fine(1, 'show', what);
      for (const what of [first, node.eni(1).mac, 'lo', 'eth0']) await fine(1, 'where', what);
      await refused('add', 'default/web-1', '--netns', '/run/netns/none');
      await refused('show', 'eni-z');
      await refused('list', '--sort', 'colour');
      await fine(1, 'doctor');
      await fine(1, 'gc', '--dry-run', '--grace', '50ms');
      await fine(1, 'metrics');
      await fine(1, 'history');

      const bundle = join(node.dir, 'enim-bundle.tar.gz');
      await fine(1, 'support-bundle', '--file', bundle);
      fits('bundle-manifest', JSON.parse(await must('tar', ['-xzOf', bundle, MANIFEST])));
      await fine(1, 'list', '--from-bundle', bundle);
      for (const what of [first, second]) await fine(1, 'show', what, '--from-bundle', bundle);
      for (const what of [first, 'lo']) await fine(1, 'where', what, '--from-bundle', bundle);
      await fine(1, 'doctor', '--from-bundle', bundle);
      await refused('list', '--from-bundle', node.configFile);

      await fine(2, 'provider', 'quarantine', second, '--reason', 'drops packets', '--for', '1h');
      await fine(2, 'provider', 'allocate', 'ops/reserve');
      await fine(1, 'list');
      for (const { id } of node.enis) await fine(1, 'show', id);
      await fine(2, 'provider', 'list');
      await fine(1, 'provider');
      fits('state-file', node.state());
      await fine(2, 'provider', 'restore', second);
      await fine(2, 'provider', 'release', 'ops/reserve');

      await fine(1, 'cordon', '--reason', 'kernel upgrade');
      fits('cordon-file', JSON.parse(readFileSync(join(node.stateDir, 'cordon.json'), 'utf8')));
      await fine(1, 'list');
      await refused('add', 'default/web-1', '--netns', pod.path, '--ifname', 'eth1');
      await fine(1, 'drain', '--check');
      await fine(1, 'del', 'default/web-0');
      await fine(1, 'del', 'default/web-0');
      await fine(1, 'drain', '--timeout', '5s', '--grace', '50ms');
      await fine(1, 'uncordon');
      await fine(1, 'uncordon');

      await fine(1, 'history');
      const lines = readFileSync(join(node.stateDir, 'history.log'), 'utf8').trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) fits('history-event', JSON.parse(line.slice('01234567 '.length)));
    });

    it('of pods that are gone, and of a state that was lost', async () => {
      const other = await node.pod('web-1');
      await fine(1, 'add', 'default/web-0', '--netns', pod.path, '--container-id', 'web-0');
      await fine(1, 'add', 'default/web-1', '--netns', other.path, '--container-id', 'web-1');
      await pod.ip('link set dev eth0 mtu 1400');
      await node.simulateCardReturn(pod, 'eth0');
      await other.ip('link set dev eth0 name mine0');
      await fine(1, 'list');
      await fine(1, 'doctor');
      for (const { id } of node.enis) await fine(1, 'show', id);
      for (const { id } of node.enis) await fine(1, 'where', id);
      await fine(1, 'metrics');
      await fine(1, 'drain', '--check');
      await fine(1, 'gc', '--dry-run', '--grace', '50ms');
      await fine(1, 'gc', '--grace', '50ms');
      rmSync(node.stateDir, { recursive: true });
      await fine(1, 'list');
      await fine(1, 'adopt');
      await fine(1, 'adopt', '--yes');
      await fine(1, 'history');
      await fine(1, 'doctor', '--fix');
      await fine(1, 'drain', '--timeout', '0', '--force', '--yes');
    });

    it('of each change, while it watches', async () => {
      mkdirSync(node.stateDir, { recursive: true });
      const watching = node.startEnim(['list', '--watch', '--json']);
      await fine(1, 'add', 'default/web-0', '--netns', pod.path);
      await eventually('that it shows what was added', () => node.state()?.generation !== 0);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await node.ip('link set dev eni2 name other2');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      watching.kill('SIGINT');
      const lines = (await watching.result).stdout.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(node.enis.length);
      for (const line of lines.reverse()) fits('list-watch', JSON.parse(line));
    });

    it('of an agent that has ended', async () => {
      const agent = await startAgent(node, ['--gc-every', '0', '--listen', 'off', '--json']);
      fits('agent', (await agent.stop()).json);
    });

    it('of settings, and of what is installed', async () => {
      fits('settings-file', await said('config', 'get'));
      await fine(2, 'config', 'get');
      await fine(2, 'config', 'get', 'static.enis[0].mac');
      await fine(2, 'config', 'set', 'lockWait', '5000');
      await refused('config', 'set', 'lockWait', 'long');
      await fine(2, 'config', 'path');
      fits('settings-file', JSON.parse(readFileSync(node.configFile, 'utf8')));
      const root = join(node.dir, 'root');
      const places = ['--bin-dir', `${root}/opt/cni/bin`, '--conf-dir', `${root}/etc/cni/net.d`, '--root', root];
      await fine(1, 'install', ...places, '--dry-run');
      await fine(1, 'install', ...places);
      const list = JSON.parse(readFileSync(`${root}/etc/cni/net.d/10-enim.conflist`, 'utf8'));
      fits('conflist', list);
      fits('network-configuration', { ...list.plugins[0], cniVersion: list.cniVersion, name: list.name });
      await fine(1, 'uninstall', ...places);
      await fine(1, 'version');
      for (const shell of ['bash', 'zsh', 'fish']) await fine(1, 'completion', shell);
    });

    it('of a program that no command has, of wrong settings, and of a damaged state', async () => {
      await refused('lits');
      node.writeSettings('{ "colour": 1 }');
      await refused('list');
      await fine(1, 'doctor');
      node.writeSettings({});
      mkdirSync(node.stateDir, { recursive: true });
      node.writeState('{ torn');
      await fine(1, 'doctor');
      await refused('sync');
    });
  });

  it('without settings, and so without ENIs', async () => {
    node = await createNode({ enis: 2, settings: () => null });
    for (const command of ['list', 'doctor', 'history', 'metrics', 'provider', 'adopt', 'gc']) await fine(1, command);
    await fine(2, 'provider', 'list');
    await fine(1, 'drain', '--check');
    await fine(1, 'where', 'eni0');
    await refused('add', 'default/web-0', '--netns', String(process.pid));
    await fine(2, 'provider', 'init', '--name', 'eni*', '--yes');
    await refused('provider', 'init', '--name', 'eni*', '--yes');
  });

  it('of every kind that does not need a cluster', () => {
    expect(SCHEMAS.filter((name) => !seen.has(name))).toEqual(OF_A_CLUSTER);
  });
});
