import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, list } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectRefusal, expectUnchanged } from '../fabric/expectations.js';
import { inventory } from '../fabric/inventory.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';

interface DrainAnswer {
  readonly drained: boolean;
  readonly outcome: string;
  readonly cordon: { readonly since: string } | null;
  readonly enis: readonly {
    readonly eni: string;
    readonly state: string;
    readonly link: { readonly name: string; readonly netns: string | null } | null;
    readonly holder: { readonly owner: string; readonly containerID: string } | null;
    readonly reason: string;
  }[];
  readonly forced: readonly string[];
}

describeEndToEnd('enim drain', () => {
  let node: Node;
  let pod: Pod;

  beforeEach(async () => {
    node = await createNode();
    pod = await node.pod('web-0');
  });
  afterEach(() => node.destroy());

  const drain = (...args: string[]): Promise<EnimResult> => node.enim(['drain', '--grace', '50ms', ...args]);
  const documentOf = ({ json }: EnimResult): DrainAnswer => json as DrainAnswer;
  const statesOf = (result: EnimResult): string[] => documentOf(result).enis.map(({ state }) => state);
  const isCordoned = async (): Promise<boolean> =>
    answer<{ cordon: unknown }>(await node.enim(['list', '--json'])).cordon !== null;
  /** The refusal, without the progress that was told before. */
  const refused = (result: EnimResult): EnimResult => ({ ...result, stdout: '' });
  const del = async (owner: string): Promise<unknown> => answer(await node.enim(['del', owner, '--json']));

  it('is done at once on a node without pods, and shows each NIC at home', async () => {
    const before = await node.kernelState();
    const result = await drain('--json');
    expect(result.code).toBe(0);
    expect(documentOf(result)).toMatchObject({
      ...{ drained: true, outcome: 'drained', cordon: { reason: null }, forced: [] },
      enis: node.enis.map(({ id, mac, ifname }) => ({
        ...{ eni: id, mac, state: 'home', link: { name: ifname, netns: null }, holder: null },
      })),
    });
    expect(await node.kernelState()).toEqual(before);
  });

  it('is done on a node without ENIs, and says that it has none', async () => {
    node.writeSettings({ static: { enis: [] } });
    const { code, stdout } = await drain();
    expect([code, stdout]).toEqual([0, expect.stringContaining('No ENI is known on this node')]);
  });

  it('says at the end of its time who still holds what, and lets the pod go on', async () => {
    await add(node, 'default/web-0', pod);
    const before = await node.kernelState();
    expectRefusal(refused(await drain('--timeout', '300ms')), {
      code: 1,
      says: ['1 of 3 ENIs', '300ms', 'stays cordoned'],
      mentions: [`${node.eni(0).id} used by default/web-0`, 'enim drain'],
    });
    const result = await drain('--timeout', '0', '--json');
    expect([result.code, documentOf(result).drained, documentOf(result).outcome]).toEqual([1, false, 'timeout']);
    expect(documentOf(result).enis[0]).toMatchObject({
      ...{ state: 'used', link: { name: 'eth0', netns: pod.path } },
      holder: { owner: 'default/web-0', containerID: 'web-0' },
    });
    expect([await node.kernelState(), await isCordoned()]).toEqual([before, true]);
  });

  it('tells each change in a line where nobody watches, and nothing twice', async () => {
    await add(node, 'default/web-0', pod);
    const draining = node.startEnim(['drain']);
    await eventually('the cordon', isCordoned);
    await sleep(700);
    await del('default/web-0');
    const { code, stdout } = await draining.result;
    expect(code).toBe(0);
    const id = node.eni(0).id;
    // What is on its way home is seen only sometimes.
    const lines = stdout.split('\n').filter((line) => !line.includes(`${id} releasing by default/web-0`));
    expect(lines).toEqual([
      expect.stringMatching(/^Cordoned \d+s ago: /),
      expect.stringMatching(new RegExp(`^0:00 ${id} used by default/web-0, container web-0: netns .* alive`)),
      expect.stringMatching(new RegExp(`^0:0\\d ${id} home: NIC is home as eni0$`)),
      expect.stringMatching(/^Drained\. The NICs of all 3 ENIs are home .* enim uncordon$/),
      '',
    ]);
  });

  it('reclaims what dead pods have left, restored', async () => {
    await node.ip('link set dev eni0 alias uplink-two', 'link set dev eni0 mtu 1450');
    const { home } = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await node.simulateCardReturn(pod, 'eth0');
    expect((await drain()).code).toBe(0);
    expect((await node.kernelState()).home).toEqual(home);
    expect(node.state()?.attachments).toEqual({});
  });

  it('brings home the NIC of a dead pod whose netns lives on by a forgotten descriptor', async () => {
    const before = await node.kernelState();
    await add(node, 'default/web-0', pod);
    await pod.holdByDescriptor();
    await pod.unmount();
    const result = await drain('--timeout', '10s', '--json');
    expect([result.code, documentOf(result).outcome]).toEqual([0, 'drained']);
    expect((await node.kernelState()).home).toEqual(before.home);
    expect(node.state()?.attachments).toEqual({});
  });

  it('proves nothing of a NIC that is not to be seen, or is held by hand, or has another name', async () => {
    node.writeSettings(inventory(node.enis, ({ ifname }) => ({ ifname })));
    answer(await node.enim(['provider', 'allocate', 'ops/reserve', '--eni', node.eni(0).id, '--json']));
    await node.ip('link del dev eni1', 'link set dev eni2 name stray');
    const result = await drain('--timeout', '0', '--force', '--yes', '--json');
    expect([result.code, statesOf(result)]).toEqual([1, ['by-hand', 'missing', 'unrestored']]);
    expect(documentOf(result).enis[2]?.reason).toContain('its name is stray, not eni2');
    // No waiting helps, and no force.
    expect((await drain('--check')).stderr).toMatch(/Try: .*: enim provider release ops\/reserve\n$/);
    await node.enim(['provider', 'release', 'ops/reserve']);
    for (const flags of [['--check'], ['--timeout', '0']])
      expect((await drain(...flags)).stderr).toMatch(/Try: .*: enim doctor\n$/);
  });

  it('fails when somebody takes the cordon away meanwhile', async () => {
    await add(node, 'default/web-0', pod);
    const draining = node.startEnim(['drain']);
    await eventually('the cordon', isCordoned);
    await node.enim(['uncordon']);
    expectRefusal(refused(await draining.result), { code: 1, says: ['cordon'], mentions: ['enim drain'] });
  });

  describe('by force', () => {
    beforeEach(() => add(node, 'default/web-0', pod));

    it('without a terminal and without --yes is refused with exit 6, and nothing is changed', async () => {
      await expectUnchanged(node, async () => {
        expectRefusal(await drain('--timeout', '0', '--force'), { code: 6, mentions: ['--yes'] });
      });
      expect(await isCordoned()).toBe(false);
    });

    it('with --yes takes the NIC out of the living pod, restored, and a late del finds nothing to do', async () => {
      await pod.holdByProcess();
      const result = await drain('--timeout', '0', '--force', '--yes', '--json');
      expect([result.code, documentOf(result).forced]).toEqual([0, [node.eni(0).id]]);
      expect([await pod.link('eth0'), (await node.link('eni0'))?.address]).toEqual([undefined, node.eni(0).mac]);
      expect(await del('default/web-0')).toEqual({ returned: [] });
    });

    it.each([
      ['y\\r', 0, 'Drained'],
      ['\\003', 6, 'not confirmed'],
    ])('on a terminal asks, naming the pod, and takes %j for an answer', async (typed, code, says) => {
      const command = `(sleep 0.7; printf '${typed}'; sleep 1) | script -qec "enim drain --timeout 0 --force" /dev/null`;
      const result = await node.start(['sh', '-c', command]).result;
      expect(result.stdout.replaceAll(/\s+/g, ' ')).toContain('now 1 have an ENI: default/web-0');
      expect(result.stdout).toContain(says);
      expect(result.code).toBe(code);
      expect((await pod.link('eth0')) === undefined).toBe(code === 0);
    });
  });

  describe('that is cut short', () => {
    beforeEach(() => add(node, 'default/web-0', pod));

    it.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves the node cordoned, and says so', async (signal) => {
      const draining = node.startEnim(['drain']);
      await eventually('the cordon', isCordoned);
      draining.kill(signal);
      expectRefusal(refused(await draining.result), {
        code: 1,
        says: ['interrupted', 'stays cordoned'],
        mentions: ['enim uncordon'],
      });
      expect(await isCordoned()).toBe(true);
    });

    it('on a terminal draws one picture in place of the other, until Ctrl-C', async () => {
      const command = `(sleep 1.5; printf '\\003'; sleep 0.5) | script -qec "stty cols 100 rows 24; enim drain" /dev/null`;
      const { stdout, code } = await node.start(['sh', '-c', command]).result;
      expect(code).not.toBe(0);
      expect(stdout).toContain('\u001b[2A\u001b[0J');
      expect(stdout).toMatch(/2 of 3 home {2}0:0\d \/ 10:00/);
      expect(stdout).toContain('The drain was interrupted; 1 of 3 ENIs is not home.');
    });

    it('by SIGKILL goes on from there when it is run again', async () => {
      for (const moment of [30, 120]) {
        const each = await node.pod(`dies-${moment}`);
        await add(node, `default/dies-${moment}`, each);
        await node.simulateCardReturn(each, 'eth0');
        const draining = node.startEnim(['drain', '--grace', '20ms']);
        await eventually('the cordon', isCordoned);
        await sleep(moment);
        draining.kill('SIGKILL');
        await draining.result;
        expect(await isCordoned()).toBe(true);
        expect(statesOf(await drain('--timeout', '0', '--json')).sort()).toEqual(['home', 'home', 'used']);
        await node.enim(['uncordon']);
      }
      await del('default/web-0');
      expect((await drain()).code).toBe(0);
    });
  });

  describe('--check', () => {
    it('changes nothing, and ends with 0 only if every NIC is home and nothing is held', async () => {
      const check = (): Promise<EnimResult> => expectUnchanged(node, () => node.enim(['drain', '--check', '--json']));
      expect(documentOf(await check())).toMatchObject({ drained: true, outcome: 'drained', cordon: null });
      await add(node, 'default/web-0', pod);
      const held = await check();
      expect([held.code, documentOf(held).outcome, statesOf(held)]).toEqual([1, 'held', ['used', 'home', 'home']]);
      await node.simulateCardReturn(pod, 'eth0');
      expect(statesOf(await check())).toEqual(['orphan', 'home', 'home']);
      expectRefusal(await node.enim(['drain', '--check']), { code: 1, says: ['1 of 3'], mentions: ['enim drain'] });
    });

    it('says that the node still gives out ENIs', async () => {
      expect((await node.enim(['drain', '--check'])).stdout).toContain('not cordoned');
      await node.enim(['cordon']);
      expect((await node.enim(['drain', '--check'])).stdout).not.toContain('not cordoned');
    });
  });

  it.each([
    [['--evict'], 'static'],
    [['--check', '--force'], '--check'],
    [['--timeout', '1x'], '--timeout'],
    [['--grace', ''], '--grace'],
    [['--reason', ''], 'reason'],
  ])('refuses %j, with nothing changed', async (args, says) => {
    await expectUnchanged(node, async () => {
      expectRefusal(await node.enim(['drain', ...args]), { code: 2, says: [says] });
    });
  });
});

