import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMonitor } from '../../src/metrics/monitor.js';
import type { Faults, Monitor, Probes } from '../../src/metrics/watch.js';
import { enimErrorOf } from '../model/thrown.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const BUILD = { version: '1.2.3', build: 'abc' };

const monitorAt = (address = LOOPBACK): Monitor => createMonitor({ address, build: BUILD, clock: () => new Date() });

describe('the monitor', () => {
  let faults: Faults;
  let monitor: Monitor;
  let opened: { readonly at: string; close(): void };

  const probes: Probes = {
    alive: () => faults,
    ready: async () => faults,
    gcEvery: () => 90_000,
    syncEvery: () => 30_000,
    measure: async () => ({
      ...{ enis: [], attachments: [], quarantines: 3, actions: [], health: null, state: null, locks: [], failures: {} },
    }),
  };

  beforeEach(async () => {
    faults = {};
    monitor = monitorAt();
    opened = await monitor.open(probes);
  });

  afterEach(() => opened.close());

  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(new URL(path, opened.at), { method });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('shows what was measured and what was counted in one text', async () => {
    monitor.observe({ kind: 'work', work: 'ADD', outcome: 'done', code: null, milliseconds: 10 });
    const { status, type, text } = await ask('/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('enim_build_info{version="1.2.3",build="abc"} 1\n');
    expect(text).toContain('\nenim_quarantines 3\n');
    expect(text).toContain('\nenim_agent_gc_interval_seconds 90\n');
    expect(text).toContain('\nenim_agent_sync_interval_seconds 30\n');
    expect(text).toContain('\nenim_operation_duration_seconds_count{verb="ADD",outcome="done"} 1\n');
    expect(text).toContain('\nprocess_open_fds ');
  });

  it.each(['/healthz', '/readyz'])('answers %s with ok, or with what is wrong', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 200, text: 'ok\n' });
    faults = { state: 'it is damaged', provider: 'it is away' };
    expect(await ask(path)).toMatchObject({ status: 503, text: 'state: it is damaged\nprovider: it is away\n' });
  });

  it('says of a bug what it is, and lives on', async () => {
    opened.close();
    monitor = monitorAt();
    const broken = { ...probes, ready: () => Promise.reject(new TypeError('a bug')) };
    opened = await monitor.open(broken);
    expect(await ask('/readyz')).toMatchObject({ status: 500, text: 'a bug\n' });
    expect((await ask('/healthz')).status).toBe(200);
  });

  it.each([
    ['/', 404],
    ['/metrics/', 404],
    ['/constructor', 404],
    ['/metrics?name[]=x', 200],
  ])('answers %s with %d', async (path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  it('lets nobody write', async () => {
    expect(await ask('/metrics', 'POST')).toMatchObject({ status: 405 });
    expect(await ask('/healthz', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('leaves a client that has not asked in time, and meanwhile answers others', async () => {
    const { port } = new URL(opened.at);
    const slow = connect(Number(port), '127.0.0.1');
    slow
      .on('error', () => undefined)
      .resume()
      .write('GET /metrics HTTP/1.1\r\n');
    const closed = new Promise((resolve) => slow.once('close', resolve));
    expect((await ask('/healthz')).status).toBe(200);
    await closed;
  }, 20_000);

  it('says who is in the way where somebody listens already', async () => {
    const port = Number(new URL(opened.at).port);
    const error = await enimErrorOf(() => monitorAt({ ...LOOPBACK, port }).open(probes));
    expect([error.code, error.message]).toEqual(['BUSY', `Somebody else listens on 127.0.0.1:${port}.`]);
    expect(error.hint).toContain(`sport = :${port}`);
  });

  it('says so where the address is none of this node', async () => {
    const error = await enimErrorOf(() => monitorAt({ host: '192.0.2.1', port: 0 }).open(probes));
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      expect.stringMatching(/^It is impossible to listen on 192.0.2.1:0 \(EADDRNOTAVAIL\)/),
    ]);
  });
});
