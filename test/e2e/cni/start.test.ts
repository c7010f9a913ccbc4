import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { resultOf, startCall } from '../../fabric/cni.js';
import { holdLockOf } from '../../fabric/locks.js';
import { createNode, type Node } from '../../fabric/node.js';
import type { Pod } from '../../fabric/pod.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd } from '../../fabric/requirements.js';

describeEndToEnd('a call of the CNI plugin while another one loads', () => {
  let node: Node;
  let pod: Pod;
  beforeEach(async () => {
    node = await createNode({ enis: 2 });
    pod = await node.pod('web-0');
    mkdirSync(node.runDir, { recursive: true });
  });
  afterEach(() => node.destroy());

  /** Files in the run directory that a process has open, and the directory itself. */
  const openOf = (pid: number): string[] =>
    readdirSync(`/proc/${pid}/fd`)
      .map((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
          return '';
        }
      })
      .filter((path) => path.startsWith(node.runDir));

  it('waits for its turn, and has touched nothing until then', async () => {
    const other = await holdLockOf(node, node.runDir);
    const call = startCall(node, 'ADD', { netns: pod.path });
    await eventually('that it waits', () => openOf(call.pid).includes(node.runDir));
    // It would have taken its first lock by now.
    await sleep(100);
    expect(openOf(call.pid)).toEqual([node.runDir]);
    expect(readdirSync(node.runDir)).toEqual([]);
    await other.release();
    expect(await call.result).toMatchObject({ code: 0 });
  });

  it('goes on where that one hangs: it is a matter of order alone', async () => {
    const other = await holdLockOf(node, node.runDir);
    await resultOf(node, 'ADD', { netns: pod.path });
    await resultOf(node, 'DEL', { netns: pod.path });
    await other.release();
  });

  it('has no turn to wait for once it works, and where only the version is asked for', async () => {
    const running = await holdLockOf(node, node.runDir);
    expect(await startCall(node, 'VERSION').result).toMatchObject({ code: 0 });
    await running.release();
    await resultOf(node, 'ADD', { netns: pod.path });
    const state = await holdLockOf(node, `${node.runDir}/state.lock`);
    const first = startCall(node, 'DEL', { netns: pod.path });
    await eventually(
      'that the first is at work',
      () => openOf(first.pid).length > 0 && !openOf(first.pid).includes(node.runDir),
    );
    const second = startCall(node, 'ADD', { netns: pod.path, containerID: 'c2', ifname: 'net1' });
    await eventually(
      'that the second is, too',
      () => openOf(second.pid).length > 0 && !openOf(second.pid).includes(node.runDir),
    );
    await state.release();
    expect((await first.result).code).toBe(0);
    expect((await second.result).code).toBe(0);
  });
});
