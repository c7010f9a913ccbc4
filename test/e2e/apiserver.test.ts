import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { answer, gc, verdictOn } from '../fabric/answers.js';
import { callPlugin, errorOf, resultOf } from '../fabric/cni.js';
import { expectKernelUnchanged, expectRefusal } from '../fabric/expectations.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type ApiServer, faults, startApiServer } from '../kubernetes/apiserver.js';
import type { Certificate } from '../kubernetes/certificates.js';
import { type ClusterNode, createClusterNode, endpointsOf } from '../kubernetes/clusternode.js';
import { getEni } from '../kubernetes/objects.js';
import type { Fate } from '../kubernetes/proxy.js';

/** Milliseconds for an operation, of which one request has four tenths; and for one that is to succeed. */
const SHORT = 1_000;
const LONG = 20_000;

describeEndToEnd(
  'add, del and gc, where the API server',
  () => {
    let api: ApiServer;
    let cluster: ClusterNode;
    let pod: Pod;
    let expired: { readonly user: Certificate; readonly server: Certificate };
    let sound: Certificate;

    beforeAll(async () => {
      api = await startApiServer();
      cluster = await createClusterNode(api, 'faulty');
      pod = await cluster.node.pod('web-0');
      const addresses = ['127.0.0.1'];
      expired = {
        user: await api.authority.issue({ name: 'old-user', user: 'node', expired: true }),
        server: await api.authority.issue({ name: 'old-server', addresses, expired: true }),
      };
      sound = await api.authority.issue({ name: 'sound-server', addresses });
      answer(await cluster.node.enim(['list', '--json']));
    });
    afterAll(async () => {
      await cluster?.destroy();
      await api?.stop();
    });
    afterEach(() => mend());

    const statusOf = async () => (await getEni(api, cluster.node.eni(0).id)).status;
    const mend = (): void => {
      cluster.proxy.decide = () => 'pass';
      cluster.proxy.show(sound);
      cluster.settle(LONG);
    };
    /** Every request is answered so, but the one that asks how the server is. */
    const always = (fate: Fate) => (): void => {
      cluster.proxy.decide = ({ path }) => (path === '/readyz' ? 'pass' : fate);
    };

    interface Expected {
      /** Exit code of the commands, and code of the plugin. */
      readonly codes: readonly [exit: number, cni: number];
      readonly says: RegExp;
      readonly hint: RegExp;
    }
    const AWAY: Pick<Expected, 'codes' | 'hint'> = { codes: [5, 11], hint: /kubectl get --raw \/readyz/ };

    const slow = (): void => {
      cluster.proxy.decide = async (): Promise<Fate> => {
        await sleep(SHORT / 2);
        return 'pass';
      };
    };
    it.each<[string, () => void, Expected]>([
      ['is too slow', slow, { ...AWAY, says: /did not answer within 1 s: no answer/ }],
      ['breaks the connection', always('reset'), { ...AWAY, says: /did not answer within 1 s: connection reset/ }],
      ['fails', always({ status: 500 }), { ...AWAY, says: /failed \(500\), and did not recover within 1 s/ }],
      [
        'wants to be left alone for longer than there is time',
        always({ status: 429, headers: { 'Retry-After': '60' } }),
        { ...AWAY, says: /too much to do \(429\)/ },
      ],
      [
        'does not know us',
        always({ status: 401, body: { message: 'Unauthorized' } }),
        { codes: [1, 117], says: /does not know us \(401\)/, hint: /renew the token or client certificate/ },
      ],
      [
        'does not know us any more, for our certificate has expired',
        () => {
          always({ status: 401 })();
          cluster.settle(SHORT, expired.user);
        },
        {
          codes: [1, 117],
          says: /The client certificate of the kubeconfig ended at \d{4}-/,
          hint: /kubeadm certs renew/,
        },
      ],
      [
        'forbids it',
        always({ status: 403, body: { message: 'enis is forbidden: User "system:node:n1" cannot list resource' } }),
        {
          codes: [1, 117],
          says: /The user "system:node:n1" may not list (enis|cceendpoints)\.cce\.baidubce\.com/,
          hint: /deploy\/rbac\.yaml/,
        },
      ],
      [
        'has no definition of the objects',
        always({ status: 404, body: '404 page not found' }),
        { codes: [1, 119], says: /knows no (enis|cceendpoints)\.cce/, hint: /kubectl apply -f deploy\/crds\// },
      ],
      [
        'no longer has what was asked for',
        always({ status: 410, body: { reason: 'Expired' } }),
        { codes: [1, 120], says: /no longer has the version of .* \(410\)/, hint: /run it again/ },
      ],
      [
        'shows a certificate that has expired',
        () => cluster.proxy.show(expired.server),
        { codes: [1, 118], says: /The certificate of the API server \S+ has expired/, hint: /renew it/ },
      ],
    ])('%s, say so; the NIC comes home all the same, and gc frees its ENI once it can', async (_, spoil, expected) => {
      const { node } = cluster;
      const [exit, cni] = expected.codes;
      const before = await node.kernelState();
      cluster.settle(SHORT);
      spoil();
      await expectKernelUnchanged(node, async () => {
        const error = await errorOf(node, 'ADD', { netns: pod.path });
        expect([error.code, error.msg, error.details]).toEqual([
          cni,
          expect.stringMatching(expected.says),
          expect.stringMatching(expected.hint),
        ]);
      });
      expect([(await statusOf()).CCEStatus, await endpointsOf(cluster)]).toEqual(['ReadyOnNode', []]);

      mend();
      await resultOf(node, 'ADD', { netns: pod.path });
      cluster.settle(SHORT);
      spoil();
      const refused = { code: exit, says: [expected.says], mentions: [expected.hint] };
      expectRefusal(await node.enim(['gc', '--grace', '0s']), refused);
      expect(await pod.link('eth0')).toBeDefined();

      const error = await errorOf(node, 'DEL', { netns: pod.path });
      expect([error.code, error.details]).toEqual([
        cni,
        expect.stringContaining(`The NIC of ENI ${node.eni(0).id} is home`),
      ]);
      expect(await node.kernelState()).toEqual(before);
      expect((await statusOf()).CCEStatus).toBe('UsingInPod');

      mend();
      expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
      expect([(await statusOf()).CCEStatus, await endpointsOf(cluster)]).toEqual(['ReadyOnNode', []]);
    });

    it('is busy and says for how long, or slow within the time that there is, are patient', async () => {
      const { node } = cluster;
      const asked: number[] = [];
      cluster.proxy.decide = async () => {
        asked.push(performance.now());
        if (asked.length <= 2) return { status: 429, headers: { 'Retry-After': '1' } };
        await sleep(200);
        return 'pass';
      };
      await resultOf(node, 'ADD', { netns: pod.path });
      expect((asked[2] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(900);
      expect((await callPlugin(node, 'DEL', { netns: pod.path })).code).toBe(0);
      expect(await endpointsOf(cluster)).toEqual([]);
    });

    it('is away, is what "enim provider" says, with a step that can be taken', async () => {
      const { node } = cluster;
      cluster.proxy.decide = () => 'reset';
      const health = {
        ok: false,
        message: expect.stringContaining('connection reset'),
        hint: expect.stringContaining('/readyz'),
      };
      expect((await node.enim(['provider', '--json'])).json).toMatchObject({ health });
      expect((await node.enim(['provider'])).stdout).toMatch(/not healthy; .*\n.*\n.*\n {2}Try: .*\/readyz/);
    });

    it('lets us read and no more, name the right that is missing, and leave all as it was', async () => {
      const rbac = '/apis/rbac.authorization.k8s.io/v1';
      const wanted = { apiGroups: ['cce.baidubce.com'], resources: ['*'], verbs: ['get', 'list'] };
      await api.ask('POST', `${rbac}/clusterroles`, { metadata: { name: 'reader' }, rules: [wanted] });
      await api.ask('POST', `${rbac}/clusterrolebindings`, {
        metadata: { name: 'reader' },
        subjects: [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { kind: 'ClusterRole', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' },
      });
      const reader = await createClusterNode(api, 'reader', 'reader');
      try {
        const own = await reader.node.pod('web-0');
        await expectKernelUnchanged(reader.node, async () => {
          const { code, msg } = await errorOf(reader.node, 'ADD', { netns: own.path });
          expect([code, msg]).toEqual([117, expect.stringContaining('The user "reader" may not create cceendpoints')]);
        });
      } finally {
        await reader.destroy();
      }
    });
  },
  faults(),
);
