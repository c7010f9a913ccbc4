/** containerd's pods come and go while the agent that does the plugin's work is killed and started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startAgent } from '../fabric/agent.js';
import { type Bed, createBed, describeWithRuntimes } from './bed.js';
import { type Containerd, startContainerd } from './containerd.js';

/** As many pods at once as there are ENIs, so often; CI takes 25, which are 200 pods. */
const AT_ONCE = 8;
const WAVES = Number(process.env.ENIM_AGENT_WAVES ?? 3);

const KILL_EVERY_MS = 200;

/** What a runtime may try again: busy, and no free ENI while those of the last wave are on their way home. */
const RETRYABLE = [11, 103];

describeWithRuntimes('containerd, with an agent', () => {
  let bed: Bed;
  let containerd: Containerd;

  beforeEach(async () => {
    bed = await createBed({ enis: AT_ONCE });
    containerd = await startContainerd(bed);
  });

  afterEach(() => bed.destroy());

  it('has pods with a NIC of their own, by the agent’s work', async () => {
    const agent = await startAgent(bed.node);
    await containerd.runPod('web-0');
    await containerd.deletePod('web-0');
    const { lines } = await agent.stop();
    const works = lines.map(({ message }) => message).filter((message) => / done$/.test(message));
    expect(works).toEqual(expect.arrayContaining(['ADD done', 'DEL done']));
    await bed.expectAllHome();
  });

  it(
    'loses nothing while the agent is killed every 200 ms',
    async () => {
      let isOver = false;
      let served = 0;
      const killing = (async () => {
        while (!isOver) {
          const agent = await startAgent(bed.node);
          await sleep(KILL_EVERY_MS);
          await agent.end();
          const { stderr } = await agent.result;
          served += [...stderr.matchAll(/"message":"(ADD|DEL) done"/g)].length;
        }
      })();
      let started = 0;
      for (let wave = 0; wave < WAVES; wave += 1) {
        const { run, distinct_ips, stop_and_remove } = await containerd.burst(`wave-${wave}`, AT_ONCE);
        started += run.ok;
        expect(distinct_ips).toBe(run.ok);
        expect(stop_and_remove).toMatchObject({ failed: 0 });
      }
      isOver = true;
      await killing;

      expect(started).toBeGreaterThan(0);
      expect(served).toBeGreaterThan(0);
      const codes = bed.log().flatMap(({ level, code }) => (level === 'error' ? [code] : []));
      for (const code of codes) expect(RETRYABLE).toContain(code);
      await containerd.deleteAll();
      await bed.expectAllHome();
    },
    60_000 + WAVES * 20_000,
  );
});
