import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiRequest } from '../../src/providers/kubernetes/transport.js';
import type { Provider } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, type Stored, startApiServer, transportOf } from './apiserver.js';
import { nameOf, open } from './bench.js';
import { clear, clusterEni, eniObject, getEni, listEndpoints, makeEni, makeSubnet, NODE, V2 } from './objects.js';

describeWithApiServer('the kubernetes provider', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  let state: string;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());

  const web = sampleEndpoint({ uid: 'pod-uid-1' });
  const ids = ['eni-1', 'eni-2', 'eni-3'];

  beforeEach(async () => {
    state = temporary();
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    for (const number of [1, 2, 3]) await makeEni(api, eniObject(clusterEni(number)));
  });

  const client = (before?: (request: ApiRequest) => void | Promise<void>, total = 30_000): Provider =>
    open({ kubeconfig: api.node, state, patience: { total, request: 10_000 }, ...(before ? { before } : {}) });

  /** A client that is killed once it has written so often. */
  const mortal = (writes: number): Provider => {
    let done = 0;
    return client(({ method }) => {
      if (method !== 'GET' && done++ >= writes) {
        done = Number.POSITIVE_INFINITY;
        throw new Error('killed');
      }
    }, 300);
  };

  const endpoints = async (): Promise<string[]> => (await listEndpoints(api)).map(({ metadata }) => metadata.name);
  const holders = async (): Promise<(string | undefined)[]> =>
    (await client().list()).map(({ holder }) => holder?.containerID);

  /** One more endpoint object, as another agent or node would make it. */
  const makeEndpoint = (name: string, object: Readonly<Record<string, unknown>>, node = NODE): Promise<Stored> =>
    api.ask('POST', `${V2}/namespaces/default/cceendpoints`, {
      ...{ apiVersion: 'cce.baidubce.com/v2', kind: 'CCEEndpoint' },
      metadata: { name, namespace: 'default', labels: { 'cce.baidubce.com/node': node }, finalizers: ['primary-eni'] },
      ...object,
    });
  const primary = (container: string) => ({
    spec: {
      'external-identifiers': { 'container-id': container, 'k8s-namespace': 'default', 'k8s-pod-name': 'web-0' },
      network: { ipAllocation: { type: 'PrimaryENI' } },
    },
  });

  describe('the requests', () => {
    const count = async (work: (provider: Provider) => Promise<unknown>): Promise<string[]> => {
      const seen: string[] = [];
      await work(client((request) => void seen.push(nameOf(request))));
      return seen;
    };

    it('of an add are two reads and three writes, of a release after a look three writes', async () => {
      // The first look on a node asks for the subnet as well.
      expect(await count((provider) => provider.list())).toContain('GET subnets');
      const added = await count(async (provider) => {
        await provider.list();
        await provider.allocate(web, ids);
      });
      const reads = ['GET enis', 'GET cceendpoints'];
      expect(added).toEqual([...reads, 'POST cceendpoints', 'PUT enis/status', 'PUT cceendpoints']);
      const released = await count(async (provider) => {
        await provider.list();
        await provider.release(web);
      });
      expect(released).toEqual([...reads, 'PUT enis/status', 'DELETE cceendpoints', 'PUT cceendpoints']);
    });

    it('of a release are sent after what has to be recorded before, and not at all where that fails', async () => {
      await client().allocate(web, ids);
      const asked: string[] = [];
      const told = client((request) => void asked.push(nameOf(request)));
      let write: () => void = () => {};
      const after = new Promise<void>((resolve) => (write = resolve));
      const released = told.release(web, { after });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(asked).toEqual([]);
      write();
      await released;
      expect(asked).not.toEqual([]);
      asked.length = 0;
      const failed = Promise.reject(new Error('the disk is full'));
      await expect(told.release(web, { after: failed })).rejects.toThrow('the disk is full');
      expect(asked).toEqual([]);
    });

    it('of an endpoint that has its ENI already write nothing', async () => {
      await client().allocate(web, ids);
      const again = await count((provider) => provider.allocate(web, ids));
      expect(again).toEqual(['GET enis', 'GET cceendpoints']);
    });
  });

  describe('what is written', () => {
    it('names the netns where it is known, and takes no attachment’s own for it', async () => {
      const netns = async (): Promise<unknown[]> =>
        (await listEndpoints(api)).flatMap(({ spec, status }) =>
          [spec, status].map((each) => each['external-identifiers'].netns),
        );
      await client().allocate(web, ['eni-1'], { netns: '/run/netns/web-0' });
      expect(await netns()).toEqual(['/run/netns/web-0', '/run/netns/web-0']);
      await client().release(web);
      await client().allocate({ ...web, netns: { path: '/run/netns/web-0', inode: 1 } } as never, ['eni-1']);
      expect(await netns()).toEqual([undefined, undefined]);
    });

    it('makes an endpoint object that says all that others want to know', async () => {
      await client().allocate(web, ids);
      const [endpoint] = await listEndpoints(api);
      const identifiers = {
        ...{ 'container-id': 'c1', 'k8s-namespace': 'default', 'k8s-pod-name': 'web-0', 'k8s-object-id': 'pod-uid-1' },
        ...{ cnidriver: 'enim', 'external-identifier': 'eni-1' },
      };
      expect(endpoint).toMatchObject({
        metadata: {
          ...{ name: 'web-0', namespace: 'default', finalizers: ['primary-eni'] },
          labels: { 'cce.baidubce.com/node': NODE },
          annotations: { 'cce.baidubce.com/enim-network': 'enim', 'cce.baidubce.com/enim-ifname': 'eth0' },
        },
        spec: {
          'external-identifiers': identifiers,
          network: {
            ipAllocation: { type: 'PrimaryENI', releaseStrategy: 'TTL', node: NODE, useIPV4: true, useIPV6: false },
          },
        },
        status: {
          'external-identifiers': identifiers,
          networking: {
            ips: '10.1.0.11',
            addressing: [
              {
                ...{ ip: '10.1.0.11', family: '4', gateway: '10.1.0.1', cidrs: ['10.1.0.0/24'] },
                ...{ vpcID: 'vpc-1', subnet: 'sbn-1', interface: 'eni-1' },
              },
            ],
          },
          state: 'ip-allocated',
          log: [{ code: 'ok', state: 'ip-allocated', timestamp: expect.any(String) }],
        },
      });
    });

    it('keeps what enim does not know, and numbers that are too long for a double', async () => {
      // As text: no object of ours could hold the number.
      const eni = eniObject(clusterEni(4), {
        spec: { futureField: { deep: [1, null, 'x'] } },
        status: { futureState: { a: { b: 1 } }, VPCStatusChangeLog: [{ code: 'ok', other: 1 }], interfaceIndex: 7 },
      });
      const made = await makeEni(api, eni);
      const text = JSON.stringify({ ...made, status: { ...eni.status, vpcVersion: 0 } });
      const path = `${V2}/enis/eni-4`;
      await raw('PUT', `${path}/status`, text.replace('"vpcVersion":0', '"vpcVersion":9223372036854775807'));
      const [before] = [(await api.try('GET', path)).body];
      for (const part of ['"vpcVersion":9223372036854775807', 'futureField', 'futureState'])
        expect(before).toContain(part);

      await client().allocate(web, ['eni-4']);
      await client().release(web);
      const after = (await api.try('GET', path)).body;
      expect(after).toContain('"vpcVersion":9223372036854775807');
      expect(plain(after)).toEqual(plain(before));
    });

    const raw = async (method: 'PUT', path: string, text: string): Promise<void> => {
      const { transportOf } = await import('./apiserver.js');
      const answer = await transportOf(api.admin).send({ method, path, body: text, timeout: 10_000 });
      expect(answer.status).toBe(200);
    };

    /** An ENI object without what an allocate and a release change. */
    const plain = (text: string): unknown => {
      const { metadata, status, ...rest } = JSON.parse(text) as Stored;
      const { resourceVersion, managedFields, ...meta } = metadata as unknown as Record<string, unknown>;
      return { ...rest, metadata: meta, status: { ...status, CCEStatusChangeLog: null } };
    };

    it('keeps fields of an endpoint object that others have put there', async () => {
      await client().allocate(web, ids);
      const [endpoint] = await listEndpoints(api);
      await api.ask('PUT', `${V2}/namespaces/default/cceendpoints/web-0`, {
        ...endpoint,
        metadata: { ...endpoint?.metadata, annotations: { ...endpoint?.metadata.annotations, theirs: 'x' } },
        spec: { ...endpoint?.spec, theirs: { a: 1 } },
        status: { ...endpoint?.status, state: 'restoring', theirs: [1] },
      });
      await client().allocate(web, ids);
      expect((await listEndpoints(api))[0]).toMatchObject({
        metadata: { annotations: { theirs: 'x', 'cce.baidubce.com/enim-network': 'enim' } },
        spec: { theirs: { a: 1 } },
        status: { theirs: [1], state: 'ip-allocated' },
      });
    });

    it('logs each change of the ENI’s state, and keeps the last 20', async () => {
      const entry = (hour: number) => ({
        code: 'ok',
        time: `2025-01-01T${hour + 10}:00:00Z`,
        CCEStatus: 'ReadyOnNode',
      });
      const log = Array.from({ length: 12 }, (_, index) => entry(index));
      await makeEni(api, eniObject(clusterEni(4), { status: { CCEStatusChangeLog: log } }));
      for (let round = 0; round < 5; round += 1) {
        await client().allocate(web, ['eni-4']);
        await client().release(web);
      }
      const { CCEStatusChangeLog: now } = (await getEni(api, 'eni-4')).status;
      expect(now).toHaveLength(20);
      expect(now[0]).toEqual(entry(2));
      expect(now.slice(-2)).toEqual([
        expect.objectContaining({
          code: 'ok',
          CCEStatus: 'UsingInPod',
          message: expect.stringContaining('default/web-0'),
        }),
        expect.objectContaining({ code: 'ok', CCEStatus: 'ReadyOnNode' }),
      ]);
    });
  });

  describe('killed in the middle', () => {
    it.each([0, 1, 2])('of an allocate, after %d writes, is resumed by the next', async (writes) => {
      await mortal(writes)
        .allocate(web, ids)
        .catch(() => undefined);
      expect(await client().allocate(web, ids)).toEqual(clusterEni(1));
      expect(await holders()).toEqual(['c1', undefined, undefined]);
      expect(await listEndpoints(api)).toEqual([
        expect.objectContaining({ status: expect.objectContaining({ state: 'ip-allocated' }) }),
      ]);
    });

    it.each([0, 1, 2])('of an allocate, after %d writes, is cleaned up by a release', async (writes) => {
      await mortal(writes)
        .allocate(web, ids)
        .catch(() => undefined);
      await client().release(web);
      expect([await holders(), await endpoints()]).toEqual([[undefined, undefined, undefined], []]);
    });

    it.each([0, 1, 2])('of a release, after %d writes, is finished by the next', async (writes) => {
      await client().allocate(web, ids);
      await mortal(writes)
        .release(web)
        .catch(() => undefined);
      await client().release(web);
      expect([await holders(), await endpoints()]).toEqual([[undefined, undefined, undefined], []]);
    });

    it('of a release, is no obstacle to a new allocate of the same endpoint', async () => {
      await client().allocate(web, ids);
      await mortal(2)
        .release(web)
        .catch(() => undefined);
      expect((await listEndpoints(api))[0]?.metadata.deletionTimestamp).toBeDefined();
      await client().allocate(web, ids);
      expect((await holders()).filter((each) => each === 'c1')).toHaveLength(1);
      expect((await listEndpoints(api))[0]?.metadata.deletionTimestamp).toBeUndefined();
    });
  });

  describe('the name of an endpoint object', () => {
    it('is the pod’s; while a former container of it holds an ENI, a new one gets a sibling', async () => {
      await client().allocate(web, ids);
      const next = sampleEndpoint({ containerID: 'c2' });
      expect((await client().allocate(next, ids)).id).toBe('eni-2');
      expect(await endpoints()).toEqual(['web-0', expect.stringMatching(/^web-0-[0-9a-f]{8}$/)]);
      await client().release(web);
      expect(await holders()).toEqual([undefined, 'c2', undefined]);
      await client().release(next);
      expect(await endpoints()).toEqual([]);
    });

    it('is taken over from one that no ENI names and whose container is another', async () => {
      const { metadata } = await makeEndpoint('web-0', primary('c0'));
      await client().allocate(web, ids);
      expect(await listEndpoints(api)).toEqual([
        expect.objectContaining({ metadata: expect.objectContaining({ name: 'web-0' }) }),
      ]);
      expect((await listEndpoints(api))[0]?.metadata.uid).not.toBe(metadata.uid);
    });

    it.each([
      ['of another node', () => makeEndpoint('web-0', primary('c0'), 'node-2')],
      ['of a pod that shares an ENI', () => makeEndpoint('web-0', { spec: {} })],
      [
        'that somebody else still holds on to',
        async () => {
          const made = await makeEndpoint('web-0', primary('c0'));
          const metadata = { ...made.metadata, finalizers: ['primary-eni', 'example.org/theirs'] };
          return api.ask('PUT', `${V2}/namespaces/default/cceendpoints/web-0`, { ...made, metadata });
        },
      ],
      [
        'whose ENI is in no list',
        async () => {
          await makeEni(api, eniObject(clusterEni(4)));
          await client().allocate(sampleEndpoint({ containerID: 'c0' }), ['eni-4']);
          const eni = await getEni(api, 'eni-4');
          await api.ask('PUT', `${V2}/enis/eni-4`, { ...eni, metadata: { ...eni.metadata, labels: {} } });
          return api.ask('GET', `${V2}/namespaces/default/cceendpoints/web-0`);
        },
      ],
    ])('is not taken from an object %s', async (_, make) => {
      const { metadata } = await make();
      await client().allocate(web, ids);
      const all = await listEndpoints(api);
      const other = all.find(({ metadata: { uid } }) => uid === metadata.uid);
      expect(other).toBeDefined();
      expect(other?.metadata.deletionTimestamp).toBeUndefined();
      expect(all).toHaveLength(2);
      expect(await holders()).toEqual(['c1', undefined, undefined]);
    });

    it('is a sibling’s where what the same endpoint had before is kept from its end by somebody else', async () => {
      await client().allocate(web, ids);
      const path = `${V2}/namespaces/default/cceendpoints/web-0`;
      const made = await api.ask('GET', path);
      const metadata = { ...made.metadata, finalizers: [...(made.metadata.finalizers ?? []), 'example.org/theirs'] };
      await api.ask('PUT', path, { ...made, metadata });
      await client().release(web);
      expect((await api.ask('GET', path)).metadata.finalizers).toEqual(['example.org/theirs']);
      await client(undefined, 3_000).allocate(web, ids);
      expect((await holders()).filter((each) => each === 'c1')).toHaveLength(1);
      await client().release(web);
      expect([await holders(), await endpoints()]).toEqual([[undefined, undefined, undefined], ['web-0']]);
    });
  });

  describe('a release', () => {
    it('lets go of the endpoint object also where that has lost its label', async () => {
      await client().allocate(web, ids);
      const path = `${V2}/namespaces/default/cceendpoints/web-0`;
      const made = await api.ask('GET', path);
      await api.ask('PUT', path, { ...made, metadata: { ...made.metadata, labels: {} } });
      await client().release(web);
      expect([await holders(), await endpoints()]).toEqual([[undefined, undefined, undefined], []]);
    });

    it('that comes late leaves the pod’s next container alone (sriov-cni#219)', async () => {
      await client().allocate(web, ids);
      await client().release(web);
      const next = sampleEndpoint({ containerID: 'c2' });
      await client().allocate(next, ids);
      await client().release(web);
      expect([await holders(), await endpoints()]).toEqual([[undefined, 'c2', undefined], ['web-0']]);
    });

    it('lets go of the endpoint object where the ENI’s own has gone', async () => {
      await client().allocate(web, ids);
      await api.ask('DELETE', `${V2}/enis/eni-1`);
      await client().release(web);
      expect(await endpoints()).toEqual([]);
    });

    it('right after an allocate of another process finds it', async () => {
      const provider = client();
      await provider.list();
      await client().allocate(web, ids);
      await provider.release(web);
      expect(await holders()).toEqual([undefined, undefined, undefined]);
    });

    it('frees an ENI whose endpoint object somebody has removed', async () => {
      await client().allocate(web, ids);
      await clearEndpoints();
      expect((await client().list())[0]?.holder).toEqual({ ...web, uid: null });
      await client().release(web);
      expect(await holders()).toEqual([undefined, undefined, undefined]);
    });

    it('leaves an ENI out of use that the operator has taken out of use', async () => {
      await client().allocate(web, ids);
      const eni = await getEni(api, 'eni-1');
      const status = { ...eni.status, CCEStatus: 'ReadyInVPC', VPCStatus: 'available' };
      await api.ask('PUT', `${V2}/enis/eni-1/status`, { ...eni, status });
      expect((await client().list())[0]).toMatchObject({ holder: web });
      await client().release(web);
      const now = (await getEni(api, 'eni-1')).status;
      expect([now.CCEStatus, now.endpointReference]).toEqual(['ReadyInVPC', undefined]);
      expect((await client().list()).map(({ eni: { id } }) => id)).toEqual(['eni-2', 'eni-3']);
    });

    const clearEndpoints = async (): Promise<void> => {
      for (const each of await listEndpoints(api)) {
        const path = `${V2}/namespaces/default/cceendpoints/${each.metadata.name}`;
        await api.ask('PUT', path, { ...each, metadata: { ...each.metadata, finalizers: [] } });
        await api.ask('DELETE', path);
      }
    };
  });

  describe('with another process in between', () => {
    /** A client that lets `between` happen once, just before its first request of this name. */
    const interrupted = (request: string, between: () => Promise<unknown>): Provider => {
      let isDone = false;
      return client(async (each) => {
        if (isDone || nameOf(each) !== request) return;
        isDone = true;
        await between();
      });
    };
    const next = sampleEndpoint({ containerID: 'c2' });

    it('refuses nothing by an old look', async () => {
      await client().allocate(web, ['eni-1']);
      const provider = client();
      await provider.list();
      await client().release(web);
      expect((await provider.allocate(next, ['eni-1'])).id).toBe('eni-1');
    });

    it('does not say that an endpoint has its ENI by an old look', async () => {
      await client().allocate(web, ids);
      const provider = client();
      await provider.list();
      await client().release(web);
      const { id } = await provider.allocate(web, ids);
      expect((await client().list()).find(({ eni }) => eni.id === id)?.holder).toEqual(web);
    });

    it('gives the ENI back only if it still is the endpoint’s', async () => {
      await client().allocate(web, ['eni-1']);
      await interrupted('PUT enis/status', async () => {
        await client().release(web);
        await client().allocate(next, ['eni-1']);
      }).release(web);
      expect([await holders(), await endpoints()]).toEqual([['c2', undefined, undefined], ['web-0']]);
    });

    it.each(['DELETE cceendpoints', 'PUT cceendpoints'])(
      'at %s leaves the object of the next container',
      async (when) => {
        await client().allocate(web, ['eni-1']);
        await interrupted(when, async () => {
          await client().release(web);
          await client().allocate(next, ['eni-1']);
        }).release(web);
        expect([await holders(), await endpoints()]).toEqual([['c2', undefined, undefined], ['web-0']]);
      },
    );

    it.each(['PUT enis/status', 'PUT cceendpoints'])(
      'that replaces its endpoint object at %s, keeps its ENI',
      async (when) => {
        const add = interrupted(when, async () => {
          // As one who has looked before the ENI named the object.
          const [made] = await listEndpoints(api);
          const path = `${V2}/namespaces/default/cceendpoints/web-0`;
          await api.ask('PUT', path, { ...made, metadata: { ...made?.metadata, finalizers: [] } });
          await api.ask('DELETE', path);
          await client().allocate(next, ['eni-2']);
        });
        expect((await add.allocate(web, ['eni-1', 'eni-3'])).id).toBe('eni-1');
        expect((await client().list()).map(({ holder }) => holder)).toEqual([web, next, null]);
        expect(await endpoints()).toHaveLength(2);
      },
    );

    it('that asks for the same endpoint has one ENI with it', async () => {
      const add = interrupted('PUT enis/status', () => client().allocate(web, ['eni-2']));
      expect((await add.allocate(web, ['eni-1'])).id).toBe('eni-2');
      expect(await holders()).toEqual([undefined, 'c1', undefined]);
      expect(await endpoints()).toEqual(['web-0']);
    });
  });

  it('allocates anew where somebody has removed the endpoint object, and keeps the ENI', async () => {
    await client().allocate(web, ids);
    const [{ since = null } = {}] = await client().list();
    const [made] = await listEndpoints(api);
    const path = `${V2}/namespaces/default/cceendpoints/web-0`;
    await api.ask('PUT', path, { ...made, metadata: { ...made?.metadata, finalizers: [] } });
    await api.ask('DELETE', path);

    expect((await client().allocate(web, ids)).id).toBe('eni-1');
    expect((await client().list())[0]).toMatchObject({ holder: web, since });
    expect((await getEni(api, 'eni-1')).status.endpointReference.uid).toBe((await listEndpoints(api))[0]?.metadata.uid);
  });

  it('takes what another agent has given away for held by hand', async () => {
    const theirs = await makeEndpoint('db-0', primary('c7'));
    const eni = await getEni(api, 'eni-2');
    const endpointReference = { namespace: 'default', name: 'db-0', uid: theirs.metadata.uid };
    const status = { ...eni.status, CCEStatus: 'UsingInPod', endpointReference };
    await api.ask('PUT', `${V2}/enis/eni-2/status`, { ...eni, status });
    expect((await client().list())[1]?.holder).toMatchObject({ network: 'by-hand', owner: 'default/web-0' });
    expect((await client().allocate(web, ['eni-1', 'eni-2'])).id).toBe('eni-1');
  });

  it('shows an ENI in Secondary mode as shared, and gives it to nobody', async () => {
    await makeEni(api, eniObject(clusterEni(4), { spec: { useMode: 'Secondary' } }));
    expect((await client().list()).map(({ isShared }) => isShared)).toEqual([undefined, undefined, undefined, true]);
    expect((await enimErrorOf(() => client().allocate(web, ['eni-4']))).code).toBe('NO_FREE_ENI');
    expect((await getEni(api, 'eni-4')).status.endpointReference).toBeUndefined();
  });

  describe('an ENI that the node has made ready', () => {
    const ready = { index: 2, name: 'cce-eni-2', ifindex: 7 };
    beforeEach(() => makeEni(api, eniObject(clusterEni(4), { status: { CCEStatus: 'Pending' } })));
    const report = (before?: (request: ApiRequest) => void | Promise<void>) =>
      client(before).assignments?.report('eni-4', ready);
    /** Does something once, just before the first write. */
    const once = (between: () => Promise<unknown>) => {
      let isDone = false;
      return async (request: ApiRequest): Promise<void> => {
        if (isDone || request.method === 'GET') return;
        isDone = true;
        await between();
      };
    };

    it('is written by one write, and by none the second time', async () => {
      const asked: string[] = [];
      const note = (request: ApiRequest): void => void asked.push(nameOf(request));
      expect((await report(note))?.map(({ what }) => what)).toContain('CCEStatus');
      expect(await report(note)).toEqual([]);
      expect(asked).toEqual(['GET enis', 'PUT enis/status', 'GET enis']);
    });

    it('keeps what another has written meanwhile', async () => {
      await report(
        once(async () => {
          const now = await getEni(api, 'eni-4');
          await api.ask('PUT', `${V2}/enis/eni-4/status`, { ...now, status: { ...now.status, vpcVersion: 9 } });
        }),
      );
      expect((await getEni(api, 'eni-4')).status).toMatchObject({ vpcVersion: 9, CCEStatus: 'ReadyOnNode', index: 2 });
    });

    it.each([
      ['a pod has got it', { CCEStatus: 'UsingInPod' }],
      ['the cloud takes it away', { VPCStatus: 'detaching' }],
    ])('is left as it is where %s meanwhile', async (_, change) => {
      const take = once(async () => {
        const now = await getEni(api, 'eni-4');
        await api.ask('PUT', `${V2}/enis/eni-4/status`, { ...now, status: { ...now.status, ...change } });
      });
      expect(await report(take)).toEqual([]);
      const { status } = await getEni(api, 'eni-4');
      expect([status.interfaceName, status.index]).toEqual([undefined, 0]);
      expect(status).toMatchObject(change);
    });

    it('says what was written also where the answer to that was lost', async () => {
      let isLost = false;
      const transport = transportOf(api.node);
      const lose = async (request: ApiRequest): Promise<void> => {
        if (isLost || request.method === 'GET') return;
        isLost = true;
        await transport.send(request);
        throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      };
      expect(await report(lose)).toHaveLength(4);
      expect((await getEni(api, 'eni-4')).status.CCEStatusChangeLog).toHaveLength(2);
    });

    it('is nobody’s to write once its object is gone, or another node’s', async () => {
      expect(await client().assignments?.report('eni-9', ready)).toEqual([]);
      const now = await getEni(api, 'eni-4');
      await api.ask('PUT', `${V2}/enis/eni-4`, { ...now, spec: { ...now.spec, nodeName: 'node-2' } });
      expect([await report(), await client().assignments?.find('eni-4')]).toEqual([[], undefined]);
    });

    it('is given up after a while where others never stop writing', async () => {
      const fight = async ({ method }: ApiRequest): Promise<void> => {
        if (method === 'GET') return;
        const now = await getEni(api, 'eni-4');
        await api.ask('PUT', `${V2}/enis/eni-4/status`, { ...now, status: { ...now.status, vpcVersion: Date.now() } });
      };
      const error = await enimErrorOf(() => client(fight, 2_000).assignments?.report('eni-4', ready));
      expect([error.code, error.message]).toEqual(['BUSY', expect.stringContaining('ENI eni-4 was changed by others')]);
    });
  });

  it('takes the ENIs of this node alone, by what they say themselves and not by their label', async () => {
    await makeEni(api, eniObject(clusterEni(4), { spec: { nodeName: 'node-2' } }));
    expect((await client().list()).map(({ eni: { id } }) => id)).toEqual(ids);
  });

  it('asks for a subnet once on a node, whichever process', async () => {
    const asked: string[] = [];
    const look = (): Promise<unknown> => client((request) => void asked.push(nameOf(request))).list();
    await look();
    await look();
    expect(asked.filter((each) => each === 'GET subnets')).toHaveLength(1);
  });

  it('asks again for a subnet that was not finished when it was asked for first', async () => {
    const subnet = '/apis/cce.baidubce.com/v1/subnets/sbn-4';
    const made = await makeSubnet(api, 'sbn-4', {});
    await makeEni(api, eniObject(clusterEni(4), { spec: { subnetID: 'sbn-4' } }));
    expect((await enimErrorOf(() => client().allocate(web, ['eni-4']))).code).toBe('API_INCOMPLETE');
    await api.ask('PUT', subnet, { ...made, spec: { ...made.spec, cidr: '10.1.0.0/24' } });
    expect((await client().allocate(web, ['eni-4'])).ipv4?.address).toBe('10.1.0.14/24');
  });

  describe('an ENI whose subnet the cluster does not have', () => {
    beforeEach(() => makeEni(api, eniObject(clusterEni(4), { spec: { subnetID: 'sbn-lost' } })));

    it('is refused by name, with what is missing', async () => {
      const error = await enimErrorOf(() => client().allocate(web, ['eni-4']));
      expect([error.code, error.message]).toEqual([
        'API_INCOMPLETE',
        'The subnet sbn-lost of ENI eni-4 is not in the cluster.',
      ]);
      expect(error.hint).toContain('kubectl get enis,subnets');
      expect(await client().health()).toMatchObject({ ok: false, message: expect.stringContaining('sbn-lost') });
    });

    it('keeps nobody from another one', async () => {
      for (const eni of ['eni-1', 'eni-2', 'eni-3'])
        expect((await client().allocate(sampleEndpoint({ containerID: eni }), [...ids, 'eni-4'])).id).toBe(eni);
    });

    it('can be given out once the subnet is there', async () => {
      await client().list();
      await makeSubnet(api, 'sbn-lost', { cidr: '10.1.0.0/25' });
      expect((await client().allocate(web, ['eni-4'])).ipv4?.address).toBe('10.1.0.14/25');
    });
  });

  it('is not well without any ENI', async () => {
    await clear(api);
    expect(await client().health()).toEqual({ ok: false, message: `the cluster has no ENI for pods on node ${NODE}` });
  });
});
