import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Agent, startAgent } from '../../fabric/agent.js';
import { callPlugin, resultOf } from '../../fabric/cni.js';
import { expectRefusal } from '../../fabric/expectations.js';
import { fetchPage } from '../../fabric/http.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('the agent over HTTP', () => {
  let node: Node;
  let pod: Pod;
  let agent: Agent | undefined;

  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('web-0');
  });

  afterEach(async () => {
    agent = undefined;
    await node.destroy();
  });

  it('tells Prometheus what it did, and what the node looks like', async () => {
    agent = await startAgent(node);
    await resultOf(node, 'ADD', { netns: pod.path });
    await callPlugin(node, 'ADD', { netns: '/run/netns/nobody', containerID: 'c2' });

    const { status, text } = await fetchPage(node, '/metrics');

    expect(status).toBe(200);
    for (const sample of [
      'enim_operation_duration_seconds_count{verb="ADD",outcome="done"} 1',
      'enim_operation_failures_total{verb="ADD",code="104"} 1',
      'enim_lock_wait_seconds_count{kind="attachment"} ',
      `enim_eni_state{eni="${node.eni(0).id}",state="used"} 1`,
      `enim_nic_receive_bytes_total{eni="${node.eni(0).id}"} `,
      'enim_locks_held{kind="agent"} 1',
    ])
      expect(text).toContain(`\n${sample}`);
  });

  it('counts its rounds of gc, and says when the last one ended', async () => {
    agent = await startAgent(node, ['--gc-every', '100ms']);
    const before = Date.now() / 1_000;
    let last = 0;
    while (last < before)
      last = Number(/^enim_agent_last_gc_timestamp_seconds (.*)$/m.exec((await fetchPage(node, '/metrics')).text)?.[1]);
    expect((await fetchPage(node, '/metrics')).text).toMatch(
      /^enim_operation_duration_seconds_count\{verb="gc",.*\} [1-9]/m,
    );
  });

  it('lives and is ready; with wrong settings it lives and is not', async () => {
    agent = await startAgent(node);
    expect(await fetchPage(node, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await fetchPage(node, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    await agent.end();

    agent = await startAgent(node);
    node.writeSettings('{');
    expect(await fetchPage(node, '/readyz')).toEqual({
      status: 503,
      text: expect.stringMatching(/^settings: The settings /),
    });
    expect((await fetchPage(node, '/healthz')).status).toBe(200);
    expect((await fetchPage(node, '/metrics')).text).toContain('\nenim_look_success{look="enis"} 0\n');
  });

  it('ends although somebody keeps a connection', async () => {
    agent = await startAgent(node);
    const keeper = node.start(['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/9810; printf "GET" >&3; cat <&3']);
    await fetchPage(node, '/healthz');
    expect((await agent.stop()).code).toBe(0);
    expect((await keeper.result).signal).toBeNull();
  });

  it('goes on without metrics where somebody else has the port', async () => {
    const first = await startAgent(node);
    const other = { ENIM_RUN_DIR: join(node.dir, 'run-2'), ENIM_STATE_DIR: join(node.dir, 'state-2') };
    const second = node.startEnim(['agent', '--gc-every', '0'], { env: other });
    await eventually('that it listens', () => existsSync(join(other.ENIM_RUN_DIR, 'agent.sock')));

    await resultOf(node, 'ADD', { netns: pod.path, env: other });
    second.kill('SIGTERM');

    const { code, stderr } = await second.result;
    expect(code).toBe(0);
    expect(stderr).toContain('Somebody else listens on 127.0.0.1:9810. The agent goes on without metrics.');
    expect(stderr).toMatch(/"message":"stopped","calls":1/);
    await first.end();
  });

  it('listens nowhere if told so', async () => {
    agent = await startAgent(node, ['--gc-every', '0', '--listen', 'off']);
    await expect(fetchPage(node, '/healthz')).rejects.toThrow(/refused/);
    await resultOf(node, 'ADD', { netns: pod.path });
  });

  it('listens for other hosts only if told twice', async () => {
    expectRefusal(await node.enim(['agent', '--listen', '0.0.0.0:9810']), {
      code: 6,
      says: ['--listen is "0.0.0.0:9810", which other hosts can reach.'],
      mentions: ['--expose'],
    });
  });
});
