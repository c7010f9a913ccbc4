import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sampleEndpoint } from '../model/samples.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, type Stored, startApiServer } from './apiserver.js';
import { open } from './bench.js';
import { clusterEni, eniObject, listEndpoints, makeEni, makeSubnet, V2 } from './objects.js';

const ENIS = 32;

describeWithApiServer('the kubernetes provider beside an operator that writes the same objects all the time', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());

  /** Changes an object as one who has read it just now does; whether that was in time. */
  async function change(path: string, subresource: string, by: (object: Stored) => Stored): Promise<boolean> {
    const now = await api.try('GET', path);
    if (now.status !== 200) return false;
    return (await api.try('PUT', `${path}${subresource}`, by(JSON.parse(now.body)))).status === 200;
  }

  /** Counts in every object how often it has changed it, in `spec`, in `status`, and here. */
  function operate() {
    const counts = new Map<string, number>();
    let isOver = false;
    const count = (key: string): number => counts.get(key) ?? 0;
    const round = async (path: string, hasStatus: boolean): Promise<void> => {
      for (const part of ['spec', 'status']) {
        const key = `${path} ${part}`;
        const subresource = hasStatus && part === 'status' ? '/status' : '';
        const increment = (object: Stored): Stored => {
          const before = object[part] ?? {};
          return { ...object, [part]: { ...before, operator: { count: (before.operator?.count ?? 0) + 1 } } };
        };
        if (await change(path, subresource, increment)) counts.set(key, count(key) + 1);
      }
    };
    const enis = Array.from({ length: ENIS }, (_, index) => `${V2}/enis/eni-${index + 1}`);
    const loop = async (part: number): Promise<void> => {
      while (!isOver) {
        for (const path of enis.filter((_, index) => index % 2 === part)) if (!isOver) await round(path, true);
        for (const { metadata } of (await listEndpoints(api)).filter((_, index) => index % 2 === part))
          if (!isOver) await round(`${V2}/namespaces/${metadata.namespace}/cceendpoints/${metadata.name}`, false);
      }
    };
    const loops = [loop(0), loop(1)];
    return {
      counts,
      async end() {
        isOver = true;
        await Promise.all(loops);
      },
    };
  }

  it('gives no ENI twice, loses no write of the operator, and comes to an end', async () => {
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    for (let number = 1; number <= ENIS; number += 1) await makeEni(api, eniObject(clusterEni(number)));
    const ids = Array.from({ length: ENIS }, (_, index) => `eni-${index + 1}`);
    const pods = ids.map((_, index) => sampleEndpoint({ containerID: `c${index}`, owner: `default/web-${index}` }));
    let conflicts = 0;
    // Two groups, as of two installations: each has its own memory of subnets.
    const groups = [temporary(), temporary()].map(
      (state) => () =>
        open({
          kubeconfig: api.node,
          state,
          patience: { total: 90_000, request: 20_000 },
          paused: () => (conflicts += 1),
        }),
    );
    const operator = operate();
    const allocateAll = (): Promise<string[]> =>
      Promise.all(pods.map(async (pod, index) => (await groups[index % 2]?.().allocate(pod, ids))?.id ?? ''));

    const given = await allocateAll();
    expect([...given].sort()).toEqual([...ids].sort());
    expect(await allocateAll()).toEqual(given);
    // Half of them go, and come again as others.
    await Promise.all(
      pods.filter((_, index) => index % 2 === 0).map((pod, index) => groups[index % 2]?.().release(pod)),
    );
    const seen = await groups[0]?.().list();
    expect(seen?.filter(({ holder }) => holder === null)).toHaveLength(ENIS / 2);
    await operator.end();

    expect(conflicts).toBeGreaterThan(ENIS);
    for (const [key, count] of operator.counts) {
      const [path = '', part = ''] = key.split(' ');
      const { status, body } = await api.try('GET', path);
      if (status === 200) expect([key, JSON.parse(body)[part].operator.count]).toEqual([key, count]);
    }
    const held = await listEndpoints(api);
    expect(held.map(({ metadata }) => metadata.name).sort()).toEqual(
      pods
        .filter((_, index) => index % 2 === 1)
        .map(({ owner }) => owner.slice('default/'.length))
        .sort(),
    );
  });
});
