/** Each right of deploy/rbac.yaml is needed: what a node does without it is refused, and the refusal says which is missing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { WatchTold } from '../../src/model/observation.js';
import type { ApiRequest } from '../../src/providers/kubernetes/transport.js';
import { createNodeWatch } from '../../src/providers/kubernetes/watch/watch.js';
import type { Provider } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, startApiServer, transportOf } from './apiserver.js';
import { nameOf, open } from './bench.js';
import { clear, clusterEni, eniObject, listEndpoints, makeEni, makeSubnet, NODE, V2 } from './objects.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

const WEB = sampleEndpoint({ uid: 'pod-uid-1' });

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A right as `verb resource`. */
const rightsOf = (rules: readonly Rule[]): string[] =>
  rules.flatMap(({ resources, verbs }) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)));

const without = (rules: readonly Rule[], right: string): Rule[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.map((resource) => ({
      apiGroups,
      resources: [resource],
      verbs: verbs.filter((verb) => `${verb} ${resource}` !== right),
    })),
  );

const allocate = async (provider: Provider): Promise<void> => {
  await provider.list();
  await provider.allocate(WEB, ['eni-1']);
};

const release = async (provider: Provider): Promise<void> => {
  await provider.list();
  await provider.release(WEB);
};

const warn = async (provider: Provider): Promise<void> =>
  provider.registry?.warn(WEB, { reason: 'NoFreeENI', message: 'No ENI is free.' });

/** A pod of its name, on the node; what was there before goes. */
const makePod = async (api: ApiServer): Promise<void> => {
  const pods = '/api/v1/namespaces/default/pods';
  const [, name] = WEB.owner.split('/');
  await api.try('DELETE', `${pods}/${name}`, { gracePeriodSeconds: 0 });
  await api.ask('POST', pods, {
    metadata: { name },
    spec: { nodeName: NODE, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'c' }] },
  });
};

/** What needs the right. `hurt` is done to the cluster once, before the first request of that name. */
interface Need {
  readonly work: (provider: Provider) => Promise<unknown>;
  /** Whether the endpoint has an ENI before. */
  readonly isHeld?: boolean;
  /** Whether its pod was told before. */
  readonly isTold?: boolean;
  /** Whether there is such a pod on the node. */
  readonly hasPod?: boolean;
  readonly hurt?: { readonly before: string; readonly change: (api: ApiServer) => Promise<unknown> };
}

/** A change by somebody else makes a write a conflict, after which the object is asked for anew. */
const NEEDS: Readonly<Record<string, Need>> = {
  'list enis': { work: (provider) => provider.list() },
  'get enis': {
    work: release,
    isHeld: true,
    hurt: {
      before: 'PUT enis/status',
      async change(api) {
        const eni = await api.ask('GET', `${V2}/enis/eni-1`);
        await api.ask('PUT', `${V2}/enis/eni-1`, { ...eni, metadata: { ...eni.metadata, annotations: { a: 'b' } } });
      },
    },
  },
  'update enis/status': { work: allocate },
  'list cceendpoints': { work: (provider) => provider.list() },
  'get cceendpoints': {
    work: release,
    isHeld: true,
    hurt: {
      before: 'DELETE cceendpoints',
      async change(api) {
        const [endpoint] = await listEndpoints(api);
        const path = `${V2}/namespaces/default/cceendpoints/${endpoint?.metadata.name}`;
        const metadata = { ...endpoint?.metadata, labels: { ...endpoint?.metadata.labels, a: 'b' } };
        await api.ask('PUT', path, { ...endpoint, metadata });
      },
    },
  },
  'create cceendpoints': { work: allocate },
  'update cceendpoints': { work: allocate },
  'delete cceendpoints': { work: release, isHeld: true },
  'get subnets': { work: (provider) => provider.list() },
  'create events': { work: (provider) => warn(provider) },
  // What happens again is counted in the event that is there.
  'patch events': { work: (provider) => warn(provider), isTold: true },
  'get pods': { work: async (provider) => provider.registry?.fateOf(WEB) },
  'create pods/eviction': { work: async (provider) => provider.evictor?.evict({ ...WEB, uid: null }), hasPod: true },
};

