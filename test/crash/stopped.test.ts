import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { RunningEnim } from '../fabric/executable.js';
import { expectRefusal } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { succeed } from './bed.js';
import { addTo, DEL } from './operations.js';

describeEndToEnd('a process that is stopped while it holds a lock', () => {
  let node: Node;
  let pod: Pod;
  let holder: RunningEnim;

  beforeEach(async () => {
    node = await createNode({ enis: 1, settings: (enis) => ({ ...inventory(enis), lockWait: 500 }) });
    pod = await node.pod('web-0');
    holder = await stopWithLock();
  });

  afterEach(() => node.destroy());

  /** Starts an add and stops it while it holds the lock of its attachment, which is recorded; again where it was quicker. */
  const stopWithLock = async (): Promise<RunningEnim> => {
    for (;;) {
      const running = node.startEnim(addTo(pod));
      await eventually('that the add has its lock and its record', () => isWorking(running.pid), { interval: 1 });
      running.kill('SIGSTOP');
      if (isWorking(running.pid)) return running;
      running.kill('SIGCONT');
      await running.result;
      await succeed(node, DEL);
    }
  };

  const isWorking = (pid: number): boolean =>
    Object.values(node.state()?.attachments ?? {}).some(({ phase }) => phase === 'attaching') &&
    readdirSync(node.runDir)
      .filter((name) => name.startsWith('attachment'))
      .some((name) => readFileSync(join(node.runDir, name), 'utf8').includes(`pid ${pid} `));

  it.each([
    ['del', () => DEL],
    ['add', () => addTo(pod)],
  ])('lets %s wait no longer than it may, is named, and nothing has changed', async (_, command) => {
    const started = performance.now();
    // What the stopped process has asked the kernel for may still be under way.
    const files = node.filesState();
    const result = await node.enim(command());
    expect(node.filesState()).toEqual(files);
    expect(performance.now() - started).toBeLessThan(10_000);
    expectRefusal(result, {
      code: 5,
      says: [`pid ${holder.pid} (enim add default/web-0)`],
      mentions: ['end it by its PID'],
    });
  });

  it('goes on where it was once it is continued', async () => {
    holder.kill('SIGCONT');
    expect(await holder.result).toMatchObject({ code: 0 });
    expect(await pod.link('eth0')).toBeDefined();
    await succeed(node, DEL);
    expect(await node.link('eni0')).toBeDefined();
  });

  it('leaves nothing behind when it is killed, as its hint says', async () => {
    holder.kill('SIGKILL');
    await holder.result;
    await succeed(node, DEL);
    expect(await pod.link('eth0')).toBeUndefined();
    expect(await node.link('eni0')).toBeDefined();
    expect(node.state()?.attachments ?? {}).toEqual({});
  });
});
