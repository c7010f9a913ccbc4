import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, eniOf, type GcAnswer, gc, list, show, verdictOn } from '../fabric/answers.js';
import { expectKernelUnchanged, expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { createNetns, deleteNetns, holdByProcess, netnsPath, uniqueName } from '../fabric/netns.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('enim gc', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });

  afterEach(() => node.destroy());

  describe('kills nothing alive', () => {
    it('keeps the ENI of a pod whose netns is there, even without a process in it', async () => {
      await add(node, 'default/web-0', pod);

      const answered = await expectUnchanged(node, () => gc(node));
      expect(verdictOn(answered, node.eni(0))).toMatchObject({ action: 'keep', done: false });
    });

    it('keeps the ENI of a pod that has lost its path while a process lives in it', async () => {
      await add(node, 'default/web-0', pod);
      await pod.holdByProcess();
      await pod.unmount();

      const answered = await expectUnchanged(node, () => gc(node));
      expect(verdictOn(answered, node.eni(0))).toMatchObject({ action: 'keep', done: false });
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'used' });
    });

    it('keeps what is used while it reclaims what is dead', async () => {
      const dead = await node.pod('dead');
      await add(node, 'default/web-0', pod);
      const orphan = eniOf(node, await add(node, 'default/dead', dead));
      await node.simulateCardReturn(dead, 'eth0');

      const answered = await gc(node);
      expect(verdictOn(answered, node.eni(0))).toMatchObject({ action: 'keep', done: false });
      expect(verdictOn(answered, orphan)).toMatchObject({ action: 'reclaim', done: true });
      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
    });

    it('leaves adds and dels alone that are under way (kubernetes-sigs/dranet#232)', async () => {
      const pods = await Promise.all([0, 1, 2].map((index) => node.pod(`busy-${index}`)));
      const collector = node.startEnim(['gc', '--grace', '0s', '--every', '100ms']);

      await Promise.all(
        pods.map(async (each, index) => {
          for (let round = 0; round < 5; round += 1) {
            const { mac } = await add(node, `default/busy-${index}`, each, [], `c${index}-${round}`);
            expect(await each.link('eth0')).toMatchObject({ address: mac });
            answer(await node.enim(['del', `default/busy-${index}`, '--container-id', `c${index}-${round}`, '--json']));
          }
        }),
      );
      collector.kill('SIGTERM');

      expect(await collector.result).toMatchObject({ code: 0 });
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free', 'free']);
    });

    it('changes nothing where nothing was ever added', async () => {
      expect(await expectKernelUnchanged(node, () => gc(node))).toMatchObject({ dryRun: false });
    });
  });

  describe('reclaims', () => {
    it('the NIC of a pod whose netns is gone, and makes it what it was', async () => {
      await node.ip('link set dev eni0 alias uplink-two', 'link set dev eni0 mtu 1450', 'link set dev eni0 up');
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await pod.ip('link set dev eth0 mtu 1300');
      await node.simulateCardReturn(pod, 'eth0');
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'orphan', link: { name: 'eth0', netns: null } });

      const { action, reason, done } = verdictOn(await gc(node), node.eni(0));
      expect({ action, done }).toEqual({ action: 'reclaim', done: true });
      expect(reason).toContain(pod.path);
      expect((await node.kernelState()).home).toEqual(before.home);
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'free', attachment: null });
      expect(node.state()?.attachments).toEqual({});
    });

    it('two NICs of which the kernel could not give both the pod’s name (kube-ovn#3437)', async () => {
      const other = await node.pod('web-1');
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await add(node, 'default/web-1', other);
      await node.simulateCardReturn(pod, 'eth0');
      await node.simulateCardReturn(other, 'eth0');

      const answered = await gc(node);
      for (const index of [0, 1])
        expect(verdictOn(answered, node.eni(index))).toMatchObject({ action: 'reclaim', done: true });
      expect((await node.kernelState()).home).toEqual(before.home);
    });

    it('a NIC that is home although its pod’s netns is there', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await pod.ip(`link set dev eth0 netns ${node.netns} name stray7`);

      expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
      expect(await node.kernelState()).toEqual(before);
    });

    it('a NIC out of a netns that only a descriptor of a process elsewhere still holds', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await pod.holdByDescriptor();
      await pod.unmount();

      expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
      expect((await node.kernelState()).home).toEqual(before.home);
    });

    it('a NIC whose pod’s path leads to another netns by now', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      await node.start(['ip', 'netns', 'add', pod.netns]).result;

      try {
        expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
        expect((await node.kernelState()).home).toEqual(before.home);
      } finally {
        await node.start(['ip', 'netns', 'del', pod.netns]).result;
      }
    });

    it('a NIC whose pod is gone although a new netns with a process in it has the old one’s number', async () => {
      const before = await node.kernelState();
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      // The kernel gives out the lowest free number, so a few tries are enough unless somebody else gets it.
      const others: string[] = [];
      const again = async (): Promise<string | undefined> => {
        const name = uniqueName('other');
        others.push(name);
        return (await createNetns(name)) === pod.inode ? name : undefined;
      };
      try {
        let successor: string | undefined;
        for (let tries = 0; successor === undefined && tries < 50; tries += 1) successor = await again();
        const holder = await holdByProcess(netnsPath(successor ?? others[0] ?? ''));

        const answered = await gc(node);
        await holder.release();
        expect(verdictOn(answered, node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
        expect((await node.kernelState()).home).toEqual(before.home);
      } finally {
        await Promise.all(others.map(deleteNetns));
      }
    });

    it('so that the ENI can be given out again', async () => {
      for (const index of [0, 1, 2])
        await add(node, `default/web-${index}`, index === 0 ? pod : await node.pod(`more-${index}`));
      await node.simulateCardReturn(pod, 'eth0');
      await gc(node);

      expect((await add(node, 'default/next', await node.pod('next'))).eni.id).toBe(node.eni(0).id);
    });

    it('nothing twice', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      await gc(node);

      const { verdicts } = await expectUnchanged(node, () => gc(node));
      expect(verdicts.filter(({ done }) => done)).toEqual([]);
    });
  });

  it('gives a NIC that came home without a record its own name back', async () => {
    await node.ip('link set dev eni0 alias uplink-two');
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');
    node.writeState({
      version: 1,
      generation: 9,
      attachments: {},
      allocations: {},
      ...{ written: new Date().toISOString() },
    });

    const { action, done } = verdictOn(await gc(node), node.eni(0));
    expect(['repair', 'reclaim']).toContain(action);
    expect(done).toBe(true);
    expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    expect((await node.link('eni0'))?.ifalias ?? '').not.toMatch(/^enim:/);
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
  });

  describe('--dry-run', () => {
    it('says what would be done, and changes nothing', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');

      const answered = await expectUnchanged(node, () => gc(node, ['--dry-run']));
      expect(answered.dryRun).toBe(true);
      expect(verdictOn(answered, node.eni(0))).toMatchObject({ action: 'reclaim', done: false });
    });

    it('gives the reasons that the real run then gives', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');

      const [dry, real] = [await gc(node, ['--dry-run']), await gc(node)];
      expect(verdictOn(dry, node.eni(0)).reason).toBe(verdictOn(real, node.eni(0)).reason);
    });

    it('is marked as one for people', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');

      const { code, stdout } = await node.enim(['gc', '--dry-run', '--grace', '50ms']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${node.eni(0).id}\\s+reclaim\\s+\\S`, 'm'));
      expect(stdout).toMatch(/dry run: nothing was changed/i);
    });
  });

  describe('the grace period', () => {
    it('passes before anything is reclaimed', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      const started = Date.now();
      const running = node.startEnim(['gc', '--grace', '1500ms', '--json']);

      await eventually('that the NIC gets its name back', async () => (await node.link('eni0')) !== undefined);
      expect(Date.now() - started).toBeGreaterThanOrEqual(1_500);
      expect(verdictOn(answer<GcAnswer>(await running.result), node.eni(0))).toMatchObject({
        action: 'reclaim',
        done: true,
      });
    });

    it('spares what is alive at the second look', async () => {
      await add(node, 'default/web-0', pod);
      await pod.ip(`link set dev eth0 netns ${node.netns} name stray7`);
      const running = node.startEnim(['gc', '--grace', '3s', '--json']);
      // Long enough for the first look; were it not, the verdict would be the same.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await node.ip(`link set dev stray7 netns ${pod.netns} name eth0`);

      const verdict = verdictOn(answer<GcAnswer>(await running.result), node.eni(0));
      expect(verdict.done).toBe(false);
      expect(verdict.action).not.toBe('reclaim');
      expect(await pod.link('eth0')).toMatchObject({ address: node.eni(0).mac });
      expect(Object.keys(node.state()?.attachments ?? {})).toEqual(['enim/web-0/eth0']);
    });

    it.each(['soon', '-1s', '5', ''])('cannot be "%s"', async (grace) => {
      const result = await expectUnchanged(node, () => node.enim(['gc', `--grace=${grace}`]));
      expectRefusal(result, { code: 2, says: ['--grace', `"${grace}"`] });
    });
  });

  it('does the work once when two run at once', async () => {
    const other = await node.pod('web-1');
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await add(node, 'default/web-1', other);
    await node.simulateCardReturn(pod, 'eth0');
    await node.simulateCardReturn(other, 'eth0');

    const both = await Promise.all([gc(node, ['--grace', '200ms']), gc(node, ['--grace', '200ms'])]);
    const done = both.flatMap(({ verdicts }) =>
      verdicts.filter((verdict) => verdict.done && verdict.action === 'reclaim'),
    );
    expect(done.map(({ eni }) => eni).sort()).toEqual([node.eni(0).id, node.eni(1).id]);
    expect((await node.kernelState()).home).toEqual(before.home);
    expect(node.state()?.attachments).toEqual({});
  });

  describe('--every', () => {
    it('stays, reclaims what dies later, and ends cleanly on SIGTERM (containerd/containerd#5438)', async () => {
      await add(node, 'default/web-0', pod);
      const running = node.startEnim(['gc', '--grace', '50ms', '--every', '100ms']);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await node.simulateCardReturn(pod, 'eth0');

      await eventually('that the NIC is reclaimed', async () => (await node.link('eni0')) !== undefined);
      await eventually('that the record is gone', () => Object.keys(node.state()?.attachments ?? {}).length === 0);
      running.kill('SIGTERM');
      expect(await running.result).toMatchObject({ code: 0, signal: null });
    });

    it('does not wait for its next turn when it is ended', async () => {
      const running = node.startEnim(['gc', '--grace', '50ms', '--every', '1h'], { timeout: 20_000 });
      await eventually('that it listens to signals', () => hearsTermination(running.pid));
      running.kill('SIGTERM');

      expect(await running.result).toMatchObject({ code: 0, signal: null });
    });
  });
});

/** Whether a process has a handler for SIGTERM (proc(5), SigCgt). */
function hearsTermination(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${caught}`) >> 14n) & 1n) === 1n;
}
