import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { countProcess, countWork } from '../../src/metrics/work.js';
import type { Observation, WatchTold } from '../../src/model/observation.js';

/** The samples after these observations, without buckets and without zeros. */
async function samplesAfter(...observations: readonly Observation[]): Promise<string[]> {
  const registry = new Registry();
  const observe = countWork(registry, () => new Date(5_000));
  for (const each of observations) observe(each);
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => !/^#|_bucket|^$| 0$/.test(line));
}

const work = (name: string, more: Partial<Extract<Observation, { kind: 'work' }>> = {}): Observation => ({
  ...{ kind: 'work', work: name, outcome: 'done', code: null, milliseconds: 250 },
  ...more,
});

const request = (status: number | null): Observation => ({
  ...{ kind: 'request', verb: 'update', resource: 'enis/status', status, milliseconds: 20 },
});

describe('what a process that stays counts', () => {
  it('are operations by verb and outcome, in seconds', async () => {
    expect(await samplesAfter(work('ADD'), work('ADD'), work('ADD', { outcome: 'abandoned' }))).toEqual([
      'enim_operation_duration_seconds_sum{verb="ADD",outcome="done"} 0.5',
      'enim_operation_duration_seconds_count{verb="ADD",outcome="done"} 2',
      'enim_operation_duration_seconds_sum{verb="ADD",outcome="abandoned"} 0.25',
      'enim_operation_duration_seconds_count{verb="ADD",outcome="abandoned"} 1',
    ]);
  });

  it('are failures by verb and code', async () => {
    const failed = work('ADD', { outcome: 'failed', code: 103 });
    expect(await samplesAfter(failed, failed, work('DEL'))).toContain(
      'enim_operation_failures_total{verb="ADD",code="103"} 2',
    );
  });

  it('are under few names, whatever a client calls its work', async () => {
    const samples = await samplesAfter(...Array.from({ length: 50 }, (_, index) => work(`VERB-${index}`)));
    expect(samples).toEqual([
      'enim_operation_duration_seconds_sum{verb="other",outcome="done"} 12.5',
      'enim_operation_duration_seconds_count{verb="other",outcome="done"} 50',
    ]);
  });

  it('is when gc and sync last ended well', async () => {
    expect(await samplesAfter(work('gc'))).toContain('enim_agent_last_gc_timestamp_seconds 5');
    const failed = await samplesAfter(work('gc', { outcome: 'failed', code: 110 }), work('GC'));
    expect(failed.join()).not.toContain('last_gc');
    expect(await samplesAfter(work('sync'))).toContain('enim_agent_last_sync_timestamp_seconds 5');
  });

  it('are requests by verb, resource and status, those without an answer and conflicts among them', async () => {
    expect(await samplesAfter(request(200), request(409), request(null))).toEqual([
      'enim_api_requests_total{verb="update",resource="enis/status",status="200"} 1',
      'enim_api_requests_total{verb="update",resource="enis/status",status="409"} 1',
      'enim_api_requests_total{verb="update",resource="enis/status",status="none"} 1',
      'enim_api_request_duration_seconds_sum{verb="update",resource="enis/status"} 0.06',
      'enim_api_request_duration_seconds_count{verb="update",resource="enis/status"} 3',
      'enim_api_conflicts_total{resource="enis/status"} 1',
    ]);
  });

  it('are waits for locks, and those that were in vain', async () => {
    const lock = (isHeld: boolean): Observation => ({ kind: 'lock', lock: 'eni', isHeld, milliseconds: 1_000 });
    expect(await samplesAfter(lock(true), lock(false))).toEqual([
      'enim_lock_wait_seconds_sum{kind="eni"} 2',
      'enim_lock_wait_seconds_count{kind="eni"} 2',
      'enim_lock_timeouts_total{kind="eni"} 1',
    ]);
  });

  it('is what watches told, and what became of them', async () => {
    const watch = (what: WatchTold['what'], reason: string): Observation => ({
      ...{ kind: 'watch', resource: 'enis', what, reason, objects: 3, message: null },
    });
    const told = [watch('listed', 'start'), watch('opened', ''), watch('event', 'ADDED'), watch('event', 'ADDED')];
    expect(await samplesAfter(...told, watch('ended', 'cut'))).toEqual([
      'enim_watch_events_total{resource="enis",type="ADDED"} 2',
      'enim_watch_ends_total{resource="enis",reason="cut"} 1',
      'enim_watch_lists_total{resource="enis",reason="start"} 1',
      'enim_watch_objects{resource="enis"} 3',
    ]);
  });

  it('is how long ago a watch was heard, and not when one ended', async () => {
    const registry = new Registry();
    let now = 10_000;
    const observe = countWork(registry, () => new Date(now));
    const age = async (): Promise<string | undefined> =>
      /^enim_watch_age_seconds.*$/m.exec(await registry.metrics())?.[0];
    const told = { kind: 'watch', resource: 'enis', reason: '', objects: 0, message: null } as const;
    observe({ ...told, what: 'ended' });
    expect(await age()).toBeUndefined();
    observe({ ...told, what: 'opened' });
    now = 12_500;
    observe({ ...told, what: 'ended' });
    expect(await age()).toBe('enim_watch_age_seconds{resource="enis"} 2.5');
  });

  it('is nothing of a watch that nobody wants any more', async () => {
    const watch = (what: 'opened' | 'left'): Observation => ({
      ...{ kind: 'watch', resource: 'enis', what, reason: '', objects: 3, message: null },
    });
    const registry = new Registry();
    const observe = countWork(registry, () => new Date());
    observe(watch('opened'));
    expect(await registry.metrics()).toMatch(/^enim_watch_age_seconds\{resource="enis"\} /m);
    observe(watch('left'));
    expect(await registry.metrics()).not.toContain('resource="enis"');
  });

  it('is the process itself, whose time only grows', async () => {
    const registry = new Registry();
    countProcess(registry);
    const read = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(await registry.metrics())?.[1]);
    const before = await read('process_cpu_seconds_total');
    expect(before).toBeGreaterThan(0);
    for (const until = performance.now() + 20; performance.now() < until; );
    expect(await read('process_cpu_seconds_total')).toBeGreaterThan(before);
    expect(await read('process_open_fds')).toBeGreaterThan(3);
    expect(await read('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(Date.now() / 1_000 - (await read('process_start_time_seconds'))).toBeCloseTo(process.uptime(), 0);
  });
});
