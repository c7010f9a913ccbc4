import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { unpack } from '../../src/bundle/archive.js';
import { add, answer, gc, list, show, verdictOn } from '../fabric/answers.js';
import { callPlugin, errorOf, resultOf } from '../fabric/cni.js';
import { expectRefusal } from '../fabric/expectations.js';
import { holdLockOf } from '../fabric/locks.js';
import type { Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { describeEndToEnd } from '../fabric/requirements.js';
import { type ApiServer, faults, startApiServer } from '../kubernetes/apiserver.js';
import { createOnlyNode } from '../kubernetes/clusternode.js';
import { eniObject, getEni, listEndpoints, makeEni, makeEnisOf, NODE } from '../kubernetes/objects.js';
import { startProxy, type TestProxy } from '../kubernetes/proxy.js';
import { openRelay, type Relay } from '../kubernetes/relay.js';
import { sampleEni } from '../model/samples.js';

describeEndToEnd(
  'enim with the kubernetes provider',
  () => {
    let api: ApiServer;
    let node: Node;
    let pod: Pod;
    let relay: Relay;

    beforeAll(async () => {
      api = await startApiServer();
    });
    afterAll(() => api?.stop());

    beforeEach(async () => {
      ({ node, relay } = await createOnlyNode(api, 2));
      await makeEnisOf(api, node);
      pod = await node.pod('web-0');
    });
    afterEach(async () => {
      await relay?.stop();
      await node?.destroy();
    });

    const settings = (kubeconfig: string) => ({ provider: 'kubernetes', kubernetes: { kubeconfig, nodeName: NODE } });
    const statusOf = async (index: number) => (await getEni(api, node.eni(index).id)).status;

    it('lists the ENIs of the cluster, with the addresses that their subnets complete', async () => {
      const { id, mac, ipv4, ipv6 } = node.eni(0);
      expect((await list(node))[0]).toMatchObject({ id, mac, ipv4, ipv6, provider: 'kubernetes', state: 'free' });
    });

    it('lists the ENIs of other nodes by what the cluster says, and shows that nobody looked', async () => {
      await add(node, 'default/web-0', pod);
      const away = eniObject(sampleEni(9, { ipv4: { address: '10.9.0.9/24', gateway: '10.9.0.1' } }), {
        metadata: { labels: { 'cce.baidubce.com/node': 'node-2' } },
        spec: { nodeName: 'node-2' },
      });
      await makeEni(api, away);
      const [{ id: first }, { id: second }] = [node.eni(0), node.eni(1)];
      const all = answer<{ enis: unknown[] }>(await node.enim(['list', '--all-nodes', '--json'])).enis;
      expect(all).toMatchObject([
        { id: first, node: NODE, state: 'used', attachment: { owner: 'default/web-0', containerID: 'web-0' } },
        { id: second, node: NODE, state: 'free', attachment: null },
        { id: 'eni-9', node: 'node-2', provider: 'kubernetes', state: 'free', addresses: ['10.9.0.9'], note: null },
      ]);

      const { stdout } = await node.enim(['list', '--node', 'node-2']);
      expect(stdout.split('\n').slice(0, 2)).toEqual([
        expect.stringMatching(/^NODE +ENI +STATE +ADDRESS +OWNER +CONTAINER +AGE$/),
        expect.stringMatching(/^node-2 +eni-9 +free +10\.9\.0\.9 +- +- +-$/),
      ]);
      expect(stdout).toContain('1 ENI on 1 node: 1 free');
      expect(stdout).toContain('where the NICs are was not looked at');
      const names = await node.enim(['list', '--all-nodes', '--state', 'free', '--output', 'name']);
      expect(names.stdout).toBe(`${second}\neni-9\n`);
    });

    it('puts into a bundle what the cluster says of this node, and nothing by which one gets in', async () => {
      await add(node, 'default/web-0', pod);
      const file = join(node.dir, 'b.tar.gz');
      answer(await node.enim(['support-bundle', '--file', file, '--conf-dir', node.dir, '--json']));
      const { files } = await unpack('it', readFileSync(file));
      const all = [...files.values()].map((content) => Buffer.from(content).toString('utf8')).join('\n');
      const named = [...readFileSync(api.node, 'utf8').matchAll(/(?:key|certificate|authority)"?: *"?(\/[^\s",]+)/g)];
      const secrets = named.flatMap(([, path = '']) => readFileSync(path, 'utf8').match(/^[\w+/=]{40,}$/gm) ?? []);
      expect(secrets.length).toBeGreaterThan(5);
      for (const secret of secrets) expect(all).not.toContain(secret);

      const there = ['list', '--node', NODE, '--json', '--from-bundle', file];
      const live = [await node.enim(['list', '--json']), await node.enim(['list', '--node', NODE, '--json'])];
      relay.stop();
      expect((await node.enim(['list', '--json', '--from-bundle', file])).json).toEqual(live[0]?.json);
      expect((await node.enim(there)).json).toEqual(live[1]?.json);
      expectRefusal(await node.enim(['list', '--all-nodes', '--from-bundle', file]), { code: 2, mentions: [NODE] });
      const doctor = await node.enim(['doctor', '--json', '--from-bundle', file]);
      expect(doctor.json).toMatchObject({ problems: 0 });
    });

    it('makes a bundle of what there is while the API server is away', async () => {
      await add(node, 'default/web-0', pod);
      await relay.stop();
      const file = join(node.dir, 'b.tar.gz');
      const made = answer<{ missing: { part: string; reason: string }[] }>(
        await node.enim(['support-bundle', '--file', file, '--conf-dir', node.dir, '--json']),
      );
      expect(made.missing.map(({ part }) => part)).toContain('provider.json');
      expectRefusal(await node.enim(['list', '--from-bundle', file]), { code: 5, mentions: ['API server'] });
      expect((await node.enim(['where', 'default/web-0', '--from-bundle', file])).code).toBe(5);
    });

    it('refuses to list a node that no cluster can have', async () => {
      expectRefusal(await node.enim(['list', '--node', 'Node_2']), { code: 2, says: ['"Node_2"'] });
    });

    it('gives a pod an ENI, says so in the cluster, and takes both back', async () => {
      const before = await node.kernelState();
      const { mac, ipv4 } = await add(node, 'default/web-0', pod);
      expect({ mac, ipv4 }).toEqual({ mac: node.eni(0).mac, ipv4: node.eni(0).ipv4 });
      expect((await pod.run('ping', '-c', '1', '-W', '2', node.eni(0).ipv4.gateway)).code).toBe(0);

      const [endpoint] = await listEndpoints(api);
      expect(endpoint).toMatchObject({
        metadata: { namespace: 'default', name: 'web-0' },
        status: { state: 'ip-allocated', 'external-identifiers': { 'external-identifier': node.eni(0).id } },
      });
      expect(await statusOf(0)).toMatchObject({
        CCEStatus: 'UsingInPod',
        endpointReference: { namespace: 'default', name: 'web-0', uid: endpoint?.metadata.uid },
      });

      answer(await node.enim(['del', 'default/web-0', '--json']));
      expect(await node.kernelState()).toEqual(before);
      expect(await listEndpoints(api)).toEqual([]);
      expect(await statusOf(0)).toMatchObject({ CCEStatus: 'ReadyOnNode' });
    });

    it('answers a container runtime, and a repeated ADD the same', async () => {
      const first = await resultOf(node, 'ADD', { netns: pod.path });
      expect(first.ips?.map(({ address }) => address)).toEqual([node.eni(0).ipv4.address, node.eni(0).ipv6.address]);
      expect(await resultOf(node, 'ADD', { netns: pod.path })).toEqual(first);
      expect((await callPlugin(node, 'STATUS')).code).toBe(0);
      expect((await listEndpoints(api))[0]?.spec['external-identifiers']).toMatchObject({
        'container-id': 'c1',
        'k8s-object-id': 'u-1',
        netns: pod.path,
      });
      await resultOf(node, 'DEL', { netns: pod.path });
      expect((await list(node)).map(({ state }) => state)).toEqual(['free', 'free']);
    });

    const late = 'K8S_POD_NAMESPACE=default;K8S_POD_NAME=late';
    const quarantineAll = async () => {
      for (const { id } of node.enis) await node.enim(['provider', 'quarantine', id, '--reason', 'no link']);
    };

    it('tells a pod by an event that counts why it gets no ENI, and its runtime the same each time', async () => {
      await quarantineAll();
      const call = { netns: pod.path, args: `${late};K8S_POD_UID=late-1` };
      const first = await errorOf(node, 'ADD', call);
      expect(first).toMatchObject({ code: 103, msg: expect.stringContaining('No ENI is free') });
      expect(await errorOf(node, 'ADD', call)).toEqual(first);
      const events = '/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid=late-1';
      expect((await api.ask('GET', events)).items).toMatchObject([
        { reason: 'NoFreeENI', type: 'Warning', count: 2, message: expect.stringContaining(first.msg) },
      ]);
    });

    it('reclaims with gc what a dead pod left behind, in the cluster too', async () => {
      await add(node, 'default/web-0', pod);
      await node.simulateCardReturn(pod, 'eth0');
      expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
      expect(await statusOf(0)).toMatchObject({ CCEStatus: 'ReadyOnNode' });
      expect(await listEndpoints(api)).toEqual([]);
    });

    const CEP = '/apis/cce.baidubce.com/v2/namespaces/default/cceendpoints/web-0';
    /** gc thinks of what was deleted once 2 s have passed; the API server counts whole seconds. */
    const collectDeleted = async () => {
      await sleep(3_500);
      return gc(node);
    };

    it('finishes with gc what somebody has deleted, but never takes a NIC from a pod in which something runs', async () => {
      const before = await node.kernelState();
      await resultOf(node, 'ADD', { netns: pod.path });
      const holder = await pod.holdByProcess();
      await api.ask('DELETE', CEP);
      expect(verdictOn(await collectDeleted(), node.eni(0))).toMatchObject({
        action: 'keep',
        reason: expect.stringContaining('something runs in it'),
      });
      expect(await pod.link('eth0')).toBeDefined();

      await holder.release();
      expect(verdictOn(await gc(node), node.eni(0))).toMatchObject({ action: 'reclaim', done: true });
      expect(await node.kernelState()).toEqual(before);
      expect([await listEndpoints(api), (await statusOf(0)).CCEStatus]).toEqual([[], 'ReadyOnNode']);
    });

    it('lets go with gc of a deleted endpoint whose ENI the cluster has lost', async () => {
      await add(node, 'default/web-0', pod);
      await api.ask('DELETE', `/apis/cce.baidubce.com/v2/enis/${node.eni(0).id}`);
      await api.ask('DELETE', CEP);
      await node.simulateCardReturn(pod, 'eth0');
      await collectDeleted();
      expect(await listEndpoints(api)).toEqual([]);
      expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
    });

    it('takes an ENI home for its own record, even where somebody has removed the endpoint and its finalizer', async () => {
      await add(node, 'default/web-0', pod);
      const [endpoint] = await listEndpoints(api);
      const path = '/apis/cce.baidubce.com/v2/namespaces/default/cceendpoints/web-0';
      await api.ask('PUT', path, { ...endpoint, metadata: { ...endpoint?.metadata, finalizers: [] } });
      await api.ask('DELETE', path);

      answer(await node.enim(['del', 'default/web-0', '--json']));
      expect(await node.link('eni0')).toMatchObject({ address: node.eni(0).mac });
      expect(await show(node, node.eni(0))).toMatchObject({ state: 'free' });
    });

    describe('with a kubeconfig that enim install has made of a service account', () => {
      const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
      let account: string;
      let files: readonly string[];
      beforeAll(async () => {
        await api.ask('POST', ACCOUNTS, { metadata: { name: 'enim' } });
        await api.ask('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
          metadata: { name: 'enim-account' },
          subjects: [{ kind: 'ServiceAccount', name: 'enim', namespace: 'default' }],
          roleRef: { kind: 'ClusterRole', name: 'enim', apiGroup: 'rbac.authorization.k8s.io' },
        });
        await api.ask('POST', ACCOUNTS, { metadata: { name: 'stranger' } });
      });
      beforeEach(() => {
        account = join(node.dir, 'account');
        const to = (name: string): string => join(node.dir, name);
        files = [to('bin/enim'), to('config/kubeconfig'), to('config/config.json'), to('net.d/10-enim.conflist')];
        mkdirSync(account);
        copyFileSync(api.authority.cert, join(account, 'ca.crt'));
        rmSync(to('config/config.json'));
      });

      const grant = async (name = 'enim'): Promise<void> => {
        const request = {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 3600 },
        };
        const { status } = await api.ask('POST', `${ACCOUNTS}/${name}/token`, request);
        writeFileSync(join(account, 'token'), status.token);
      };
      const places = (): string[] => ['--bin-dir', join(node.dir, 'bin'), '--conf-dir', join(node.dir, 'net.d')];
      const source = (): string[] => ['--service-account', account, '--api-server', `https://127.0.0.1:${api.port}`];
      const install = (...flags: readonly string[]) =>
        node.enim(['install', ...places(), '--kubeconfig', ...source(), ...flags], { env: { NODE_NAME: NODE } });

      it('gives a pod an ENI as that account, and goes on when it is run again with a new token', async () => {
        await grant();
        const done = await install();
        expect(done).toMatchObject({ code: 0, stderr: '' });
        expect(done.stdout).toMatch(
          /as the service account default\/enim\. Its token ends at \S+Z \(in 59m\): run this again/,
        );
        expect(statSync(files[1] as string).mode & 0o777).toBe(0o600);
        await resultOf(node, 'ADD', { netns: pod.path });

        await sleep(1_000);
        await grant();
        const again = answer<{ changes: { action: string }[] }>(await install('--json'));
        expect(again.changes.map(({ action }) => action)).toEqual(['keep', 'replace', 'keep', 'keep']);
        await resultOf(node, 'DEL', { netns: pod.path });

        answer(await node.enim(['uninstall', ...places(), '--json']));
        expect(files.map((path) => existsSync(path))).toEqual([false, false, true, false]);
      });

      it('says in a dry run what it would write, and writes nothing', async () => {
        await grant();
        const { changes } = answer<{ changes: { path: string }[] }>(await install('--dry-run', '--json'));
        expect(changes.map(({ path }) => path)).toEqual(files);
        expect(files.some((path) => existsSync(path))).toBe(false);
      });

      it('writes nothing for an account that the cluster does not let in', async () => {
        await grant('stranger');
        expectRefusal(await install(), {
          code: 1,
          says: ['default:stranger', 'may not list'],
          mentions: ['deploy/rbac.yaml'],
        });
        expect(files.some((path) => existsSync(path))).toBe(false);
      });

      it('writes nothing while another process changes the settings', async () => {
        await grant();
        const [, , config = ''] = files;
        writeFileSync(config, '{"lockWait": 100}');
        writeFileSync(`${config}.lock`, '');
        const other = await holdLockOf(node, `${config}.lock`);
        expectRefusal(await install(), { code: 5, says: ['The lock of config.json was not free'] });
        expect([...files.map((path) => existsSync(path)), readFileSync(config, 'utf8')]).toEqual([
          ...[false, false, true, false],
          '{"lockWait": 100}',
        ]);
        await other.release();
        expect(await install()).toMatchObject({ code: 0 });
        expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({ lockWait: 100, provider: 'kubernetes' });
      });

      it('says what is missing outside of a pod', async () => {
        expectRefusal(await install(), { code: 4, says: [`${account}/token`], mentions: ['--service-account'] });
        const bare = await node.enim(['install', ...places(), '--kubeconfig']);
        expectRefusal(bare, { code: 2, says: ['KUBERNETES_SERVICE_HOST'], mentions: ['--api-server'] });
      });
    });

    it('also runs on Node.js', async () => {
      const run = join(import.meta.dirname, '../../bin/run.js');
      const result = await node.start([process.execPath, run, 'list', '--json']).result;
      expect(answer<{ enis: unknown[] }>(result).enis).toHaveLength(2);
    });

    describe('where the API server', () => {
      let proxy: TestProxy;
      /** Puts a proxy before the API server, which shows this certificate, and leads the node there. */
      const front = async (name: string, expired = false): Promise<void> => {
        const user = await api.authority.issue({ name: `user-${name}`, user: 'node' });
        proxy = await startProxy(api, user, await api.authority.issue({ name, addresses: ['127.0.0.1'], expired }));
        await relay.stop();
        relay = await openRelay(node, proxy.port);
        node.writeSettings(settings(proxy.kubeconfig));
      };
      afterEach(() => proxy?.stop());

      it.each([
        ['fails for a moment', { status: 503 }],
        ['breaks the connection', 'reset'],
        ['does what it is asked and breaks the connection', 'lost'],
      ] as const)('%s, does all of it once', async (_, fate) => {
        await front('moody');
        proxy.decide = ({ number }) => (number % 3 === 1 ? fate : 'pass');
        const before = await node.kernelState();
        await resultOf(node, 'ADD', { netns: pod.path });
        expect(await listEndpoints(api)).toHaveLength(1);
        await resultOf(node, 'DEL', { netns: pod.path });
        expect([await listEndpoints(api), await node.kernelState()]).toEqual([[], before]);
      });

      it('does not answer where events are written, fails with what went wrong all the same', async () => {
        await quarantineAll();
        const silent = await errorOf(node, 'ADD', { netns: pod.path, args: late });
        await front('deaf');
        let asked = 0;
        proxy.decide = ({ path }) => {
          if (!path.includes('/events')) return 'pass';
          asked += 1;
          return 'hang';
        };
        expect(await errorOf(node, 'ADD', { netns: pod.path, args: `${late};K8S_POD_UID=late-1` })).toEqual(silent);
        expect(asked).toBe(1);
      });

      it('does not answer, tells a container runtime in time to try again', async () => {
        await front('silent');
        proxy.decide = () => 'hang';
        const { code, msg } = await errorOf(node, 'ADD', { netns: pod.path });
        expect([code, msg]).toEqual([11, expect.stringContaining('did not answer within 10 s: no answer')]);
      });

      it('shows a certificate that has expired, says so at once', async () => {
        await front('old', true);
        expectRefusal(await node.enim(['list']), {
          code: 1,
          says: ['certificate', 'has expired'],
          mentions: ['renew it'],
        });
      });

      it('has no definition of the objects, says which file to apply', async () => {
        await front('bare');
        proxy.decide = () => ({ status: 404, body: '404 page not found', headers: { 'Content-Type': 'text/plain' } });
        expectRefusal(await node.enim(['list']), { code: 1, mentions: ['kubectl apply -f deploy/crds/'] });
      });
    });

    describe('refuses', () => {
      it('a kubeconfig that does not verify the server', async () => {
        const path = join(node.dir, 'insecure.kubeconfig');
        const config = JSON.parse(readFileSync(api.node, 'utf8'));
        config.clusters[0].cluster = { server: config.clusters[0].cluster.server, 'insecure-skip-tls-verify': true };
        writeFileSync(path, JSON.stringify(config));
        node.writeSettings(settings(path));
        expectRefusal(await node.enim(['list']), { code: 2, says: [path, 'insecure-skip-tls-verify'] });
      });

      it('a kubeconfig that is not there, and none at all', async () => {
        node.writeSettings(settings('/nowhere/kubeconfig'));
        expectRefusal(await node.enim(['list']), { code: 2, says: ['/nowhere/kubeconfig', 'ENOENT'] });
        node.writeSettings({ provider: 'kubernetes', kubernetes: { nodeName: NODE } });
        expectRefusal(await node.enim(['list']), { code: 2, says: ['KUBECONFIG'] });
        expect((await node.enim(['list'], { env: { KUBECONFIG: api.node } })).code).toBe(0);
      });

      it('a server that another authority vouches for', async () => {
        const { createAuthority } = await import('../kubernetes/certificates.js');
        const other = await createAuthority(api.dir, 'other');
        const user = await api.authority.issue({ name: 'lost', user: 'node' });
        node.writeSettings(settings(api.kubeconfig('lost', user, { ca: other.cert })));
        expectRefusal(await node.enim(['list']), { code: 1, says: ['certificate', 'not signed by'] });
      });

      it('to go on without rights, and names the one that is missing', async () => {
        node.writeSettings(settings(api.stranger));
        expectRefusal(await node.enim(['list']), {
          code: 1,
          says: [/"stranger" may not list (enis|cceendpoints)\.cce\.baidubce\.com/],
          mentions: ['deploy/rbac.yaml'],
        });
        expect(await errorOf(node, 'ADD', { netns: pod.path })).toMatchObject({ code: 117 });
      });

      it('to write an inventory that nobody would read', async () => {
        const before = readFileSync(join(node.dir, 'config/config.json'), 'utf8');
        for (const flags of [['--yes'], ['--yes', '--force']]) {
          const result = await node.enim(['provider', 'init', '--name', 'eni*', ...flags]);
          expectRefusal(result, { code: 2, says: ['the provider kubernetes'], mentions: ['enim list'] });
        }
        expect(readFileSync(join(node.dir, 'config/config.json'), 'utf8')).toBe(before);
      });

      it('to give a pod an ENI where the cluster has none here, and leads to those that there are', async () => {
        node.writeSettings({ ...settings(api.node), kubernetes: { kubeconfig: api.node, nodeName: 'node-3' } });
        const result = await node.enim(['add', 'default/web-0', '--netns', pod.path]);
        expectRefusal(result, { code: 3, mentions: ['enim list --all-nodes'] });
        expect((await node.enim(['list'])).stdout).toContain('Try: enim list --all-nodes');
        expect((await node.enim(['provider'])).stdout).toContain('Try: enim list --all-nodes');
      });

      it('an owner that can be no pod', async () => {
        const result = await node.enim(['add', 'default/Web_0', '--netns', pod.path]);
        expectRefusal(result, { code: 2, says: ['default/Web_0'] });
        expect(await listEndpoints(api)).toEqual([]);
      });

      it('an owner in a namespace that there is not, and leaves all as it was', async () => {
        const before = await node.kernelState();
        const result = await node.enim(['add', 'nowhere/web-0', '--netns', pod.path]);
        expectRefusal(result, { code: 1, says: ['namespace nowhere'], mentions: ['kubectl create namespace nowhere'] });
        expect(await node.kernelState()).toEqual(before);
        expect(await statusOf(0)).toMatchObject({ CCEStatus: 'ReadyOnNode' });
      });
    });

    it('waits for an API server that is away, and then says so, with nothing changed', async () => {
      await relay.stop();
      const before = await node.kernelState();
      expectRefusal(await node.enim(['add', 'default/web-0', '--netns', pod.path]), {
        code: 5,
        says: [`https://127.0.0.1:${api.port}`, 'connection refused'],
      });
      expect(await node.kernelState()).toEqual(before);
    });
  },
  faults(),
);
