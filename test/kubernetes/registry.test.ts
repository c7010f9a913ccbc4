import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createKubernetesProvider } from '../../src/providers/kubernetes/provider.js';
import type { Provider, Registry } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, type Stored, startApiServer } from './apiserver.js';
import { open } from './bench.js';
import { clear, clusterEni, eniObject, getEni, listEndpoints, makeEni, makeSubnet, V2 } from './objects.js';

describeWithApiServer('the registry of the kubernetes provider, with the rights of deploy/rbac.yaml,', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  let state: string;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());
  beforeEach(async () => {
    state = temporary();
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    await makeEni(api, eniObject(clusterEni(1)));
  });

  const web = sampleEndpoint({ uid: 'pod-1' });
  const CEP = `${V2}/namespaces/default/cceendpoints/web-0`;
  /** A client, of a time that has still to come. */
  const client = (seconds = 0): Provider & { readonly registry: Registry } =>
    open({ kubeconfig: api.node, state, clock: () => new Date(Date.now() + seconds * 1_000) }) as never;
  const givenUp = async (): Promise<(string | null)[]> =>
    (await client(40).registry.withdrawals()).map(({ eni }) => eni);

  const removeEndpoint = async (): Promise<void> => {
    const now = await api.ask('GET', CEP);
    await api.ask('PUT', CEP, { ...now, metadata: { ...now.metadata, finalizers: [] } });
    await api.ask('DELETE', CEP);
  };

  describe('an endpoint', () => {
    it('that has its ENI is not given up', async () => {
      await client().allocate(web, ['eni-1']);
      expect(await givenUp()).toEqual([]);
    });

    it('that somebody deletes is, and a release of it frees the ENI and removes it', async () => {
      await client().allocate(web, ['eni-1']);
      await api.ask('DELETE', CEP);
      expect(await givenUp()).toEqual(['eni-1']);
      await client().release(web);
      expect([await givenUp(), await listEndpoints(api)]).toEqual([[], []]);
    });

    it('that is gone is, but not one that only has lost its label', async () => {
      await client().allocate(web, ['eni-1']);
      const now = await api.ask('GET', CEP);
      await api.ask('PUT', CEP, { ...now, metadata: { ...now.metadata, labels: {} } });
      expect(await givenUp()).toEqual([]);
      await removeEndpoint();
      expect(await givenUp()).toEqual(['eni-1']);
    });

    it('of an add that was killed is, but not where its ENI only has lost its label', async () => {
      await client().allocate(web, ['eni-1']);
      const eni = await getEni(api, 'eni-1');
      const bare = await api.ask('PUT', `${V2}/enis/eni-1`, { ...eni, metadata: { ...eni.metadata, labels: {} } });
      expect(await givenUp()).toEqual([]);
      const { endpointReference, ...status } = bare.status;
      await api.ask('PUT', `${V2}/enis/eni-1/status`, { ...bare, status });
      expect(await givenUp()).toEqual([null]);
      await client().release(web);
      expect(await listEndpoints(api)).toEqual([]);
    });
  });

  describe('a pod', () => {
    const makePod = (name: string, annotations = {}): Promise<Stored> =>
      api.ask('POST', '/api/v1/namespaces/default/pods', {
        metadata: { name, annotations },
        spec: { containers: [{ name: 'c', image: 'none' }] },
      });
    const fate = (owner: string, uid: string | null) => client().registry.fateOf(sampleEndpoint({ owner, uid }));

    it('is there by its UID, and gone if another has its name', async () => {
      const { metadata } = await makePod('here');
      expect(await fate('default/here', metadata.uid)).toBe('there');
      expect([await fate('default/here', 'former'), await fate('default/nobody', 'former')]).toEqual(['gone', 'gone']);
    });

    it('without a UID is there by its name, and nobody knows whether it is gone', async () => {
      await makePod('namesake');
      expect(await fate('default/namesake', null)).toBe('there');
      expect([await fate('default/nobody', null), await fate('Default/No_Pod', 'u')]).toEqual(['unknown', 'unknown']);
    });

    it('of a file of the node is there by the UID that its mirror speaks of', async () => {
      await makePod('static', { 'kubernetes.io/config.hash': 'of-the-file' });
      expect(await fate('default/static', 'of-the-file')).toBe('there');
    });
  });

  it('evicts no pod of a namespace that is being deleted, and takes that for no want of rights', async () => {
    await api.ask('POST', '/api/v1/namespaces', { metadata: { name: 'ending' } });
    const { metadata } = await api.ask('POST', '/api/v1/namespaces/ending/pods', {
      metadata: { name: 'web-0' },
      spec: { containers: [{ name: 'c', image: 'none' }] },
    });
    await api.ask('DELETE', '/api/v1/namespaces/ending');
    const endpoint = sampleEndpoint({ owner: 'ending/web-0', uid: metadata.uid });
    const error = await enimErrorOf(async () => client().evictor?.evict(endpoint));
    expect([error.code, error.message]).toEqual(['API_INCOMPLETE', expect.stringContaining('ending is being deleted')]);
  });

  describe('the event of a pod that gets no ENI', () => {
    let pods = 0;
    beforeEach(() => {
      pods += 1;
    });
    const registry = (kubeconfig: string, asked: string[] = [], clock?: () => Date): Registry =>
      (
        open({
          ...{ kubeconfig, state, before: ({ method }) => void asked.push(method) },
          ...(clock ? { clock } : {}),
        }) as Provider & { readonly registry: Registry }
      ).registry;
    const pod = () => sampleEndpoint({ owner: `default/web-${pods}`, uid: `pod-${pods}` });
    /** As `kubectl describe pod` asks for them. */
    const eventsOf = async ({ uid }: { uid: string | null }): Promise<readonly Stored[]> =>
      (await api.ask('GET', `/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid=${uid}`))
        .items as Stored[];

    it('names pod, reason and message, and enim on this node as the one who says so', async () => {
      await registry(api.node).warn(pod(), { reason: 'NoFreeENI', message: 'No ENI is free. Try: enim gc' });
      expect(await eventsOf(pod())).toMatchObject([
        {
          involvedObject: { kind: 'Pod', namespace: 'default', name: `web-${pods}`, uid: `pod-${pods}` },
          ...{ type: 'Warning', reason: 'NoFreeENI', message: 'No ENI is free. Try: enim gc', count: 1 },
          ...{ source: { component: 'enim', host: 'node-1' }, reportingComponent: 'enim', reportingInstance: 'node-1' },
        },
      ]);
    });

    it('is one for each reason, which counts and says when and how it was last', async () => {
      const asked: string[] = [];
      for (const [minute, message] of ['first', 'second', 'third'].entries()) {
        const clock = () => new Date(Date.UTC(2026, 0, 1, 0, minute));
        await registry(api.node, asked, clock).warn(pod(), { reason: 'NoFreeENI', message });
      }
      await registry(api.node).warn(pod(), { reason: 'NICMissing', message: 'It is not at home.' });
      const [first, second] = [...(await eventsOf(pod()))].sort((a, b) => a.message.length - b.message.length);
      expect(first).toMatchObject({
        ...{ count: 3, message: 'third' },
        ...{ firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:02:00Z' },
      });
      expect(second).toMatchObject({ count: 1, reason: 'NICMissing' });
      expect(asked).toEqual(['POST', 'POST', 'PATCH', 'PATCH', 'POST', 'PATCH', 'PATCH']);
    });

    it('of the pod’s namesake is another', async () => {
      const former = { ...pod(), uid: `former-${pods}` };
      await registry(api.node).warn(former, { reason: 'NoFreeENI', message: 'none' });
      await registry(api.node).warn(pod(), { reason: 'NoFreeENI', message: 'none' });
      expect((await eventsOf(pod())).map(({ count }) => count)).toEqual([1]);
    });

    it('is no longer than an event may be', async () => {
      await registry(api.node).warn(pod(), { reason: 'NICSetUpFailed', message: 'x'.repeat(5_000) });
      expect((await eventsOf(pod()))[0]?.message).toMatch(/^x{1023}…$/);
    });

    it('is nothing for an owner that can be no pod', async () => {
      const asked: string[] = [];
      await registry(api.node, asked).warn({ ...pod(), owner: 'Default/No_Pod' }, { reason: 'X', message: 'none' });
      expect(asked).toEqual([]);
    });

    it('is refused without rights', async () => {
      const refused = registry(api.stranger).warn(pod(), { reason: 'NoFreeENI', message: 'none' });
      expect(await enimErrorOf(() => refused)).toMatchObject({
        code: 'API_DENIED',
        message: 'The user "stranger" may not create events.',
      });
    });

    it('is given up after a second', async () => {
      const timeouts: number[] = [];
      const busy = createKubernetesProvider({
        connect: () => ({
          transport: {
            ...{ server: 'https://api', certificateEnd: null },
            async send({ timeout }) {
              timeouts.push(timeout);
              return { status: 429, retryAfter: 1, body: '{}' };
            },
            follow: async () => null,
          },
        }),
        ...{ node: 'node-1', subnets: '', alone: async (work) => work(), clock: () => new Date() },
        sleep: async () => undefined,
        patience: { total: 60_000, request: 60_000 },
      });
      const asked = busy.registry.warn(pod(), { reason: 'NoFreeENI', message: 'none' });
      expect(await enimErrorOf(() => asked)).toMatchObject({ message: expect.stringContaining('within 1 s') });
      expect(timeouts).toEqual([expect.any(Number)]);
      expect(timeouts[0]).toBeLessThanOrEqual(1_000);
    });
  });
});
