/** What becomes of calls when the agent, or the client, is stopped or ends in the middle. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Agent, startAgent } from '../../fabric/agent.js';
import { list, show } from '../../fabric/answers.js';
import { type CniCall, callPlugin, resultOf, startCall } from '../../fabric/cni.js';
import { holdLock } from '../../fabric/locks.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('an agent that', () => {
  let node: Node;
  let pod: Pod;
  let agent: Agent;
  let before: unknown;
  let lock: { release(): Promise<void> } | undefined;

  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('web-0');
    before = await node.kernelState();
    // The ENI had a pod before, so that its lock is there.
    await resultOf(node, 'ADD', call());
    await resultOf(node, 'DEL', call());
    agent = await startAgent(node);
  });

  afterEach(async () => {
    agent.kill('SIGCONT');
    await lock?.release();
    lock = undefined;
    await node.destroy();
  });

  const call = (more: CniCall = {}): CniCall => ({ netns: pod.path, ...more });

  /** A call in whose middle the agent is: it waits for the ENI. */
  const inTheMiddle = async (command: 'ADD' | 'DEL', more: CniCall = {}) => {
    lock = await holdLock(node, node.eni(0));
    const running = startCall(node, command, call(more));
    await eventually('that the agent is at work', () => holds(agent.pid, 'attachment'));
    return running;
  };

  const holds = (pid: number, name: string): boolean => {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).includes(`/run/${name}`);
      } catch {
        return false;
      }
    });
  };

  const release = async (): Promise<void> => {
    await lock?.release();
    lock = undefined;
  };

  const isHome = async (): Promise<void> => {
    await eventually('that the ENI is free', async () => (await show(node, node.eni(0))).state === 'free');
    expect(await node.kernelState()).toEqual(before);
  };

  it('is stopped is not waited for: the plugin does the work itself within a second more', async () => {
    agent.kill('SIGSTOP');
    const started = performance.now();
    expect(await callPlugin(node, 'ADD', call())).toMatchObject({ code: 0 });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await callPlugin(node, 'DEL', call())).toMatchObject({ code: 0 });
    agent.kill('SIGCONT');
    // What it finds of the two when it goes on it must not do.
    await resultOf(node, 'ADD', call());
    expect((await agent.stop()).lines.at(-1)).toMatchObject({ calls: 1 });
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used' });
  });

  it('is stopped in the middle keeps its locks: code 11; when it goes on it undoes what it did', async () => {
    const running = await inTheMiddle('ADD', { network: { lockWait: 500 } });
    agent.kill('SIGSTOP');
    expect(await running.result).toMatchObject({
      code: 1,
      json: { code: 11, msg: expect.stringContaining(`pid ${agent.pid} (enim cni ADD default/web-0)`) },
    });
    await release();
    agent.kill('SIGCONT');
    await isHome();
    expect(await callPlugin(node, 'ADD', call())).toMatchObject({ code: 0 });
    await agent.stop();
  });

  it.each(['ADD', 'DEL'] as const)('is killed in the middle of an %s: the plugin finishes it', async (command) => {
    if (command === 'DEL') await resultOf(node, 'ADD', call());
    const running = await inTheMiddle(command);
    await agent.end();
    await release();
    expect(await running.result).toMatchObject({ code: 0 });
    expect((await pod.link('eth0')) !== undefined).toBe(command === 'ADD');
    await resultOf(node, 'DEL', call());
    await isHome();
  });

  it('loses its client in the middle of an ADD undoes it', async () => {
    const running = await inTheMiddle('ADD');
    running.kill('SIGKILL');
    await running.result;
    await release();
    await isHome();
    expect((await agent.stop()).lines).toContainEqual(expect.objectContaining({ message: 'ADD abandoned' }));
    expect(node.state()?.attachments).toEqual({});
  });

  it('loses its client in the middle of a DEL goes on', async () => {
    await resultOf(node, 'ADD', call());
    const running = await inTheMiddle('DEL');
    running.kill('SIGKILL');
    await running.result;
    await release();
    await isHome();
    await agent.stop();
  });

  it('is told to end finishes what is under way', async () => {
    const running = await inTheMiddle('ADD');
    const stopped = agent.stop();
    await sleep(100);
    await release();
    expect(await running.result).toMatchObject({ code: 0 });
    const { code, lines } = await stopped;
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ message: 'stopped', unfinished: 0 });
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used' });
  });

  it('is told to end while its gc waits for a lock takes no more calls at once, and keeps to its grace', async () => {
    await agent.stop();
    await resultOf(node, 'ADD', call());
    await node.simulateCardReturn(pod, 'eth0');
    lock = await holdLock(node, node.eni(0));
    agent = await startAgent(node, ['--gc-every', '200ms', '--grace', '300ms']);
    await eventually('that gc is at work', () => holds(agent.pid, 'attachment'));
    const told = performance.now();
    const { code, lines } = await agent.stop();
    expect([code, lines.at(-1)]).toMatchObject([0, { message: 'stopped', unfinished: 1 }]);
    expect(performance.now() - told).toBeLessThan(2_000);
    await release();
    await resultOf(node, 'DEL', call());
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
    expect(await node.kernelState()).toMatchObject({ home: (before as { readonly home: unknown }).home });
  });

  it('is told to end, and cannot finish within its grace, leaves it to the plugin', async () => {
    await agent.stop();
    agent = await startAgent(node, ['--gc-every', '0', '--grace', '200ms']);
    const running = await inTheMiddle('ADD');
    const { code, lines } = await agent.stop();
    expect([code, lines.at(-1)]).toMatchObject([0, { message: 'stopped', unfinished: 1 }]);
    await release();
    expect(await running.result).toMatchObject({ code: 0 });
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used' });
  });
});

/** Pods, each of which comes and goes so many times; ENIM_AGENT_ROUNDS for a night. */
const ROUNDS = Number(process.env.ENIM_AGENT_ROUNDS ?? 4);

describeEndToEnd('an agent that is killed and started again every 200 ms', () => {
  let node: Node;
  beforeEach(async () => {
    node = await createNode({ enis: 4 });
  });
  afterEach(() => node.destroy());

  it('leaves every pod with its NIC or a clean error, and in the end every NIC home', async () => {
    const pods = await Promise.all(Array.from({ length: 4 }, (_, index) => node.pod(`web-${index}`)));
    const before = await node.kernelState();
    let isOver = false;
    let killed = 0;
    const killing = (async () => {
      while (!isOver) {
        const agent = await startAgent(node);
        await sleep(200);
        await agent.end();
        killed += 1;
      }
    })();

    const failures: unknown[] = [];
    await Promise.all(
      pods.map(async ({ name, path, link }) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const call = { containerID: `${name}-${round}`, netns: path };
          const added = await callPlugin(node, 'ADD', call);
          if (added.code === 0) expect(await link('eth0')).toBeDefined();
          else failures.push(added.json);
          expect(await callPlugin(node, 'DEL', call)).toMatchObject({ code: 0 });
          expect(await link('eth0')).toBeUndefined();
        }
      }),
    );
    isOver = true;
    await killing;

    expect(killed).toBeGreaterThan(1);
    // Another's DEL may not have ended when an ADD looks for a free one.
    for (const failure of failures) expect([11, 103]).toContain((failure as { code: number }).code);
    expect((await list(node)).map(({ state }) => state)).toEqual(Array(4).fill('free'));
    expect(await node.kernelState()).toEqual(before);
  });
});