describeEndToEnd('enim drain under load', () => {
  const PODS = 16;
  let node: Node;

  beforeEach(async () => {
    node = await createNode({ enis: PODS });
  });
  afterEach(() => node.destroy());

  it('refuses the pods that come, waits for those that go, and loses no NIC, also when it is killed half way', async () => {
    const before = await node.kernelState();
    let isOver = false;
    const codes: (number | null)[] = [];
    const live = async (index: number): Promise<void> => {
      const pod = await node.pod(`busy-${index}`);
      const owner = `default/busy-${index}`;
      for (let round = 0; !isOver; round += 1) {
        const id = `c${index}-${round}`;
        const { code } = await node.enim(['add', owner, '--netns', pod.path, '--container-id', id]);
        codes.push(code);
        await sleep(20 * (index % 5));
        // Every 4th pod dies without a word.
        if (code === 0 && index % 4 === 0) {
          await node.simulateCardReturn(pod, 'eth0');
          return;
        }
        if (code === 0) answer(await node.enim(['del', owner, '--container-id', id, '--json']));
        else if (code === 3) await sleep(300);
      }
    };
    const lives = Array.from({ length: PODS }, (_, index) => live(index));
    await eventually('the first pods', () => codes.filter((code) => code === 0).length > 3);
    // The first is killed half way; the second goes on.
    const killed = node.startEnim(['drain', '--grace', '100ms', '--json']);
    await eventually('the cordon', () => codes.includes(3));
    killed.kill('SIGKILL');
    expect((await killed.result).signal).toBe('SIGKILL');
    const { code, stdout, stderr } = await node.enim(['drain', '--grace', '100ms', '--timeout', '50s', '--json']);
    const after = await list(node);
    const since = codes.length;
    await eventually('pods that come afterwards', () => codes.length > since + 2);
    isOver = true;
    await Promise.all(lives);

    expect({ code, stderr, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stderr: '', stdout: '' });
    expect(after.map(({ state }) => state)).toEqual(Array.from({ length: PODS }, () => 'free'));
    expect(codes.slice(since + PODS).every((each) => each === 3)).toBe(true);
    expect([...new Set(codes)].sort()).toEqual([0, 3]);
    expect((await node.kernelState()).home).toEqual(before.home);
  });
});
