/** A day of a node, played: what is asked of the API server, how often somebody is sent to look, and what is kept meanwhile. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createNudge } from '../../../../src/agent/nudge.js';
import { repeat } from '../../../../src/agent/timer.js';
import type { ApiResponse, Connection } from '../../../../src/providers/kubernetes/transport.js';
import { createNodeWatch, type NodeWatch } from '../../../../src/providers/kubernetes/watch/watch.js';
import { createClock, type TestClock } from '../../../agent/clock.js';
import { clusterEni, eniObject, NODE } from '../../../kubernetes/objects.js';
import { createServer, type TestServer } from './server.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ENIS = 256;

/** As an ENI at this time of its life. */
const eni = (number: number, status: object = {}) => eniObject(clusterEni(number), { status: { ...status } });

describe('a day of a watch', () => {
  let clock: TestClock;
  let server: TestServer;
  let watch: NodeWatch;
  let stop: AbortController;
  /** Rounds that ran, by what they do. */
  let rounds: { gc: number; sync: number };
  /** The most that waited at once. */
  let sleepers: number;
  let running: Promise<unknown>;

  beforeEach(() => {
    clock = createClock();
    server = createServer(clock);
    stop = new AbortController();
    rounds = { gc: 0, sync: 0 };
    sleepers = 0;
    for (let number = 1; number <= ENIS; number += 1) server.write('ADDED', 'enis', eni(number));
    start(() => ({ transport: server.transport }));
  });

  const start = (connect: () => Connection): void => {
    const nudges = { gc: createNudge(clock), sync: createNudge(clock) };
    let seed = 1;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    watch = createNodeWatch({
      connect,
      ...{ node: NODE, clock: () => new Date(clock.now()), now: clock.now, sleep: clock.sleep, random },
      observe: () => {
        sleepers = Math.max(sleepers, clock.sleepers());
      },
      onNews(news) {
        if (news.gc) nudges.gc.nudge();
        if (news.sync) nudges.sync.nudge();
      },
    });
    const round = (what: 'gc' | 'sync'): Promise<void> =>
      repeat(
        async () => {
          rounds[what] += 1;
        },
        { every: () => 60 * MINUTE, sleep: nudges[what].sleep, random },
        stop.signal,
      );
    running = Promise.all([watch.run(stop.signal), round('gc'), round('sync')]);
  };

  const until = async (time: number): Promise<void> => {
    await clock.until(clock.sleep(time - clock.now(), new AbortController().signal));
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.until(running);
    expect([clock.sleepers(), server.watches()]).toEqual([0, 0]);
  };
  const requests = (): Record<string, number> => Object.fromEntries(server.asked);
  const heard = (): string[] | undefined => watch.heard()?.enis.map((each) => versionOf(each));
  const present = (): string[] => server.items('enis').map((each) => versionOf(each));
  const versionOf = ({ metadata }: { metadata: { name: string; resourceVersion?: string } }): string =>
    `${metadata.name} ${metadata.resourceVersion}`;

  it('in which nothing happens takes a watch every 5 to 10 minutes, a list every half hour or so, and no round but those of timers', async () => {
    await until(DAY);
    expect(heard()).toEqual(present());
    for (const kind of ['enis', 'cceendpoints']) {
      expect(requests()[`watch ${kind}`]).toBeGreaterThanOrEqual(DAY / (10 * MINUTE));
      expect(requests()[`watch ${kind}`]).toBeLessThanOrEqual(DAY / (5 * MINUTE));
      expect(requests()[`list ${kind}`]).toBeGreaterThanOrEqual(DAY / (40 * MINUTE) - 1);
      expect(requests()[`list ${kind}`]).toBeLessThanOrEqual(DAY / (30 * MINUTE) + 1);
    }
    // An hour each, give or take a tenth; and one because of the first list.
    for (const what of ['gc', 'sync'] as const) expect(Math.abs(rounds[what] - 25)).toBeLessThanOrEqual(3);
    await end();
  });

  it('with 10,000 events keeps no more than there is, and sends nobody more often than it may', async () => {
    await until(MINUTE);
    const before = { ...requests() };
    for (let event = 0; event < 10_000; event += 1) {
      const number = 1 + (event % ENIS);
      server.write('MODIFIED', 'enis', eni(number, { CCEStatus: event % 2 === 0 ? 'Pending' : 'ReadyOnNode' }));
      if (event % 100 === 0) await until(clock.now() + 100);
    }
    await until(clock.now() + MINUTE);
    expect(heard()).toEqual(present());
    expect(heard()).toHaveLength(ENIS);
    expect(requests()).toEqual(before);
    // 10 s of it, in which the pauses are 0.1 s, 0.5 s, 1 s, 2 s, 4 s, 8 s; and what was before.
    expect(rounds.sync).toBeGreaterThan(1);
    expect(rounds.sync).toBeLessThanOrEqual(8);
    expect(sleepers).toBeLessThanOrEqual(12);
    await end();
  }, 60_000);

  it('on which the server is away for hours is asked less and less, and once it is back all is heard', async () => {
    await until(10 * MINUTE);
    server.away(true);
    server.cut();
    const before = requests()['watch enis'] ?? 0;
    await until(5 * 60 * MINUTE);
    expect(watch.heard()).toBeUndefined();
    // Every 30 to 60 s.
    expect((requests()['watch enis'] ?? 0) - before).toBeLessThanOrEqual(2 * 290 + 10);
    for (let number = 1; number <= ENIS; number += 1) server.write('MODIFIED', 'enis', eni(number));
    server.away(false);
    await until(clock.now() + 3 * MINUTE);
    expect(heard()).toEqual(present());
    await end();
  });

  it('on which its access is another by now goes on with that once a watch is refused', async () => {
    let valid = 1;
    const connect = (): Connection => {
      const own = valid;
      const { transport } = server;
      const refusal: ApiResponse = { status: 401, retryAfter: null, body: '{"message":"Unauthorized"}' };
      return {
        transport: {
          ...transport,
          send: async (request) => (own === valid ? transport.send(request) : refusal),
          follow: async (request, signal) => (own === valid ? transport.follow(request, signal) : refusal),
        },
      };
    };
    stop.abort();
    await clock.until(running);
    stop = new AbortController();
    start(connect);
    await until(MINUTE);
    valid = 2;
    // Until the last watch of the old one has come to its end.
    await until(12 * MINUTE);
    server.write('MODIFIED', 'enis', eni(1));
    await until(13 * MINUTE);
    expect(heard()).toEqual(present());
    await end();
  });

  it('on which connections are lost without a word shows nothing that is old, and hears of it all in three minutes', async () => {
    await until(10 * MINUTE);
    const lists = requests()['list enis'];
    server.lose();
    server.write('MODIFIED', 'enis', eni(1));
    await until(clock.now() + 3 * MINUTE);
    expect(heard()).toEqual(present());
    expect(requests()['list enis']).toBe(lists);
    server.away(true);
    server.lose();
    await until(clock.now() + 3 * MINUTE);
    expect(heard()).toBeUndefined();
    await end();
  });

  it('tells when an endpoint that was deleted may be finished, and when one that was never finished may go', async () => {
    await until(10 * MINUTE);
    const endpoint = (name: string, metadata: object) => ({
      metadata: { name, namespace: 'default', uid: name, finalizers: ['primary-eni'], ...metadata, ...OURS },
      spec: { network: { ipAllocation: { type: 'PrimaryENI' } }, 'external-identifiers': { 'container-id': name } },
    });
    const at = (): string => new Date(clock.now()).toISOString();
    const { gc } = rounds;
    server.write('ADDED', 'cceendpoints', endpoint('web-0', { creationTimestamp: at() }));
    await until(clock.now() + 29_000);
    expect(rounds.gc).toBe(gc);
    await until(clock.now() + 3_000);
    expect(rounds.gc).toBe(gc + 1);
    const created = at();
    server.write('ADDED', 'cceendpoints', endpoint('web-1', { creationTimestamp: created }));
    server.write(
      'MODIFIED',
      'cceendpoints',
      endpoint('web-1', { creationTimestamp: created, deletionTimestamp: at() }),
    );
    await until(clock.now() + 1_900);
    expect(rounds.gc).toBe(gc + 1);
    await until(clock.now() + 2_000);
    expect(rounds.gc).toBe(gc + 2);
    // As it is told by a server whose clock is behind, or that was away.
    await until(clock.now() + MINUTE);
    const past = new Date(clock.now() - 5_000).toISOString();
    server.write('ADDED', 'cceendpoints', endpoint('web-2', { creationTimestamp: created, deletionTimestamp: past }));
    await until(clock.now() + 1_500);
    expect(rounds.gc).toBe(gc + 3);
    await end();
  });

  it('waits no longer than a timer can for what a clock that was wrong has dated years ahead', async () => {
    await until(10 * MINUTE);
    const since = new Date(clock.now() + 5 * 365 * 24 * 60 * MINUTE).toISOString();
    const finalizers = ['primary-eni'];
    const metadata = {
      name: 'web-0',
      namespace: 'default',
      uid: 'web-0',
      finalizers,
      creationTimestamp: since,
      ...OURS,
    };
    const spec = {
      network: { ipAllocation: { type: 'PrimaryENI' } },
      'external-identifiers': { 'container-id': 'web-0' },
    };
    const endpoint = { metadata, spec };
    server.write('ADDED', 'cceendpoints', endpoint);
    const { gc } = rounds;
    await until(clock.now() + 20 * MINUTE);
    expect([rounds.gc, watch.heard()?.endpoints.length]).toEqual([gc, 1]);
    await end();
  });
});

const OURS = { annotations: { 'cce.baidubce.com/enim-network': 'eninet', 'cce.baidubce.com/enim-ifname': 'eth0' } };
