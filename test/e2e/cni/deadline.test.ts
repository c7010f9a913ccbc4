import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { list } from '../../fabric/answers.js';
import { type CniCall, errorOf, resultOf, startCall } from '../../fabric/cni.js';
import { run } from '../../fabric/exec.js';
import type { RunningEnim } from '../../fabric/executable.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('the CNI plugin and the runtime’s deadline', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const call = (more: CniCall = {}): CniCall => ({ netns: pod.path, ...more });

  /** Somebody who has the state's lock, and keeps it. */
  const holdState = async (): Promise<RunningEnim> => {
    await node.enim(['list']);
    const file = join(node.runDir, 'state.lock');
    const holder = node.start([
      'sh',
      '-c',
      `mkdir -p ${node.runDir}; exec flock -x -o ${file} sh -c 'echo held > ${node.dir}/held; exec sleep 60'`,
    ]);
    await eventually('the lock was taken', async () => (readHeld(node) ? true : undefined));
    return holder;
  };

  it('answers code 11 when a lock is not free in time, and names its holder (containernetworking/plugins#561)', async () => {
    const holder = await holdState();
    const started = Date.now();
    const { code, msg } = await errorOf(node, 'ADD', call({ network: { lockWait: 300 } }));
    expect([code, msg]).toEqual([11, expect.stringContaining('The lock of state was not free within 0.3 s')]);
    expect(Date.now() - started).toBeLessThan(5_000);
    await endGroup(holder);
    await resultOf(node, 'ADD', call());
  });

  it('leaves nobody waiting for a lock when it is killed', async () => {
    const holder = await holdState();
    const waiting = startCall(node, 'ADD', call({ network: { lockWait: 20_000 } }));
    await eventually('the plugin waited', async () => ((await waiters(node)).includes('flock') ? true : undefined));
    waiting.kill('SIGKILL');
    await waiting.result;
    await eventually('the waiter went', async () => ((await waiters(node)).includes('flock') ? undefined : true));
    await endGroup(holder);
    await resultOf(node, 'DEL', call());
    await resultOf(node, 'ADD', call());
  });

  it('killed at any moment holds its standard output no longer than its last command takes, and a DEL brings all home', async () => {
    for (const verb of ['ADD', 'DEL'] as const) {
      for (const delay of [5, 10, 15, 20, 25, 30, 35, 40, 50, 60]) {
        if (verb === 'DEL') await resultOf(node, 'ADD', call());
        const running = startCall(node, verb, call());
        await sleep(delay);
        const killed = Date.now();
        running.kill('SIGKILL');
        await running.result;
        expect(Date.now() - killed).toBeLessThan(2_000);
        await resultOf(node, 'DEL', call({ netns: delay % 2 === 0 ? pod.path : '' }));
        expect(await list(node)).toMatchObject([{ state: 'free', link: { name: node.eni(0).ifname, netns: null } }]);
      }
    }
    expect(node.state()?.attachments ?? {}).toEqual({});
  });
});

/** Names of the programs that wait in the kernel's queue for the state's lock. */
async function waiters(node: Node): Promise<string[]> {
  const { ino } = statSync(join(node.runDir, 'state.lock'));
  const lines = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes('->') && line.includes(`:${ino} `));
  return lines.map((line) => {
    const pid = /WRITE\s+(\d+)/.exec(line)?.[1] ?? '';
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    } catch {
      return '';
    }
  });
}

function readHeld(node: Node): boolean {
  try {
    return readFileSync(join(node.dir, 'held'), 'utf8') === 'held\n';
  } catch {
    return false;
  }
}

/** The shell has become `flock`, whose child sleeps; the lock is that of both. */
async function endGroup(holder: RunningEnim): Promise<void> {
  await run('pkill', ['-KILL', '-P', String(holder.pid)]);
  holder.kill('SIGKILL');
  await holder.result;
}