/** What only an agent needs, which goes on without: its log says what is missing. */
const WATCHED = ['watch enis', 'watch cceendpoints'];

const RIGHTS = [...Object.keys(NEEDS), ...WATCHED];

describeWithApiServer('each right of deploy/rbac.yaml', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  let rules: readonly Rule[];

  beforeAll(async () => {
    api = await startApiServer();
    rules = (await api.ask('GET', `${RBAC}/clusterroles/enim`)).rules as Rule[];
    await Promise.all(RIGHTS.map((right, index) => makeUser(`without-${index}`, without(rules, right))));
  });
  afterAll(() => api?.stop());

  beforeEach(async () => {
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    await makeEni(api, eniObject(clusterEni(1)));
  });

  const makeUser = async (name: string, of: readonly Rule[]): Promise<void> => {
    await api.ask('POST', `${RBAC}/clusterroles`, {
      metadata: { name },
      rules: of.filter(({ verbs }) => verbs.length > 0),
    });
    await api.ask('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name },
      subjects: [{ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' },
    });
    api.kubeconfig(name, await api.authority.issue({ name }));
  };

  const carryOut = async (need: Need, kubeconfig: string): Promise<void> => {
    if (need.isHeld) await allocate(open({ kubeconfig: api.node, state: temporary() }));
    if (need.hasPod) await makePod(api);
    if (need.isTold) await warn(open({ kubeconfig: api.node, state: temporary() }));
    let isHurt = false;
    const before = async (request: ApiRequest): Promise<void> => {
      if (isHurt || nameOf(request) !== need.hurt?.before) return;
      isHurt = true;
      await need.hurt.change(api);
    };
    await need.work(open({ kubeconfig, state: temporary(), before }));
  };

  it('has something here that needs it', () => {
    expect(rightsOf(rules).sort()).toEqual([...RIGHTS].sort());
  });

  it.each(Object.entries(NEEDS))('is needed: %s', async (right, need) => {
    await carryOut(need, api.node);
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    await makeEni(api, eniObject(clusterEni(1)));

    const user = `without-${RIGHTS.indexOf(right)}`;
    const error = await enimErrorOf(() => carryOut(need, `${api.dir}/${user}.kubeconfig`));

    const [verb = '', resource = ''] = right.split(' ');
    expect(error.code).toBe('API_DENIED');
    expect([error.message, ...error.details].join(' ')).toMatch(new RegExp(`\\b${verb}\\b.*${resource}`));
  });

  /** What is told of a watch until there are two that are open, or one that is refused. */
  const watch = async (kubeconfig: string): Promise<WatchTold[]> => {
    const told: WatchTold[] = [];
    const stop = new AbortController();
    const isEnough = (): boolean =>
      told.filter(({ what }) => what === 'opened').length === 2 || told.some(({ what }) => what === 'ended');
    await createNodeWatch({
      connect: () => ({ transport: transportOf(kubeconfig) }),
      ...{ node: NODE, clock: () => new Date(), now: () => performance.now(), random: Math.random },
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
      observe(observation) {
        if (observation.kind === 'watch') told.push(observation);
        if (isEnough()) stop.abort();
      },
      onNews: () => undefined,
    }).run(stop.signal);
    return told;
  };

  it.each(WATCHED)('is needed: %s', async (right) => {
    expect((await watch(api.node)).filter(({ what }) => what === 'ended')).toEqual([]);
    const told = await watch(`${api.dir}/without-${RIGHTS.indexOf(right)}.kubeconfig`);
    const [verb, resource] = right.split(' ');
    expect(told.filter(({ what }) => what === 'ended')).toMatchObject([
      {
        ...{ resource, reason: 'refused' },
        message: expect.stringContaining(`may not ${verb} ${resource}.cce.baidubce.com`),
      },
    ]);
  });
});
