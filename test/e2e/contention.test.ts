import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { type AddAnswer, add, answer } from '../fabric/answers.js';
import { errorOf, resultOf } from '../fabric/cni.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('many processes at once', () => {
  let node: Node;

  afterEach(() => node.destroy());

  it('64 adds for 48 ENIs: 48 get one each, 16 end with 3; 48 dels bring all home as they were', async () => {
    node = await createNode({ enis: 48 });
    const pods = await Promise.all(Array.from({ length: 64 }, (_, index) => node.pod(`pod-${index}`)));
    await node.ip(
      ...node.enis.flatMap(({ ifname }, index) => [
        `link set dev ${ifname} mtu ${1400 + index}`,
        ...(index % 3 === 0 ? [`link set dev ${ifname} alias card-${index}`] : []),
        ...(index % 2 === 0 ? [`link set dev ${ifname} up`] : []),
      ]),
    );
    const before = await node.kernelState();

    const adds = await Promise.all(
      pods.map(async (pod, index) => {
        const args = ['add', `default/pod-${index}`, '--netns', pod.path, '--container-id', pod.name, '--json'];
        return { pod, owner: `default/pod-${index}`, result: await node.enim(args, { timeout: 90_000 }) };
      }),
    );
    const codes = adds.map(({ result: { code } }) => code);
    expect([codes.filter((code) => code === 0).length, codes.filter((code) => code === 3).length]).toEqual([48, 16]);

    const winners = adds.filter(({ result: { code } }) => code === 0);
    expect(new Set(winners.map(({ result }) => answer<AddAnswer>(result).eni.id)).size).toBe(48);
    for (const { pod, result } of winners) {
      expect(await pod.link('eth0')).toMatchObject({ address: answer<AddAnswer>(result).mac });
    }
    expect(Object.keys(node.state()?.attachments ?? {})).toHaveLength(48);

    const dels = await Promise.all(
      winners.map(({ owner, pod }) =>
        node.enim(['del', owner, '--container-id', pod.name, '--json'], { timeout: 90_000 }),
      ),
    );
    expect(dels.filter(({ code }) => code !== 0)).toEqual([]);
    expect(await node.kernelState()).toEqual(before);
    expect(node.state()?.attachments).toEqual({});
    expect(Object.values(node.state()?.allocations ?? {}).filter(({ holder }) => holder !== null)).toEqual([]);
  }, 240_000);

  it('eight adds of one container give it one ENI, and all the same answer', async () => {
    node = await createNode();
    const pod = await node.pod('web-0');

    const answers = await Promise.all(Array.from({ length: 8 }, () => add(node, 'default/web-0', pod)));
    for (const each of answers) expect(each).toEqual(answers[0]);
    expect(Object.keys(node.state()?.attachments ?? {})).toHaveLength(1);
  });

  it('eight dels of one container all succeed', async () => {
    node = await createNode();
    const pod = await node.pod('web-0');
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);

    const dels = await Promise.all(
      Array.from({ length: 8 }, () => node.enim(['del', 'default/web-0', '--container-id', 'web-0'])),
    );
    expect(dels.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 0));
    expect(await node.kernelState()).toEqual(before);
  });

  it('leave no lock files behind of containers that are over, also of those that got nothing, or were collected', async () => {
    node = await createNode({ enis: 1 });
    const pod = await node.pod('web-0');
    const dying = await node.pod('web-1');
    const ofContainers = (): string[] => readdirSync(node.runDir).filter((name) => name.startsWith('attachment'));

    await resultOf(node, 'ADD', { netns: pod.path });
    expect(ofContainers()).toEqual([]);
    await errorOf(node, 'ADD', { containerID: 'c2', netns: dying.path });
    await resultOf(node, 'DEL', { containerID: 'c2', netns: dying.path });
    expect(ofContainers()).toEqual([]);
    await resultOf(node, 'DEL', { netns: pod.path });

    await resultOf(node, 'ADD', { containerID: 'c3', netns: dying.path });
    await dying.destroy();
    answer(await node.enim(['gc', '--grace', '0', '--json']));
    await resultOf(node, 'DEL', { containerID: 'c3' });
    expect([node.state()?.attachments, ofContainers()]).toEqual([{}, []]);
  });

  it('an add and a del of one container at once end in one of both states', async () => {
    node = await createNode();
    const pod = await node.pod('web-0');
    const before = await node.kernelState();
    for (let round = 0; round < 5; round += 1) {
      const [added, deleted] = await Promise.all([
        node.enim(['add', 'default/web-0', '--netns', pod.path, '--container-id', 'c1']),
        node.enim(['del', 'default/web-0', '--container-id', 'c1']),
      ]);
      expect([added.code, deleted.code]).toEqual([0, 0]);

      const attached = (await pod.link('eth0')) !== undefined;
      expect(Object.keys(node.state()?.attachments ?? {})).toHaveLength(attached ? 1 : 0);
      answer(await node.enim(['del', 'default/web-0', '--container-id', 'c1', '--json']));
      expect(await node.kernelState()).toEqual(before);
    }
  });

  it('a lock that somebody holds for long ends the wait with 5, and nothing has changed (containernetworking/plugins#561)', async () => {
    node = await createNode({ settings: (enis) => ({ ...inventory(enis), lockWait: 1_000 }) });
    const pod = await node.pod('web-0');
    await add(node, 'default/web-0', pod);
    answer(await node.enim(['del', 'default/web-0', '--json']));
    const locks = readdirSync(node.runDir).map((name) => join(node.runDir, name));
    expect(locks).not.toEqual([]);
    const marker = join(node.dir, 'held');
    const script = 'for f; do exec {fd}<>"$f"; flock -x "$fd" || exit 9; done; touch "$0"; exec sleep 60';
    const holder = node.start(['bash', '-c', script, marker, ...locks]);
    await eventually(
      'that all locks are held',
      async () => (await node.start(['test', '-e', marker]).result).code === 0,
    );

    const result = await expectUnchanged(node, () =>
      node.enim(['add', 'default/web-0', '--netns', pod.path, '--container-id', 'web-0']),
    );
    expectRefusal(result, { code: 5 });

    holder.kill('SIGKILL');
    await holder.result;
    await add(node, 'default/web-0', pod);
  });
});
