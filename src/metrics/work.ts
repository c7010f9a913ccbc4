/** What a process that stays has done, counted as it goes: operations, requests, waits, and the process itself. */
import { readdirSync } from 'node:fs';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Observe } from '../model/observation.js';
import { countWatch } from './watched.js';

/** What is asked of enim by name; whatever else a client calls its work is `other`, for labels must be few. */
const WORK = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'gc', 'sync'];

/** Upper bounds of the histograms, in seconds: of an operation, of a request or a wait for a lock. */
const OPERATION_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REQUEST_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts in this registry whatever it is told of. */
export function countWork(registry: Registry, clock: () => Date): Observe {
  const registers = [registry];
  const operations = new Histogram({
    ...{ name: 'enim_operation_duration_seconds', registers, buckets: OPERATION_S },
    help: 'How long operations took, by verb of CNI (or gc and sync, the agent’s own) and outcome.',
    labelNames: ['verb', 'outcome'],
  });
  const failures = new Counter({
    ...{ name: 'enim_operation_failures_total', registers, labelNames: ['verb', 'code'] },
    help: 'Operations that failed, by verb and CNI’s error code.',
  });
  const requests = new Counter({
    ...{ name: 'enim_api_requests_total', registers, labelNames: ['verb', 'resource', 'status'] },
    help: 'Requests to the API server, by verb, resource and HTTP status (none: no answer).',
  });
  const durations = new Histogram({
    ...{ name: 'enim_api_request_duration_seconds', registers, buckets: REQUEST_S },
    help: 'How long requests to the API server took.',
    labelNames: ['verb', 'resource'],
  });
  const conflicts = new Counter({
    ...{ name: 'enim_api_conflicts_total', registers, labelNames: ['resource'] },
    help: 'Writes that the API server refused because somebody else had written meanwhile.',
  });
  const waits = new Histogram({
    ...{ name: 'enim_lock_wait_seconds', registers, buckets: REQUEST_S, labelNames: ['kind'] },
    help: 'How long locks were waited for, by kind.',
  });
  const timeouts = new Counter({
    ...{ name: 'enim_lock_timeouts_total', registers, labelNames: ['kind'] },
    help: 'Locks that could not be had in time, by kind.',
  });
  const watch = countWatch(registry, clock);
  const last = (work: string): Gauge =>
    new Gauge({
      ...{ name: `enim_agent_last_${work}_timestamp_seconds`, registers },
      help: `When the agent’s ${work} last ended a round without a failure; 0 if it has not yet.`,
    });
  const ended = new Map(['gc', 'sync'].map((work) => [work, last(work)]));

  return (observation) => {
    switch (observation.kind) {
      case 'work': {
        const { work, outcome, code } = observation;
        const seconds = observation.milliseconds / 1_000;
        const verb = WORK.includes(work) ? work : 'other';
        operations.observe({ verb, outcome }, seconds);
        if (code !== null) failures.inc({ verb, code });
        if (outcome === 'done') ended.get(work)?.set(clock().getTime() / 1_000);
        break;
      }
      case 'request': {
        const { verb, resource, status } = observation;
        requests.inc({ verb, resource, status: status ?? 'none' });
        durations.observe({ verb, resource }, observation.milliseconds / 1_000);
        if (status === 409) conflicts.inc({ resource });
        break;
      }
      case 'lock':
        waits.observe({ kind: observation.lock }, observation.milliseconds / 1_000);
        if (!observation.isHeld) timeouts.inc({ kind: observation.lock });
        break;
      case 'watch':
        watch(observation);
    }
  };
}

/** What Prometheus' own libraries call a process. */
export function countProcess(registry: Registry): void {
  const registers = [registry];
  const start = Date.now() / 1_000 - process.uptime();
  new Counter({
    ...{ name: 'process_cpu_seconds_total', help: 'CPU time that the process has used.', registers },
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(value());
      },
    });
  };
  gauge('process_start_time_seconds', 'When the process was started.', () => start);
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'Open descriptors of the process.', () => readdirSync('/proc/self/fd').length);
}
