import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, answer, gc, list, show } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { addressesOf, type NetnsState } from '../fabric/links.js';
import { createNode, type Node, type StateFile } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';

describeEndToEnd('a command that is cut short', () => {
  let node: Node;
  let pod: Pod;
  let before: Record<string, NetnsState>;

  beforeEach(async () => {
    node = await createNode({ enis: 1 });
    pod = await node.pod('web-0');
    await node.ip('link set dev eni0 alias uplink-two', 'link set dev eni0 mtu 1450', 'link set dev eni0 up');
    before = await node.kernelState();
  });

  afterEach(() => node.destroy());

  const ADD = () => ['add', 'default/web-0', '--netns', pod.path, '--container-id', 'c1'];
  const DEL = ['del', 'default/web-0', '--container-id', 'c1'];

  /** How long the command takes when nobody disturbs it; where the signals are to fall. */
  const duration = async (args: readonly string[]): Promise<number> => {
    const started = performance.now();
    expect(await node.enim(args)).toMatchObject({ code: 0 });
    return performance.now() - started;
  };

  const cutShort = async (args: readonly string[], signal: NodeJS.Signals, delay: number): Promise<EnimResult> => {
    const running = node.startEnim(args);
    await sleep(delay);
    running.kill(signal);
    return running.result;
  };

  /** Moments from the start to the end of something that takes this long. */
  const moments = (length: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => (length * (index + 0.5)) / count);

  const isAttached = async (): Promise<void> => {
    const link = await pod.link('eth0');
    expect(link?.flags).toContain('UP');
    expect(link && addressesOf(link)).toEqual([node.eni(0).ipv4.address, node.eni(0).ipv6.address].sort());
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'used', note: null });
    expect(Object.values(node.state()?.attachments ?? {})).toMatchObject([{ phase: 'attached' }]);
  };

  const isHome = async (): Promise<void> => {
    expect(await node.kernelState()).toEqual(before);
    expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
    expect(node.state()?.attachments ?? {}).toEqual({});
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('add, by %s: the NIC is home or attached, never between', async (signal) => {
    const whole = await duration(ADD());
    expect(await node.enim(DEL)).toMatchObject({ code: 0 });

    const codes: (number | null)[] = [];
    for (const moment of moments(whole, 10)) {
      const { code } = await cutShort(ADD(), signal, moment);
      codes.push(code);
      const attached = (await pod.link('eth0')) !== undefined;
      if (code === 0) expect(attached).toBe(true);
      await (attached ? isAttached() : isHome());
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });
      await isHome();
    }
    // Else nothing was undone, and nothing shown: a signal that comes before the program listens just ends it.
    expect(codes).toContain(1);
  });

  it('add, by the Ctrl-C of a terminal, which reaches its children as well', async () => {
    const whole = await duration(ADD());
    expect(await node.enim(DEL)).toMatchObject({ code: 0 });

    const codes: (number | null)[] = [];
    // Until `script` has started the command the character means nothing to it.
    for (const moment of moments(2 * whole, 10)) {
      // `script` gives it a terminal; the character goes through that terminal, as a person's would.
      const command = `(sleep ${moment / 1_000}; printf '\\003') | script -qec "enim ${ADD().join(' ')}" /dev/null`;
      codes.push((await node.start(['sh', '-c', command]).result).code);
      await ((await pod.link('eth0')) === undefined ? isHome() : isAttached());
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });
      await isHome();
    }
    expect(codes.filter((code) => code !== 0)).not.toEqual([]);
  });

  it('del, by SIGINT: the NIC is home or in the pod, and the next del brings it home', async () => {
    await add(node, 'default/web-0', pod, [], 'c1');
    const whole = await duration(DEL);

    for (const moment of moments(whole, 4)) {
      await add(node, 'default/web-0', pod, [], 'c1');
      await cutShort(DEL, 'SIGINT', moment);
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });
      await isHome();
    }
  });

  describe('between the allocation of the ENI and the record of the attachment', () => {
    beforeEach(async () => {
      await node.ip(`addr add ${node.eni(0).ipv4.address} dev eni0`);
      before = await node.kernelState();
      await add(node, 'default/web-0', pod, [], 'c1');
      const allocated = node.state()?.allocations;
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });
      node.writeState({ ...(node.state() as StateFile), allocations: allocated ?? {} });
    });

    it.each([
      ['del', DEL],
      ['gc', ['gc', '--grace', '50ms']],
    ])('%s frees the ENI and leaves its NIC as it is', async (_, command) => {
      expect(await node.enim(command)).toMatchObject({ code: 0 });

      await isHome();
      expect(node.state()?.allocations[node.eni(0).id]?.holder).toBeNull();
    });

    it('the same add goes on', async () => {
      await add(node, 'default/web-0', pod, [], 'c1');
      await isAttached();
    });
  });

  describe('by SIGKILL', () => {
    it('add: one can say where the NIC is, and del brings it home', async () => {
      const whole = await duration(ADD());
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });

      for (const moment of moments(whole, 4)) {
        await cutShort(ADD(), 'SIGKILL', moment);
        expect(await list(node)).toMatchObject([{ link: { name: expect.any(String) } }]);
        expect(await node.enim(DEL)).toMatchObject({ code: 0 });
        await isHome();
      }
    });

    it('add: the same add resumes, and answers as if nothing had been', async () => {
      const whole = await duration(ADD());
      expect(await node.enim(DEL)).toMatchObject({ code: 0 });

      for (const moment of moments(whole, 4)) {
        await cutShort(ADD(), 'SIGKILL', moment);
        await add(node, 'default/web-0', pod, [], 'c1');
        await isAttached();
        expect(await node.enim(DEL)).toMatchObject({ code: 0 });
        await isHome();
      }
    });

    it('del: the next del brings the NIC home (containernetworking/plugins#357)', async () => {
      await add(node, 'default/web-0', pod, [], 'c1');
      const whole = await duration(DEL);

      for (const moment of moments(whole, 4)) {
        await add(node, 'default/web-0', pod, [], 'c1');
        await cutShort(DEL, 'SIGKILL', moment);
        expect(await node.enim(DEL)).toMatchObject({ code: 0 });
        await isHome();
      }
    });

    it('del: gc brings the NIC home', async () => {
      await add(node, 'default/web-0', pod, [], 'c1');
      const whole = await duration(DEL);

      for (const moment of moments(whole, 4)) {
        await add(node, 'default/web-0', pod, [], 'c1');
        await cutShort(DEL, 'SIGKILL', moment);
        const untouched = Object.values(node.state()?.attachments ?? {}).some(({ phase }) => phase === 'attached');
        await gc(node);
        if (untouched) answer(await node.enim([...DEL, '--json']));
        await isHome();
      }
    });

    it('gc: the next gc finishes', async () => {
      let last = before;
      for (const moment of moments(150, 4)) {
        const each = await node.pod(`dies-${Math.round(moment)}`);
        await add(node, 'default/web-0', each, [], 'c1');
        await node.simulateCardReturn(each, 'eth0');
        await cutShort(['gc', '--grace', '20ms'], 'SIGKILL', moment);
        await gc(node);
        last = await node.kernelState();
        expect(last.home).toEqual(before.home);
        expect(node.state()?.attachments ?? {}).toEqual({});
      }
    });
  });
});
