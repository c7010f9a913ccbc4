import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type AddAnswer, add, answer, eniOf, type GcAnswer } from '../fabric/answers.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

const LAST_PID = '/proc/sys/kernel/ns_last_pid';

describeEndToEnd('a netns that was named by a PID', () => {
  let node: Node;
  let pod: Pod;
  let other: Pod;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
    other = await node.pod('web-1');
  });

  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await node.destroy();
  });

  /** Starts processes in the netns until one gets the number of a process that has ended. */
  const reuse = async (pid: number, where: Pod): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      writeFileSync(LAST_PID, String(pid - 1));
      const child = spawn('nsenter', [`--net=${where.path}`, 'sleep', '600'], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.pid === pid) {
        ends.push(() => child.kill('SIGKILL'));
        while (existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep'))
          await new Promise((resolve) => setTimeout(resolve, 5));
        return;
      }
      child.kill('SIGKILL');
      await ended;
    }
    throw new Error(`No process got the number ${pid}.`);
  };

  it('is not taken for that of another pod whose process has the number by now', async () => {
    const before = await node.kernelState();
    const holder = await pod.holdByProcess();
    const first = answer<AddAnswer>(
      await node.enim(['add', 'default/web-0', '--netns', String(holder.pid), '--container-id', 'c0', '--json']),
    );
    const second = eniOf(node, await add(node, 'default/web-1', other));
    await holder.release();
    await reuse(holder.pid, other);

    const { verdicts } = answer<GcAnswer>(await node.enim(['gc', '--grace', '0s', '--json']));

    expect(verdicts.find(({ eni }) => eni === second.id)).toMatchObject({ action: 'keep' });
    expect((await other.link('eth0'))?.address).toBe(second.mac);
    expect((await node.enim(['del', 'default/web-0', '--container-id', 'c0'])).code).toBe(0);
    expect((await other.link('eth0'))?.address).toBe(second.mac);
    expect(await pod.link('eth0')).toBeUndefined();
    expect(await node.link(node.enis.find(({ id }) => id === first.eni.id)?.ifname ?? '')).toBeDefined();
    await node.enim(['del', 'default/web-1']);
    expect(await node.kernelState()).toEqual(before);
  });
});
