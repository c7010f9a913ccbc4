import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Provider, Registry } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, type Stored, startApiServer } from './apiserver.js';
import { open } from './bench.js';
import { clear, clusterEni, eniObject, getEni, listEndpoints, makeEni, makeSubnet, V2 } from './objects.js';

describeWithApiServer('what the kubernetes provider gives up, with the rights of deploy/rbac.yaml,', () => {
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
    it('that has its ENI is not', async () => {
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
});
