import { describe, expect, it } from '@jest/globals';
import { createNudge } from '../../src/agent/nudge.js';
import { createClock } from './clock.js';

const OPTIONS = { settle: 100, gap: { least: 2_000, most: 30_000 } };

describe('a wait that can be cut short', () => {
  it('takes as long as it is told to where nobody nudges it', async () => {
    const clock = createClock();
    await clock.until(createNudge({ ...clock, ...OPTIONS }).sleep(30_000, new AbortController().signal));
    expect(clock.now()).toBe(30_000);
  });

  it('ends soon after it is nudged, however often', async () => {
    const clock = createClock();
    const nudge = createNudge({ ...clock, ...OPTIONS });
    for (const at of [10_000, 10_010, 10_090]) clock.at(at, () => nudge.nudge());
    await clock.until(nudge.sleep(30_000, new AbortController().signal));
    expect(clock.now()).toBe(10_100);
    await clock.until(nudge.sleep(30_000, new AbortController().signal));
    expect(clock.now()).toBe(40_100);
  });

  it('is short if it was nudged before it began, and takes the least that it may', async () => {
    const clock = createClock();
    const nudge = createNudge({ ...clock, ...OPTIONS });
    nudge.nudge();
    await clock.until(nudge.sleep(30_000, new AbortController().signal));
    expect(clock.now()).toBe(2_000);
  });

  it('takes longer each time that it is nudged at once, but no longer than it is told to', async () => {
    const clock = createClock();
    const nudge = createNudge({ ...clock, ...OPTIONS });
    const waits: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      const since = clock.now();
      nudge.nudge();
      await clock.until(nudge.sleep(turn === 6 ? 5_000 : 3_600_000, new AbortController().signal));
      waits.push(clock.now() - since);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 5_000]);
    clock.at(clock.now() + 60_000, () => nudge.nudge());
    const since = clock.now();
    await clock.until(nudge.sleep(3_600_000, new AbortController().signal));
    expect(clock.now() - since).toBe(60_100);
    nudge.nudge();
    await clock.until(nudge.sleep(3_600_000, new AbortController().signal));
    expect(clock.now() - since).toBe(62_100);
  });

  it('is short again after one quiet wait, though that was no longer than the longest gap', async () => {
    const clock = createClock();
    const nudge = createNudge({ ...clock, ...OPTIONS });
    const wait = () => clock.until(nudge.sleep(30_000, new AbortController().signal));
    for (let turn = 0; turn < 6; turn += 1) {
      nudge.nudge();
      await wait();
    }
    await wait();
    const since = clock.now();
    clock.at(since + 5_000, () => nudge.nudge());
    await wait();
    expect(clock.now() - since).toBe(5_100);
  });

  it('ends at once when it is to end, nudged or not', async () => {
    const clock = createClock();
    const nudge = createNudge({ ...clock, ...OPTIONS });
    const stop = new AbortController();
    clock.at(5_000, () => stop.abort());
    await clock.until(nudge.sleep(30_000, stop.signal));
    expect(clock.now()).toBe(5_000);
    nudge.nudge();
    await clock.until(nudge.sleep(30_000, stop.signal));
    expect(clock.now()).toBe(5_000);
  });
});
