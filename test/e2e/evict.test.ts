import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { add, answer } from '../fabric/answers.js';
import { resultOf } from '../fabric/cni.js';
import type { EnimResult } from '../fabric/executable.js';
import { expectRefusal } from '../fabric/expectations.js';
import type { Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type ApiServer, faults, type Stored, startApiServer } from '../kubernetes/apiserver.js';
import { createOnlyNode } from '../kubernetes/clusternode.js';
import { makeEnisOf, NODE } from '../kubernetes/objects.js';
import type { Relay } from '../kubernetes/relay.js';

const PODS = '/api/v1/namespaces/default/pods';
const BUDGETS = '/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets';

describeEndToEnd(
  'enim drain --evict',
  () => {
    let api: ApiServer;
    let node: Node;
    let relay: Relay;
    let pods: { readonly sandbox: Pod; readonly object: Stored }[];

    beforeAll(async () => {
      api = await startApiServer();
    });
    afterAll(() => api?.stop());

    beforeEach(async () => {
      ({ node, relay } = await createOnlyNode(api, 2));
      await makeEnisOf(api, node);
      pods = [];
      for (const name of ['web-0', 'web-1']) pods.push({ sandbox: await node.pod(name), object: await makePod(name) });
    });
    afterEach(async () => {
      for (const name of ['web-0', 'web-1']) await api.try('DELETE', `${PODS}/${name}`, { gracePeriodSeconds: 0 });
      await api.try('DELETE', `${BUDGETS}/web`);
      await relay?.stop();
      await node?.destroy();
    });

    const makePod = (name: string, nodeName = NODE): Promise<Stored> =>
      api.ask('POST', PODS, {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } } },
        spec: {
          ...{ nodeName, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'c' }] },
          tolerations: [{ operator: 'Exists' }],
        },
      });
    const running = async (name: string): Promise<void> => {
      const now = await api.ask('GET', `${PODS}/${name}`);
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      await api.ask('PUT', `${PODS}/${name}/status`, { ...now, status });
    };
    /** No controller counts here, so the test says how many may go. */
    const allowDisruptions = async (count: number): Promise<void> => {
      const now = await api.ask('GET', `${BUDGETS}/web`);
      const status = {
        ...{ disruptionsAllowed: count, currentHealthy: 2, desiredHealthy: 2 - count, expectedPods: 2 },
        observedGeneration: 1,
      };
      await api.ask('PUT', `${BUDGETS}/web/status`, { ...now, status });
    };
    const addCni = ({ sandbox, object }: (typeof pods)[number]): Promise<unknown> =>
      resultOf(node, 'ADD', {
        ...{ containerID: object.metadata.name, netns: sandbox.path },
        args: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${object.metadata.name};K8S_POD_UID=${object.metadata.uid}`,
      });
    const isTerminating = async (name: string): Promise<boolean> => {
      const { status, body } = await api.try('GET', `${PODS}/${name}`);
      return status === 404 || (JSON.parse(body) as Stored).metadata.deletionTimestamp !== undefined;
    };
    /** What kubelet and runtime do with a pod that is terminating. */
    const end = async (name: string): Promise<void> => {
      await eventually(`the end of ${name}`, () => isTerminating(name));
      await api.try('DELETE', `${PODS}/${name}`, { gracePeriodSeconds: 0 });
      answer(await node.enim(['del', `default/${name}`, '--json']));
    };
    const enisOf = ({ json }: EnimResult) => (json as { enis: { state: string; reason: string }[] }).enis;

    it('has the pods that hold ENIs ended, one after the other where a disruption budget allows but one', async () => {
      for (const name of ['web-0', 'web-1']) await running(name);
      for (const each of pods) await addCni(each);
      await api.ask('POST', BUDGETS, {
        ...{ apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'web' } },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      });
      await allowDisruptions(0);
      const draining = node.startEnim(['drain', '--evict', '--grace', '50ms', '--timeout', '50s', '--json']);
      await expect(
        eventually('an eviction', async () => (await isTerminating('web-0')) || (await isTerminating('web-1')), {
          timeout: 1_500,
        }),
      ).rejects.toThrow('did not happen');

      await allowDisruptions(1);
      const first = await eventually('the first eviction', async () => {
        for (const name of ['web-0', 'web-1']) if (await isTerminating(name)) return name;
        return undefined;
      });
      const second = first === 'web-0' ? 'web-1' : 'web-0';
      expect(await isTerminating(second)).toBe(false);
      await end(first);
      await allowDisruptions(1);
      await end(second);
      const result = await draining.result;
      expect([result.code, enisOf(result).map(({ state }) => state)]).toEqual([0, ['home', 'home']]);
    });

    it('says of which pod the cluster does not let go, and why', async () => {
      await running('web-0');
      if (pods[0] !== undefined) await addCni(pods[0]);
      await api.ask('POST', BUDGETS, {
        ...{ apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'web' } },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
      });
      await allowDisruptions(0);
      const result = await node.enim(['drain', '--evict', '--timeout', '0', '--json']);
      expect(result.code).toBe(1);
      const [used] = enisOf(result).filter(({ state }) => state === 'used');
      expect(used?.reason).toMatch(/^may not be evicted now: .*disruption budget/);
      expect(await isTerminating('web-0')).toBe(false);
    });

    it('never ends a successor by the same name, nor a pod of another node', async () => {
      const [pod] = pods;
      if (pod === undefined) throw new Error('There is no pod.');
      await addCni(pod);
      await api.ask('DELETE', `${PODS}/web-0`, { gracePeriodSeconds: 0 });
      await makePod('web-0');
      // By hand, so without a UID; the pod of that name is elsewhere.
      await api.try('DELETE', `${PODS}/web-1`, { gracePeriodSeconds: 0 });
      await makePod('web-1', 'node-2');
      await add(node, 'default/web-1', pods[1]?.sandbox as Pod);
      const result = await node.enim(['drain', '--evict', '--timeout', '0', '--json']);
      expect(
        enisOf(result)
          .map(({ reason }) => reason.split(';')[0])
          .sort(),
      ).toEqual([...['its pod is gone', 'no pod of its name is on this node']]);
      expect([await isTerminating('web-0'), await isTerminating('web-1')]).toEqual([false, false]);
    });

    it('ends at once without the right to evict, and names it', async () => {
      if (pods[0] !== undefined) await addCni(pods[0]);
      const rbac = '/apis/rbac.authorization.k8s.io/v1/clusterroles/enim';
      const role = (await api.ask('GET', rbac)) as Stored & { readonly rules: { readonly resources: string[] }[] };
      const rules = role.rules.filter(({ resources }) => !resources.includes('pods/eviction'));
      await api.ask('PUT', rbac, { ...role, rules });
      const result = await node.enim(['drain', '--evict', '--timeout', '20s']);
      await api.ask('PUT', rbac, { ...role, metadata: { name: 'enim' } });
      expectRefusal(
        { ...result, stdout: '' },
        {
          code: 1,
          says: [/"node" may not create pods\/eviction/],
          mentions: ['deploy/rbac.yaml', 'The node stays cordoned.'],
        },
      );
    });
  },
  faults(),
);
