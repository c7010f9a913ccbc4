import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EnimError } from '../../src/model/errors.js';
import type { Patience } from '../../src/providers/kubernetes/api.js';
import type { Provider } from '../../src/providers/provider.js';
import { eventually } from '../fabric/poll.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, startApiServer } from './apiserver.js';
import { open } from './bench.js';
import type { Certificate } from './certificates.js';
import { clear, clusterEni, eniObject, listEndpoints, makeEni, makeSubnet } from './objects.js';
import { type Fate, startProxy, type TestProxy } from './proxy.js';

describeWithApiServer('the kubernetes provider, where the API server', () => {
  const temporary = useTemporaryDirectories();
  const web = sampleEndpoint();
  const ids = ['eni-1', 'eni-2'];
  let api: ApiServer;
  let user: Certificate;
  let proxy: TestProxy;
  let state: string;
  /** Pauses that were made, in milliseconds. */
  let pauses: number[];

  beforeAll(async () => {
    api = await startApiServer();
    user = await api.authority.issue({ name: 'visitor', user: 'node' });
  });
  afterAll(() => api?.stop());

  beforeEach(async () => {
    state = temporary();
    pauses = [];
    await clear(api);
    await makeSubnet(api, 'sbn-1', { cidr: '10.1.0.0/24' });
    for (const number of [1, 2]) await makeEni(api, eniObject(clusterEni(number)));
    proxy = await startProxy(api, user, await api.authority.issue({ name: 'front', addresses: ['127.0.0.1'] }));
  });
  afterEach(() => proxy?.stop());

  const client = (patience: Patience = { total: 20_000, request: 500 }, kubeconfig = proxy.kubeconfig): Provider => {
    // A request that an earlier test has left under way pauses for that one.
    const its = pauses;
    return open({ kubeconfig, state, patience, paused: (milliseconds) => its.push(milliseconds) });
  };
  const refused = (patience: Patience = { total: 800, request: 200 }, kubeconfig?: string): Promise<EnimError> =>
    enimErrorOf(() => client(patience, kubeconfig).list());

  describe('for a moment', () => {
    const FATES: readonly (readonly [string, Fate])[] = [
      ['fails (500)', { status: 500 }],
      ['is not ready (503)', { status: 503 }],
      ['has too much to do (429)', { status: 429 }],
      ['breaks the connection', 'reset'],
      ['does what it is asked and breaks the connection', 'lost'],
      ['does not answer', 'hang'],
    ];

    // An allocate is five requests, and a release as well.
    it.each(FATES)('%s, at any request of an allocate or a release, does all of it once', async (_, fate) => {
      for (let bad = 0; bad < 5; bad += 1) {
        let number = 0;
        proxy.decide = () => (number++ === bad ? fate : 'pass');
        expect((await client().allocate(web, ids)).id).toBe(ids[bad % 2]);
        expect(number).toBeGreaterThan(bad);
        expect((await client().list()).filter(({ holder }) => holder !== null)).toHaveLength(1);
        expect((await listEndpoints(api)).map(({ status }) => status.log.length)).toEqual([1]);

        number = 0;
        await client().release(web);
        expect((await client().list()).filter(({ holder }) => holder !== null)).toEqual([]);
        expect(await listEndpoints(api)).toEqual([]);
      }
    });

    const OF_START = [
      ['no rights (403)', { status: 403, body: { message: 'forbidden' } }],
      ['no definitions (404)', { status: 404, body: '404 page not found' }],
    ] as const;

    it.each(OF_START)('has just been started and knows %s yet, is asked again', async (_, fate) => {
      // As a real one: it says so of itself as well, or that it is not ready.
      const ready: Fate[] = [{ status: 403 }, { status: 500 }, { status: 403 }, { status: 500 }];
      let isReady = false;
      proxy.decide = ({ path }) => {
        if (path !== '/readyz') return isReady ? 'pass' : fate;
        const said = ready.shift();
        isReady = said === undefined;
        return said ?? 'pass';
      };
      expect((await client().allocate(web, ids)).id).toBe('eni-1');
      expect(isReady).toBe(true);
    });

    it.each(OF_START)(
      'knew %s, and became ready before it was asked whether it is, is asked again',
      async (_, fate) => {
        const denied = new Set<string>();
        proxy.decide = ({ method, path }) => {
          const request = `${method} ${path}`;
          if (path === '/readyz' || denied.has(request)) return 'pass';
          denied.add(request);
          return fate;
        };
        expect((await client().allocate(web, ids)).id).toBe('eni-1');
        // Of each kind: lists, the endpoint that is created and completed, the status that is written.
        expect([...denied].map((request) => request.split(' ')[0])).toEqual(
          expect.arrayContaining(['GET', 'POST', 'PUT']),
        );
      },
    );

    it('was away in vain, is not waited for as long again, until it has answered', async () => {
      const provider = client({ total: 2_000, request: 200 });
      proxy.decide = () => 'reset';
      const waited = async (): Promise<string> => (await enimErrorOf(() => provider.list())).message;
      expect([await waited(), await waited()]).toEqual([
        expect.stringContaining('within 2 s'),
        expect.stringContaining('within 0.2 s'),
      ]);
      proxy.decide = () => 'pass';
      // A busy machine may need more than the short time.
      await eventually('an answer', () => provider.list().catch(() => undefined));
      proxy.decide = () => 'reset';
      expect(await waited()).toContain('within 2 s');
    });

    it('has too much to do, is left alone for as long as it says', async () => {
      let number = 0;
      proxy.decide = () => (number++ === 0 ? { status: 429, headers: { 'Retry-After': '1' } } : 'pass');
      expect(await client().list()).toHaveLength(2);
      expect(pauses).toContain(1_000);
    });
  });

  describe('for good', () => {
    it.each([
      ['fails (500)', { status: 500, body: { message: 'etcd is away' } }, [/failed \(500\)/], ['etcd is away']],
      ['has too much to do (429)', { status: 429 }, [/too much to do \(429\)/], []],
      ['breaks the connection', 'reset', [/connection reset/], []],
      ['does not answer', 'hang', [/no answer/], []],
    ] as const)(
      '%s, says so in time, as something to be tried again',
      async (_, fate, says, details) => {
        proxy.decide = () => fate;
        const error = await refused();
        expect([error.code, error.exitCode, error.cniCode]).toEqual(['API_UNREACHABLE', 5, 11]);
        for (const part of [/0\.8 s/, ...says]) expect(error.message).toMatch(part);
        for (const part of details) expect(error.details.join()).toContain(part);
        expect(error.hint).toContain('/readyz');
        expect(await client({ total: 300, request: 200 }).health()).toMatchObject({ ok: false });
      },
      60_000,
    );

    it('wants to be left alone for longer than there is time, is not waited for', async () => {
      proxy.decide = () => ({ status: 429, headers: { 'Retry-After': '60' } });
      expect((await refused()).code).toBe('API_UNREACHABLE');
      // A connection that was kept may have been closed meanwhile, and is made anew after a moment.
      expect(Math.max(0, ...pauses)).toBeLessThan(1_000);
    });

    it('wants to be asked again at once, is not asked without a pause', async () => {
      let asked = 0;
      proxy.decide = () => {
        asked += 1;
        return { status: 429, headers: { 'Retry-After': '0' } };
      };
      expect((await refused()).code).toBe('API_UNREACHABLE');
      // Two lists, each after 0.1, 0.2 and 0.4 s, half as long if luck has it.
      expect(asked).toBeLessThanOrEqual(10);
    });

    it('is not there', async () => {
      await proxy.stop();
      expect((await refused()).message).toMatch(/connection refused/);
    });
  });

  describe('says no:', () => {
    it.each([
      [
        '401',
        { status: 401, body: { message: 'Unauthorized' } },
        'API_DENIED',
        /does not know us \(401\)/,
        /renew the token/,
        1,
      ],
      ['403', { status: 403, body: { message: 'forbidden' } }, 'API_DENIED', /may not list/, /deploy\/rbac/, 2],
      ['410', { status: 410, body: { reason: 'Expired' } }, 'API_FAILED', /410/, /run it again/, 1],
      [
        '404',
        { status: 404, body: '404 page not found' },
        'API_INCOMPLETE',
        /knows no \S+\.cce\.baidubce\.com/,
        /deploy\/crds/,
        2,
      ],
      ['422', { status: 422, body: { message: 'spec is wrong' } }, 'API_FAILED', /422/, /kubectl get/, 1],
    ] as const)('%s is told with what to do, and not waited for', async (_, fate, code, says, hint, times) => {
      const asked = new Map<string, number>();
      proxy.decide = ({ path }) => {
        if (path === '/readyz') return 'pass';
        asked.set(path, (asked.get(path) ?? 0) + 1);
        return fate;
      };
      const error = await refused();
      expect(error.code).toBe(code);
      expect(error.message).toMatch(says);
      expect(error.hint).toMatch(hint);
      // Once more where it may have become ready just then.
      expect(Math.max(...asked.values())).toBe(times);
    });

    it.each(['<html>', 'null', '"a"', '{}', '[]', '{"items":{}}'])(
      'nothing of what was asked for, but %s, is not taken for an empty list',
      async (body) => {
        proxy.decide = () => ({ status: 200, body });
        const error = await refused();
        expect([error.code, error.message]).toEqual([
          'API_FAILED',
          expect.stringMatching(/answered to list (enis|cceendpoints) with something else\.$/),
        ]);
      },
    );

    it('403 names the user, the verb and the resource that is missing', async () => {
      const error = await refused(undefined, api.stranger);
      expect(error.message).toMatch(/^The user "stranger" may not list (enis|cceendpoints)\.cce\.baidubce\.com\.$/);
      expect([error.code, error.hint]).toEqual(['API_DENIED', expect.stringContaining('deploy/rbac.yaml')]);
    });

    it('403 to one who shows nothing that the server knows blames no right', async () => {
      proxy.decide = () => ({
        status: 403,
        body: { message: 'enis is forbidden: User "system:anonymous" cannot list' },
      });
      const error = await refused();
      expect([error.code, error.message]).toEqual(['API_DENIED', expect.stringMatching(/does not know us \(403\)\.$/)]);
      expect(error.hint).toMatch(/renew the token/);
    });

    it('a program that is to say who we are has failed, which is told at once', async () => {
      const kubeconfig = JSON.parse(readFileSync(proxy.kubeconfig, 'utf8'));
      kubeconfig.users[0].user = { exec: { command: 'sh', args: ['-c', 'echo no session >&2; exit 3'] } };
      const path = join(state, 'kubeconfig');
      writeFileSync(path, JSON.stringify(kubeconfig));
      const error = await refused(undefined, path);
      expect([error.code, error.details, pauses]).toEqual(['API_DENIED', ['It says: no session'], []]);
      expect(error.message).toMatch(/^The program "sh", .* failed \(exit code 3\)\.$/);
    });

    it('403 because the namespace is being deleted blames no right', async () => {
      await api.ask('POST', '/api/v1/namespaces', { metadata: { name: 'ending' } });
      await api.ask('DELETE', '/api/v1/namespaces/ending');
      const error = await enimErrorOf(() => client().allocate({ ...web, owner: 'ending/web-0' }, ids));
      expect([error.code, error.message]).toEqual([
        'API_INCOMPLETE',
        'The namespace ending is being deleted, and takes nothing new.',
      ]);
      expect(error.hint).toContain('kubectl get namespace ending');
    });

    it('our certificate has expired', async () => {
      const expired = await api.authority.issue({ name: 'expired', user: 'node', expired: true });
      const error = await refused(undefined, api.kubeconfig('expired', expired));
      expect(error.code).toBe('API_DENIED');
      expect(error.message).toMatch(/^The client certificate of the kubeconfig ended at \d{4}-/);
    });
  });

  describe('cannot be trusted:', () => {
    it.each([
      ['its certificate has expired', { addresses: ['127.0.0.1'], expired: true }, /has expired/, /renew it/],
      ['its certificate is another machine’s', { addresses: ['127.0.0.2'] }, /is not for that address/, /right server/],
    ] as const)('%s', async (_, wanted, says, hint) => {
      const bad = await startProxy(api, user, await api.authority.issue({ name: 'bad', ...wanted }));
      const error = await refused(undefined, bad.kubeconfig).finally(() => bad.stop());
      expect([error.code, error.exitCode]).toEqual(['API_UNTRUSTED', 1]);
      expect(error.message).toMatch(says);
      expect(error.hint).toMatch(hint);
    });
  });
});
