import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, gc, list } from '../fabric/answers.js';
import { callPlugin, errorOf, resultOf } from '../fabric/cni.js';
import type { RunningEnim } from '../fabric/executable.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

interface CordonAnswer {
  readonly cordon: { readonly since: string; readonly reason: string | null };
}

describeEndToEnd('enim cordon', () => {
  let node: Node;
  let pod: Pod;

  afterEach(() => node.destroy());

  const cordon = async (...extra: string[]): Promise<CordonAnswer['cordon']> =>
    answer<CordonAnswer>(await node.enim(['cordon', ...extra, '--json'])).cordon;

  describe('on a node with a pod', () => {
    beforeEach(async () => {
      node = await createNode();
      pod = await node.pod('web-0');
    });

    it('has add refused with exit 3 by the reason, and a CNI ADD and STATUS as well, with nothing changed', async () => {
      const { since } = await cordon('--reason', 'kernel upgrade');
      await expectUnchanged(node, async () => {
        expectRefusal(await node.enim(['add', 'default/web-0', '--netns', pod.path]), {
          code: 3,
          says: [since, 'kernel upgrade'],
          mentions: ['enim uncordon'],
        });
        const refused = { msg: expect.stringContaining('kernel upgrade'), details: 'Try: enim uncordon' };
        expect(await errorOf(node, 'ADD', { netns: pod.path })).toMatchObject({ code: 121, ...refused });
        expect(await errorOf(node, 'STATUS')).toMatchObject({ code: 50, ...refused });
      });
    });

    it('lets what has an ENI be: a repeated ADD answers the same, and del and gc go on', async () => {
      const before = await node.kernelState();
      const first = await resultOf(node, 'ADD', { netns: pod.path });
      const dead = await node.pod('dead');
      await add(node, 'default/dead', dead);
      await cordon();
      await node.simulateCardReturn(dead, 'eth0');

      expect(await resultOf(node, 'ADD', { netns: pod.path })).toEqual(first);
      expect((await callPlugin(node, 'CHECK', { netns: pod.path, network: { prevResult: first } })).code).toBe(0);
      await gc(node);
      await resultOf(node, 'DEL', { netns: pod.path });
      expect((await node.kernelState()).home).toEqual(before.home);
    });

    it('is seen by list and doctor, and taken back by uncordon; each may be repeated', async () => {
      const first = await cordon('--reason', 'kernel upgrade');
      expect(await cordon()).toEqual(first);
      expect(answer<CordonAnswer>(await node.enim(['list', '--json'])).cordon).toEqual(first);
      expect((await node.enim(['list'])).stdout).toMatch(/^Cordoned \d+s ago \(kernel upgrade\).*enim uncordon$/m);
      expect((await node.enim(['doctor'])).stdout).toMatch(/cordoned since .* \(kernel upgrade\)/);

      expect(answer(await node.enim(['uncordon', '--json']))).toEqual({ former: first });
      expect(answer(await node.enim(['uncordon', '--json']))).toEqual({ former: null });
      expect(answer<CordonAnswer>(await node.enim(['list', '--json'])).cordon).toBeNull();
      await add(node, 'default/web-0', pod);
    });

    it('outlives the loss of the state, and damage to its own file', async () => {
      await cordon();
      node.writeState('garbage');
      const refused = { code: 3, mentions: ['enim uncordon'] };
      expectRefusal(await node.enim(['add', 'default/web-0', '--netns', pod.path]), refused);
      writeFileSync(join(node.stateDir, 'cordon.json'), '');
      expectRefusal(await node.enim(['add', 'default/web-0', '--netns', pod.path]), refused);
      expect((await node.enim(['uncordon'])).code).toBe(0);
      await add(node, 'default/web-0', pod);
    });

    it('looks at the locks of all pods that there ever were with few files open', async () => {
      mkdirSync(node.runDir, { recursive: true });
      for (let index = 0; index < 500; index += 1)
        writeFileSync(join(node.runDir, `attachment%20n%2fc${index}%2feth0.lock`), '');
      const via = ['prlimit', '--nofile=200'];
      expect(await node.enim(['cordon'], { via })).toMatchObject({ code: 0, stderr: '' });
    });

    it.each(['', ' ', 'two\nlines'])('refuses the reason %j', async (reason) => {
      await expectUnchanged(node, async () => {
        expectRefusal(await node.enim(['cordon', '--reason', reason]), { code: 2, says: [JSON.stringify(reason)] });
      });
    });
  });

  it('is a barrier: when it returns, each of the adds under way stands, or is refused', async () => {
    node = await createNode({ enis: 16 });
    const pods = await Promise.all(Array.from({ length: 16 }, (_, index) => node.pod(`web-${index}`)));
    const begin = (each: Pod): RunningEnim =>
      node.startEnim(['add', `default/${each.name}`, '--netns', each.path, '--container-id', each.name]);
    const early = pods.slice(0, 12).map(begin);
    await eventually('the first record', () => Object.keys(node.state()?.attachments ?? {}).length > 0);
    await cordon();
    const standing = Object.values(node.state()?.attachments ?? {});
    const late = await Promise.all(pods.slice(12).map((each) => begin(each).result));
    const results = await Promise.all(early.map(({ result }) => result));

    expect(standing.filter(({ phase }) => phase !== 'attached')).toEqual([]);
    const done = results.flatMap(({ code }, index) => (code === 0 ? [`web-${index}`] : []));
    expect(standing.map(({ containerID }) => containerID).sort()).toEqual(done.sort());
    expect(results.filter(({ code }) => code !== 0 && code !== 3)).toEqual([]);
    expect(late.map(({ code }) => code)).toEqual([3, 3, 3, 3]);
    const held = Object.values(node.state()?.allocations ?? {}).filter(({ holder }) => holder !== null);
    expect(held).toHaveLength(done.length);
    expect((await list(node)).filter(({ state }) => state === 'used')).toHaveLength(done.length);
  });
});
