/** enim under `ctr run --cni`, which names no pod, and calls DEL without a netns after the container has ended. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gc, show, verdictOn } from '../fabric/answers.js';
import { must, type Outcome } from '../fabric/exec.js';
import { holdByProcess, uniqueName } from '../fabric/netns.js';
import { eventually } from '../fabric/poll.js';
import { type Bed, createBed, describeWithRuntimes, NETWORK } from './bed.js';
import { startContainerd } from './containerd.js';

describeWithRuntimes('ctr run --cni', () => {
  let bed: Bed;
  /** Shims' sockets are the whole machine's, so IDs must be, too. */
  let id: string;

  beforeEach(async () => {
    bed = await createBed({ enis: 1, traced: true });
    await startContainerd(bed);
    id = uniqueName('ctr');
  });

  afterEach(() => bed.destroy());

  it('gives a container an ENI, with which it reaches the gateway', async () => {
    const { ipv4, ipv6 } = bed.node.eni(0);
    const inside = `ip -o addr show dev eth0; ping -c1 -W5 ${ipv4.gateway}`;

    const output = await bed.must('ctr.sh', ['run', id, 'sh', '-c', inside]);
    expect(output).toContain(` inet ${ipv4.address} `);
    expect(output).toContain(` inet6 ${ipv6.address} `);
    expect(output).toContain(' 0% packet loss');
  });

  it('names no pod: network and container ID stand for it', async () => {
    await bed.must('ctr.sh', ['start', id]);

    expect(await show(bed.node, bed.node.eni(0))).toMatchObject({
      state: 'used',
      attachment: { owner: `${NETWORK}/default-${id}`, containerID: `default-${id}`, network: NETWORK },
    });
  });

  describe('whose container has ended', () => {
    let output: Promise<Outcome>;
    let pid: number;

    beforeEach(async () => {
      output = bed.run('ctr.sh', ['run', id, 'sleep', '3600']);
      pid = await eventually('that the container has its ENI', async () => {
        const { attachment } = await show(bed.node, bed.node.eni(0));
        const [, found] = /^\/proc\/(\d+)\/ns\/net$/.exec(attachment?.netns ?? '') ?? [];
        return found === undefined ? undefined : Number(found);
      });
    });

    it('has its NIC brought home by a DEL without a netns, from the netns that something still holds', async () => {
      const holder = await holdByProcess(`/proc/${pid}/ns/net`);
      await end();

      expect(lastCall()).toEqual(['DEL', '', 0]);
      await bed.expectAllHome();
      await holder.release();
    });

    it('has its NIC, which the kernel sent home under the container’s name, made what it was', async () => {
      // As the kernel does it to a card, but to a veth, which would die with its netns.
      const move = ['ip', 'link', 'set', 'dev', 'eth0', 'netns', bed.node.netns];
      await must('nsenter', [`--net=/proc/${pid}/ns/net`, ...move]);
      await end();

      expect(lastCall()).toEqual(['DEL', '', 0]);
      await bed.expectAllHome();
    });

    it('leaves nothing recorded of a NIC that has gone with the netns', async () => {
      await end();

      expect(lastCall()).toEqual(['DEL', '', 0]);
      expect(bed.node.state()?.attachments).toEqual({});
      expect(await show(bed.node, bed.node.eni(0))).toMatchObject({ state: 'missing', attachment: null });
    });

    async function end(): Promise<void> {
      await bed.must('ctr.sh', ['kill', id]);
      await output;
    }
  });

  it('calls no DEL for a container in the background; gc reclaims its ENI', async () => {
    await bed.must('ctr.sh', ['start', id]);
    const { attachment } = await show(bed.node, bed.node.eni(0));
    await must('nsenter', [`--net=${attachment?.netns}`, 'ip', 'link', 'set', 'dev', 'eth0', 'netns', bed.node.netns]);
    await bed.must('ctr.sh', ['kill', id]);
    await bed.must('ctr.sh', ['rm', id]);

    expect(bed.calls().map(({ CNI_COMMAND }) => CNI_COMMAND)).toEqual(['ADD']);
    expect(verdictOn(await gc(bed.node), bed.node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
    await bed.expectAllHome();
  });

  function lastCall(): unknown {
    const call = bed.calls().at(-1);
    return [call?.CNI_COMMAND, call?.CNI_NETNS, call?.rc];
  }
});
