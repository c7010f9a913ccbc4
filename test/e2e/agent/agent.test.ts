import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listen, type Server } from '../../../src/agent/server.js';
import { startAgent } from '../../fabric/agent.js';
import { add, list, show } from '../../fabric/answers.js';
import { type CniCall, callPlugin, resultOf } from '../../fabric/cni.js';
import { must, run } from '../../fabric/exec.js';
import { expectRefusal, expectUnchanged } from '../../fabric/expectations.js';
import { inventory } from '../../fabric/inventory.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd, EXECUTABLE } from '../../fabric/requirements.js';

describeEndToEnd('the agent', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const call = (more: CniCall = {}): CniCall => ({ netns: pod.path, ...more });

  /** Every verb with success and with errors, and what each wrote and how it ended; of the log, what does not tell the time. */
  const everyVerb = async (): Promise<unknown[]> => {
    const logFile = join(node.dir, 'plugin.log');
    writeFileSync(logFile, '');
    const answers: unknown[] = [];
    const ask = async (command: string, more: CniCall = {}): Promise<unknown> => {
      const { code, stdout, stderr, json } = await callPlugin(node, command, {
        ...call(more),
        network: { logFile, ...more.network },
      });
      answers.push({ command, code, stdout, stderr: withoutTime(stderr) });
      return json;
    };
    await ask('VERSION');
    await ask('STATUS');
    const prevResult = await ask('ADD');
    await ask('ADD');
    await ask('CHECK', { network: { prevResult } });
    await pod.ip('link set eth0 mtu 1400');
    await ask('CHECK', { network: { prevResult } });
    await ask('STATUS');
    await ask('ADD', { containerID: 'c2', ifname: 'eth1' });
    await ask('GC', { network: { 'cni.dev/valid-attachments': [{ containerID: 'c1', ifname: 'eth0' }] } });
    await ask('DEL');
    await ask('DEL', { netns: '' });
    await ask('CHECK', { network: { prevResult } });
    await ask('ADD', { netns: '/run/netns/nobody' });
    await ask('ADD', { containerID: '' });
    await ask('ADD', { network: { mtu: 'large' } });
    await ask('DEL', { stdin: 'no JSON' });
    return [...answers, withoutTime(readFileSync(logFile, 'utf8'))];
  };

  it('answers every verb byte for byte as the plugin alone, with the same lines on stderr and in the log', async () => {
    const alone = await everyVerb();
    const agent = await startAgent(node);
    const through = await everyVerb();
    const { lines } = await agent.stop();

    expect(through).toEqual(alone);
    // All but VERSION and what is no JSON; else the comparison would be of the plugin with itself.
    expect(lines.at(-1)).toMatchObject({ message: 'stopped', calls: 14 });
  });

  it('serves the plugin on Node.js as well', async () => {
    const agent = await startAgent(node);
    const program = join(import.meta.dirname, '../../../bin/run.js');
    const { code, json } = await node.start([process.execPath, program], {
      env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1', CNI_NETNS: pod.path, CNI_IFNAME: 'eth0' },
      input: JSON.stringify({ cniVersion: '1.1.0', name: 'eninet', type: 'enim' }),
    }).result;
    expect([code, json]).toMatchObject([0, { interfaces: [{ name: 'eth0', sandbox: pod.path }] }]);
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
  });

  it('keeps no state of its own where its mounts are others and nobody has made a state yet', async () => {
    const deep = join(node.dir, 'deep');
    mkdirSync(deep);
    const env = { ENIM_STATE_DIR: join(deep, 'state'), DEEP: deep };
    const mount = 'mount -t tmpfs none "$DEEP" && exec "$0" "$@"';
    const agent = await startAgent(node, undefined, { env, via: ['unshare', '--mount', 'sh', '-c', mount] });
    await resultOf(node, 'ADD', call({ env }));
    expect(existsSync(join(deep, 'state/state.json'))).toBe(true);
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 0 });
  });

  it('leaves to the plugin what writes to files that it does not see: the log, and those of another IPAM plugin', async () => {
    const deep = join(node.dir, 'deep');
    const bin = join(node.dir, 'bin');
    mkdirSync(deep);
    mkdirSync(bin);
    const answer = '{"cniVersion":"1.0.0","ips":[{"address":"192.0.2.7/24"}]}';
    writeFileSync(join(bin, 'ledger'), `#!/bin/sh\necho "$CNI_CONTAINERID" >>${deep}/ledger\necho '${answer}'\n`, {
      mode: 0o755,
    });
    const mount = 'mount -t tmpfs none "$DEEP" && exec "$0" "$@"';
    const agent = await startAgent(node, undefined, {
      ...{ env: { DEEP: deep }, via: ['unshare', '--mount', 'sh', '-c', mount] },
    });
    await resultOf(node, 'STATUS', call({ network: { logFile: join(deep, 'log/plugin.log') } }));
    await resultOf(node, 'ADD', call({ path: bin, network: { ipam: { type: 'ledger' } } }));

    expect(readFileSync(join(deep, 'log/plugin.log'), 'utf8')).toContain('"command":"STATUS"');
    expect(readFileSync(join(deep, 'ledger'), 'utf8')).toBe('c1\n');
    await resultOf(node, 'DEL', call());
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
  });

  it('is alone: a second one says who runs, and ends with 5', async () => {
    const agent = await startAgent(node);
    expectRefusal(await node.enim(['agent']), { code: 5, says: [`already: pid ${agent.pid} (enim agent)`] });
    expect(await agent.stop()).toMatchObject({ code: 0 });
  });

  it('ends when somebody has removed its socket, so that it is started anew, though it does no gc', async () => {
    const agent = await startAgent(node, ['--gc-every', '0']);
    rmSync(node.runDir, { recursive: true });
    const { code, stderr } = await agent.result;
    expect([code, stderr]).toEqual([4, expect.stringContaining(`agent.sock was removed`)]);
  });

  it('leaves the socket of another one that came when the directory of locks was removed', async () => {
    const first = await startAgent(node);
    rmSync(node.runDir, { recursive: true });
    const second = await startAgent(node);
    expect(await first.result).toMatchObject({ code: 4 });
    await resultOf(node, 'STATUS', call());
    expect((await second.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
    expect(existsSync(join(node.runDir, 'agent.sock'))).toBe(false);
  });

  /** Of each of its threads. */
  const niceness = (pid: number): readonly number[] =>
    readdirSync(`/proc/${pid}/task`)
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1) ?? '')
      .map((stat) => Number(stat.split(' ')[16]));

  it('goes before the processes that wait for it, with all its threads', async () => {
    const agent = await startAgent(node);
    await resultOf(node, 'ADD', call());
    expect(new Set(niceness(agent.pid))).toEqual(new Set([-7]));
    await agent.stop();
  });

  it.each([
    ['keeps the precedence that it was given', ['nice', '-n', '3'], 3],
    ['does without where it may take none', ['setpriv', '--inh-caps=-all', '--bounding-set=-sys_nice'], 0],
  ])('%s', async (_, via, expected) => {
    const agent = await startAgent(node, undefined, { via });
    await resultOf(node, 'ADD', call());
    expect(new Set(niceness(agent.pid))).toEqual(new Set([expected]));
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
  });

  it('takes over from one that was killed', async () => {
    await (await startAgent(node)).end();
    const agent = await startAgent(node);
    await resultOf(node, 'STATUS', call());
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
  });

  it('does not listen any more once it has ended', async () => {
    await (await startAgent(node)).stop();
    expect(await resultOf(node, 'ADD', call())).toMatchObject({ interfaces: [{ name: 'eth0' }] });
  });

  it('collects what pods have left behind, on a timer', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');
    const agent = await startAgent(node, ['--gc-every', '200ms']);

    await eventually('that the ENI is free', async () => (await show(node, node.eni(0))).state === 'free');
    expect((await node.kernelState()).home).toEqual(before.home);
    const { code, lines } = await agent.stop();
    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'reclaimed', eni: node.eni(0).id }));
  });

  it('does not wait as long as the settings said before', async () => {
    const write = (gcEvery: number): void => node.writeSettings({ ...inventory(node.enis), agent: { gcEvery } });
    write(3_600_000);
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');
    const agent = await startAgent(node, []);
    write(1_000);
    agent.kill('SIGHUP');

    await eventually('that the ENI is free', async () => (await show(node, node.eni(0))).state === 'free');
    expect(await agent.stop()).toMatchObject({ code: 0 });
  });

  it('hears of settings that were changed, by itself', async () => {
    const agent = await startAgent(node);
    await resultOf(node, 'STATUS', call());
    node.writeSettings({ provider: 'static', static: { enis: [] } });
    expect(await callPlugin(node, 'STATUS', call())).toMatchObject({ json: { code: 50 } });
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 2 });
  });

  it('refuses wrong settings on SIGHUP, says why, and goes on', async () => {
    const agent = await startAgent(node, ['--gc-every', '1h']);
    node.writeSettings('{"agent":{"gcEvery":5}}');
    agent.kill('SIGHUP');
    await eventually('that it goes on', async () => (await callPlugin(node, 'VERSION')).code === 0);
    node.writeSettings({ ...inventory(node.enis), agent: { gcEvery: 5_000 } });
    agent.kill('SIGHUP');
    await resultOf(node, 'STATUS', call());

    const { code, lines } = await agent.stop();
    expect(code).toBe(0);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: expect.stringMatching(/agent\.gcEvery 5 is neither 0 nor between.*goes on with what it had read/),
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ message: 'the settings were read anew', gcEvery: 5_000 }));
  });

  it('goes on with its settings when their file has gone, until there is one again', async () => {
    const agent = await startAgent(node, ['--gc-every', '1h']);
    const settings = readFileSync(node.configFile);
    rmSync(node.configFile);
    agent.kill('SIGHUP');
    const gone = 'The file of the settings has gone. The agent goes on with what it had read before.';
    await eventually('that it says so', () => agent.said().includes(gone));
    writeFileSync(node.configFile, settings);
    agent.kill('SIGHUP');
    await eventually('that it reads them', () => agent.said().includes('the settings were read anew'));
    expect((await agent.stop()).lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ message: gone, hint: expect.stringContaining('put it back') }),
    ]);
  });

  it('has the defaults, and says nothing, where there never was a file', async () => {
    rmSync(node.configFile);
    const agent = await startAgent(node, ['--gc-every', '1h']);
    agent.kill('SIGHUP');
    await eventually('that it reads them', () => agent.said().includes('the settings were read anew'));
    expect((await agent.stop()).lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('logs as much as the settings say, also when they change', async () => {
    const write = (logLevel: string): void => node.writeSettings({ ...inventory(node.enis), agent: { logLevel } });
    write('warn');
    const agent = await startAgent(node, undefined, { logLevel: null });
    await resultOf(node, 'STATUS', call());
    write('debug');
    agent.kill('SIGHUP');
    await resultOf(node, 'STATUS', call());
    const { lines } = await agent.stop();
    expect(lines.slice(0, 2)).toMatchObject([
      { level: 'info', message: 'the settings were read anew', logLevel: 'debug' },
      { level: 'debug', message: 'STATUS done' },
    ]);
  });

  it('logs as much as the command line says, whatever the settings say', async () => {
    node.writeSettings({ ...inventory(node.enis), agent: { logLevel: 'debug' } });
    const agent = await startAgent(node, undefined, { logLevel: 'error' });
    await resultOf(node, 'STATUS', call());
    expect((await agent.stop()).lines).toEqual([]);
  });

  it('ends when it is told to, though a program that it has asked for a token does not', async () => {
    const pids = join(node.dir, 'pids');
    const args = ['-c', `echo $$ >> ${pids}; exec sleep 1000`];
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args, interactiveMode: 'Never' };
    const kubeconfig = join(node.dir, 'kubeconfig');
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
      clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'a', user: { exec } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    node.writeSettings({ provider: 'kubernetes', kubernetes: { kubeconfig, nodeName: 'node-1' } });
    const agent = await startAgent(node, ['--gc-every', '0', '--sync-every', '0']);
    await eventually('that the program was asked', () => existsSync(pids) && readFileSync(pids, 'utf8').includes('\n'));

    const { code, lines } = await agent.stop();
    // The agent may have ended them itself.
    await run('kill', ['-KILL', ...readFileSync(pids, 'utf8').trim().split('\n')]);
    expect([code, lines.at(-1)?.message]).toEqual([0, 'stopped']);
  });

  it('refuses a level that there is not', async () => {
    node.writeSettings({ ...inventory(node.enis), agent: { logLevel: 'loud' } });
    expectRefusal(await node.enim(['agent']), { code: 2, says: ['agent.logLevel "loud" is no level', '"debug"'] });
  });

  describe('is not asked', () => {
    let server: Server | undefined;
    afterEach(() => server?.stop());

    it('to do more than once by a plugin of another build, which says so once', async () => {
      await must('mkdir', ['-p', '-m', '700', node.runDir]);
      const begun: unknown[] = [];
      server = await listen(join(node.runDir, 'agent.sock'), {
        ...{ pid: 4711, version: '9.9.9', build: 'another' },
        judge: () => 'build',
        perform: async (request) => {
          begun.push(request);
          return { stdout: '', stderr: '', exitCode: 0 };
        },
      });
      const first = await callPlugin(node, 'ADD', call());
      const second = await callPlugin(node, 'ADD', call());

      expect([first.code, second.code, first.stdout === second.stdout]).toEqual([0, 0, true]);
      expect(JSON.parse(first.stderr)).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('the agent (pid 4711) is another build of enim'),
        agent: '9.9.9 another',
      });
      expect(second.stderr).toBe('');
      expect(begun).toEqual([]);
    });

    it('by a plugin that is at home in another netns', async () => {
      const agent = await startAgent(node);
      const elsewhere = ['nsenter', `--net=/run/netns/${node.fabric}`];
      const result = await node.start([...elsewhere, EXECUTABLE], {
        env: { CNI_COMMAND: 'STATUS' },
        input: JSON.stringify({ cniVersion: '1.1.0', name: 'eninet', type: 'enim' }),
      }).result;
      expect(result).toMatchObject({ code: 1, json: { code: 50 } });
      expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 0 });
    });

    it('by another user, even where the modes would let him', async () => {
      const agent = await startAgent(node);
      await must('chmod', ['-R', 'a+rX', node.dir]);
      await must('chmod', ['666', join(node.runDir, 'agent.sock')]);
      const result = await expectUnchanged(
        node,
        () =>
          node.start([EXECUTABLE], {
            via: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
            env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1', CNI_NETNS: pod.path, CNI_IFNAME: 'eth0' },
            input: JSON.stringify({ cniVersion: '1.1.0', name: 'eninet', type: 'enim' }),
          }).result,
      );
      expect(result).toMatchObject({ code: 1 });
      expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 0 });
    });
  });

  it('gives no ENI twice: 32 ADDs at once for 8 ENIs', async () => {
    await node.destroy();
    node = await createNode({ enis: 8 });
    const pods = await Promise.all(Array.from({ length: 32 }, (_, index) => node.pod(`pod-${index}`)));
    const before = await node.kernelState();
    const agent = await startAgent(node);

    const results = await Promise.all(
      pods.map(({ name, path }) => callPlugin(node, 'ADD', { containerID: name, netns: path })),
    );
    const codes = results.map(({ code, json }) => (code === 0 ? 0 : (json as { code: number }).code)).sort();
    expect(codes).toEqual([...Array(8).fill(0), ...Array(24).fill(103)]);
    const macs = await Promise.all(pods.map(async (each) => (await each.link('eth0'))?.address));
    expect(new Set(macs.filter((mac) => mac !== undefined))).toEqual(new Set(node.enis.map(({ mac }) => mac)));
    expect(macs.filter((mac) => mac !== undefined)).toHaveLength(8);

    const ends = await Promise.all(
      pods.map(({ name, path }) => callPlugin(node, 'DEL', { containerID: name, netns: path })),
    );
    expect(ends.map(({ code }) => code)).toEqual(Array(32).fill(0));
    expect(await node.kernelState()).toEqual(before);
    expect((await list(node)).map(({ state }) => state)).toEqual(Array(8).fill('free'));
    expect(await agent.stop()).toMatchObject({ code: 0 });
  });
});

/** What differs from call to call although nothing else does. */
function withoutTime(text: string): string {
  return text.replace(/"time":"[^"]*"/g, '"time":""').replace(/"milliseconds":\d+/g, '"milliseconds":0');
}
