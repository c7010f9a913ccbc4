/** What happens to pods, their NICs and containerd itself without a word to enim. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gc, show, verdictOn } from '../fabric/answers.js';
import { must } from '../fabric/exec.js';
import { holdLock } from '../fabric/locks.js';
import { eventually } from '../fabric/poll.js';
import { type Bed, createBed, describeWithRuntimes } from './bed.js';
import { type Containerd, startContainerd } from './containerd.js';

describeWithRuntimes('containerd, when things go wrong', () => {
  let bed: Bed;
  let containerd: Containerd;

  beforeEach(async () => {
    bed = await createBed({ enis: 1, network: (enim) => [{ ...enim, lockWait: 3_000 }] });
    containerd = await startContainerd(bed);
  });

  afterEach(() => bed.destroy());

  it('crashes: the pod keeps its NIC, and its end after the restart brings it home', async () => {
    const { ipv4 } = bed.node.eni(0);
    await containerd.runPod('web-0');
    await containerd.runContainer('web-0', 'main');

    await containerd.crash();
    expect(await stateOf()).toBe('used');
    await containerd.restart();
    expect(await containerd.exec('web-0', 'main', 'ping', '-c1', '-W5', ipv4.gateway)).toMatchObject({ code: 0 });
    await containerd.deletePod('web-0');
    await bed.expectAllHome();
  });

  describe('an ADD that is past its deadline, waiting for an ENI,', () => {
    let lock: { release(): Promise<void> };

    /** The ENI had a pod before, so its lock is there. */
    beforeEach(async () => {
      await containerd.runPod('before');
      await containerd.deletePod('before');
      lock = await holdLock(bed.node, bed.node.eni(0));
    });

    afterEach(() => lock.release());

    it('is killed; the DEL that follows waits for the ENI, and gives it back', async () => {
      const late = containerd.tryPod('late', 1_500);
      await eventually('that the DEL runs', () => bed.running().includes('DEL'));
      expect(await stateOf()).not.toBe('free');
      await lock.release();

      expect(await late).toMatchObject({ code: 1, stderr: expect.stringContaining('signal: killed') });
      expect(bed.log().at(-1)).toMatchObject({ command: 'DEL', message: 'done' });
      await bed.expectAllHome();
      await expectNothingLost();
    });

    it('is killed; if the DEL that follows fails, too, the pod’s removal or gc gives the ENI back', async () => {
      await containerd.tryPod('late', 1_500);
      expect(bed.log().at(-1)).toMatchObject({ command: 'DEL', code: 11 });
      expect(await stateOf()).not.toBe('free');
      await lock.release();

      await expectNothingLost();
    });
  });

  it('loses nothing at whatever moment of a pod’s start its deadline ends', async () => {
    const started = performance.now();
    await containerd.runPod('whole');
    const whole = performance.now() - started;
    await containerd.deletePod('whole');

    const errors: string[] = [];
    for (let part = 0.05; part < 0.7; part += 0.05) {
      const { code, stderr } = await containerd.tryPod('hasty', Math.ceil(whole * part));
      errors.push(stderr);
      if (code === 0) await containerd.deletePod('hasty');
    }
    expect(errors).toContainEqual(expect.stringContaining('signal: killed'));
    await expectNothingLost();
  });

  describe('when a pod dies', () => {
    it('brings the NIC home at its stop although its process was killed', async () => {
      await containerd.runPod('web-0');
      process.kill((await containerd.status('web-0')).pid, 'SIGKILL');

      await eventually('that the pod is not ready', async () => !(await containerd.status('web-0')).ready);
      await containerd.deletePod('web-0');
      await bed.expectAllHome();
    });

    it('leaves an orphan if its netns goes, too; gc reclaims it, and the pod’s end is no error', async () => {
      const eni = bed.node.eni(0);
      await containerd.runPod('web-0');
      const { pid, netns } = await containerd.status('web-0');
      // As the kernel does it to a card, but to a veth, which would die with its netns.
      await must('nsenter', [`--net=${netns}`, 'ip', 'link', 'set', 'dev', 'eth0', 'netns', bed.node.netns]);
      process.kill(pid, 'SIGKILL');
      await must('umount', ['-l', netns]);

      await eventually('that it is an orphan', async () => (await stateOf()) === 'orphan');
      expect(verdictOn(await gc(bed.node), eni)).toMatchObject({ action: 'reclaim', done: true });
      await bed.expectAllHome();
      await containerd.deletePod('web-0');
      await bed.expectAllHome();
    });
  });

  /** With the pods away and gc run all is as it was, and the next pod gets the ENI. */
  async function expectNothingLost(): Promise<void> {
    // What was killed may be followed by a DEL that is still under way.
    await eventually('that the ENI is free', async () => {
      await containerd.deleteAll();
      await gc(bed.node);
      return (await stateOf()) === 'free';
    });
    await bed.expectAllHome();
    await containerd.runPod('next');
    expect(await stateOf()).toBe('used');
  }

  async function stateOf(): Promise<string> {
    return (await show(bed.node, bed.node.eni(0))).state;
  }
});
