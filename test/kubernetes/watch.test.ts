/** The watch of a node's objects on a real API server: it shows what the server has, and goes on whatever happens to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Observation, WatchTold } from '../../src/model/observation.js';
import { createNodeWatch, type NodeWatch } from '../../src/providers/kubernetes/watch/watch.js';
import type { News } from '../../src/providers/provider.js';
import { eventually } from '../fabric/poll.js';
import { type ApiServer, describeWithApiServer, startApiServer, transportOf } from './apiserver.js';
import { clear, clusterEni, eniObject, getEni, makeEni, makeSubnet, NODE, V2 } from './objects.js';
import { isWatch, startProxy, type TestProxy } from './proxy.js';

describeWithApiServer('a watch of the objects of a node', () => {
  let api: ApiServer;
  let proxy: TestProxy;
  let watch: NodeWatch;
  let stop: AbortController;
  let seen: Observation[];
  let news: News[];
  let running: Promise<void>;

  beforeAll(async () => {
    api = await startApiServer();
    const user = await api.authority.issue({ name: 'watcher', user: 'node' });
    proxy = await startProxy(api, user, await api.authority.issue({ name: 'front', addresses: ['127.0.0.1'] }));
  });
  afterAll(async () => {
    await proxy?.stop();
    await api?.stop();
  });

  beforeEach(async () => {
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    for (const number of [1, 2]) await makeEni(api, eniObject(clusterEni(number)));
    proxy.decide = () => 'pass';
    [seen, news, stop] = [[], [], new AbortController()];
    watch = createNodeWatch({
      connect: () => ({ transport: transportOf(proxy.kubeconfig) }),
      ...{ node: NODE, clock: () => new Date(), now: () => performance.now(), random: Math.random },
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
      observe: (observation) => void seen.push(observation),
      onNews: (each) => void news.push(each),
    });
    running = watch.run(stop.signal);
    await heard('eni-1 ReadyOnNode', 'eni-2 ReadyOnNode');
    await eventually('both watches', () => told('opened').length >= 2);
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  const told = (what: WatchTold['what'], resource?: string): string[] =>
    seen.flatMap((each) =>
      each.kind === 'watch' && each.what === what && (resource === undefined || each.resource === resource)
        ? [each.reason]
        : [],
    );
  const objects = (): string[] | undefined =>
    watch.heard()?.enis.map(({ metadata, status }) => `${metadata.name} ${status?.CCEStatus}`);
  const heard = (...expected: string[]): Promise<unknown> =>
    eventually(`that ${expected.join(', ')} is heard`, () => objects()?.sort().join() === expected.join());
  const setStatus = async (id: string, status: object): Promise<void> => {
    const eni = await getEni(api, id);
    await api.ask('PUT', `${V2}/enis/${id}/status`, { ...eni, status: { ...eni.status, ...status } });
  };

  it('hears of changes, and lists nothing for that', async () => {
    await setStatus('eni-1', { CCEStatus: 'Pending' });
    await heard('eni-1 Pending', 'eni-2 ReadyOnNode');
    await makeEni(api, eniObject(clusterEni(3)));
    await heard('eni-1 Pending', 'eni-2 ReadyOnNode', 'eni-3 ReadyOnNode');
    await api.ask('DELETE', `${V2}/enis/eni-2`);
    await heard('eni-1 Pending', 'eni-3 ReadyOnNode');
    expect(told('listed', 'enis')).toEqual(['start']);
  });

  it('hears of no other node’s', async () => {
    await makeEni(api, eniObject(clusterEni(3), { node: 'node-2' }));
    await makeEni(api, eniObject(clusterEni(4)));
    await heard('eni-1 ReadyOnNode', 'eni-2 ReadyOnNode', 'eni-4 ReadyOnNode');
  });

  it('says what a change is worth', async () => {
    news.length = 0;
    await setStatus('eni-1', { CCEStatus: 'Pending' });
    await eventually('news', () => news.some(({ sync }) => sync));
    expect(news.some(({ gc }) => gc)).toBe(false);
    await setStatus('eni-1', { VPCStatus: 'detaching' });
    await eventually('news', () => news.some(({ gc }) => gc));
  });

  it('goes on from where it was after a cut', async () => {
    const opened = told('opened').length;
    proxy.cut();
    await setStatus('eni-1', { CCEStatus: 'Pending' });
    await heard('eni-1 Pending', 'eni-2 ReadyOnNode');
    await eventually('both watches', () => told('opened').length === opened + 2);
    expect(told('ended')).toEqual(['cut', 'cut']);
    expect(told('listed')).toEqual(['start', 'start']);
  });

  it.each([
    ['refuses it (HTTP 410)', { status: 410, body: { code: 410, reason: 'Expired' } }],
    [
      'says so in it (410)',
      { status: 200, body: { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } } },
    ],
  ] as const)('lists anew where the server has forgotten its version and %s', async (_, fate) => {
    const text = `${JSON.stringify(fate.body)}\n`;
    const forgotten = new Set<string>();
    proxy.decide = ({ path }) => {
      const [resource = ''] = path.split('?');
      if (!isWatch(path) || forgotten.has(resource)) return 'pass';
      forgotten.add(resource);
      return { status: fate.status, body: text };
    };
    proxy.cut();
    await eventually('both lists', () => told('listed').filter((reason) => reason === 'gone').length === 2);
    await setStatus('eni-2', { CCEStatus: 'Pending' });
    await heard('eni-1 ReadyOnNode', 'eni-2 Pending');
  });

  it('goes on after something that is no event', async () => {
    let bad = 2;
    proxy.decide = ({ path }) => (isWatch(path) && bad-- > 0 ? { status: 200, body: '{"type":"ADD\n' } : 'pass');
    proxy.cut();
    await setStatus('eni-2', { CCEStatus: 'Pending' });
    await heard('eni-1 ReadyOnNode', 'eni-2 Pending');
    expect(told('listed')).toEqual(['start', 'start']);
    expect(told('ended').filter((reason) => reason === 'garbage')).toHaveLength(2);
  });

  it('shows nothing while the server is away, and lists anew once it is there again and etcd has forgotten its version', async () => {
    // A change of something else, which a watch is not told of.
    await api.ask('POST', '/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
    await api.kill();
    await eventually('that it is noticed', () => watch.heard() === undefined);
    await api.compact();
    api.restart();
    await api.ready();
    await setStatus('eni-1', { CCEStatus: 'Pending' });
    await heard('eni-1 Pending', 'eni-2 ReadyOnNode');
    for (const resource of ['enis', 'cceendpoints'])
      await eventually(`a list of ${resource}`, () => told('listed', resource).includes('gone'));
  }, 120_000);

  it('ends when it is to end', async () => {
    stop.abort();
    await running;
    const before = seen.length;
    await setStatus('eni-1', { CCEStatus: 'Pending' });
    expect(seen.slice(before).filter(({ kind }) => kind === 'watch')).toEqual([]);
  });
});
