/** The agent hears of what changes in the cluster: it acts without waiting for its timers, and asks for nothing while nothing changes. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Agent, startAgent } from '../../fabric/agent.js';
import { resultOf } from '../../fabric/cni.js';
import { fetchPage } from '../../fabric/http.js';
import { eventually } from '../../fabric/poll.js';
import { describeEndToEnd } from '../../fabric/requirements.js';
import { type ApiServer, faults, startApiServer } from '../../kubernetes/apiserver.js';
import { type ClusterNode, createClusterNode, endpointsOf } from '../../kubernetes/clusternode.js';
import { getEni, V2 } from '../../kubernetes/objects.js';
import { isWatch } from '../../kubernetes/proxy.js';

const NEVER = ['--gc-every', '1h', '--sync-every', '1h'];

describeEndToEnd(
  'the agent of a node of a cluster',
  () => {
    let api: ApiServer;
    let cluster: ClusterNode;
    let agent: Agent;
    /** Requests, but for those by which a watch begins. */
    let asked: string[];

    beforeAll(async () => {
      api = await startApiServer();
    });
    afterAll(() => api?.stop());

    let number = 0;
    beforeEach(async () => {
      number += 1;
      cluster = await createClusterNode(api, `watched-${number}`);
      asked = [];
      cluster.proxy.decide = ({ method, path }) => {
        if (!isWatch(path)) asked.push(`${method} ${path}`);
        return 'pass';
      };
    });
    afterEach(async () => {
      await agent?.end();
      await cluster?.destroy();
    });

    const eniID = (): string => cluster.node.eni(0).id;
    const status = async () => (await getEni(api, eniID())).status;
    const setStatus = async (change: object): Promise<void> => {
      const eni = await getEni(api, eniID());
      await api.ask('PUT', `${V2}/enis/${eniID()}/status`, { ...eni, status: { ...eni.status, ...change } });
    };
    const sampleOf = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec((await fetchPage(cluster.node, '/metrics')).text)?.[1]);
    const isFresh = async (): Promise<boolean> =>
      (await sampleOf('enim_watch_objects\\{resource="enis"\\}')) === 1 &&
      (await sampleOf('enim_watch_age_seconds\\{resource="cceendpoints"\\}')) >= 0;
    const isNamed = async (): Promise<boolean> => (await status()).interfaceName === 'cce-eni-0';

    it('makes an ENI ready as soon as it is told of, long before its timer', async () => {
      agent = await startAgent(cluster.node, NEVER);
      await eventually('that it is ready', isNamed);
      await setStatus({ CCEStatus: 'Pending', interfaceName: undefined });
      await eventually('that it is ready again', isNamed);
      expect((await status()).CCEStatus).toBe('ReadyOnNode');
    });

    it('finishes an endpoint as soon as somebody has deleted it, long before its timer', async () => {
      const pod = await cluster.node.pod('web-0');
      agent = await startAgent(cluster.node, NEVER);
      await eventually('that it is ready', isNamed);
      await resultOf(cluster.node, 'ADD', { netns: pod.path });
      const [endpoint] = await endpointsOf(cluster);
      expect(endpoint?.metadata.finalizers).toEqual(['primary-eni']);

      const { namespace, name } = endpoint?.metadata ?? {};
      await api.ask('DELETE', `${V2}/namespaces/${namespace}/cceendpoints/${name}`);
      await eventually('that it is gone', async () => (await endpointsOf(cluster)).length === 0, { timeout: 30_000 });

      expect((await status()).CCEStatus).toBe('ReadyOnNode');
      expect(await cluster.node.link('cce-eni-0')).toMatchObject({ address: cluster.node.eni(0).mac });
    });

    it('asks the API server for nothing while nothing changes, whatever its rounds and scrapes', async () => {
      agent = await startAgent(cluster.node, ['--gc-every', '100ms', '--sync-every', '100ms']);
      await eventually('that it is ready', isNamed);
      await eventually('that it is fresh', isFresh);
      const rounds = (): Promise<number> =>
        sampleOf('enim_operation_duration_seconds_count\\{verb="gc",outcome="done"\\}');
      // What was to be done when it began is done.
      const first = await rounds();
      await eventually('that it is at rest', async () => (await rounds()) > first + 5);

      asked = [];
      const before = await rounds();
      // A scrape looks anew after a second.
      await eventually('rounds and looks', async () => (await rounds()) > before + 20);
      expect(await fetchPage(cluster.node, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
      expect(asked).toEqual([]);
      expect(await sampleOf(`enim_eni_state\\{eni="${eniID()}",state="free"\\}`)).toBe(1);
    });

    it('asks for everything where it may not watch, and says what it lacks', async () => {
      cluster.proxy.decide = ({ method, path }) => {
        if (isWatch(path)) return { status: 403, body: { message: 'User "node" cannot watch' } };
        asked.push(`${method} ${path}`);
        return 'pass';
      };
      agent = await startAgent(cluster.node, ['--gc-every', '100ms', '--sync-every', '100ms']);
      await eventually('that it is ready', isNamed);
      asked = [];
      await setStatus({ CCEStatus: 'Pending', interfaceName: undefined });
      await eventually('that it is ready again', isNamed);
      const { lines } = await agent.stop();
      expect(asked.some((request) => request.startsWith('GET'))).toBe(true);
      expect(lines.map(({ message }) => message)).toContain(
        'watch ended: The user "node" may not watch enis.cce.baidubce.com.',
      );
    });

    it('goes on from settings that name another cluster, or none', async () => {
      agent = await startAgent(cluster.node, NEVER);
      await eventually('that it is ready', isNamed);
      cluster.node.writeSettings({ provider: 'static' });
      agent.kill('SIGHUP');
      await eventually('that it watches no longer', () => cluster.proxy.watches() === 0);
      expect(await sampleOf('enim_watch_age_seconds\\{resource="enis"\\}')).toBeNaN();
      await setStatus({ CCEStatus: 'Pending', interfaceName: undefined });
      cluster.settle(30_000);
      agent.kill('SIGHUP');
      await eventually('that it is ready again', isNamed);
      await eventually('both watches', () => cluster.proxy.watches() === 2);
    });
  },
  faults(),
);
