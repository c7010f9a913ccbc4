/** What deploy/ ships, put before a real API server; and whom the plugin of a node is to it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../src/config/load.js';
import { must } from '../fabric/exec.js';
import { describeWith, EXECUTABLE, programFault } from '../fabric/requirements.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { type ApiServer, describeWithApiServer, startApiServer, transportOf } from './apiserver.js';
import { V2 } from './objects.js';

const ROOT = join(import.meta.dirname, '../..');

/** Where objects of a kind are asked for; those of Prometheus' operator have no definition here. */
const PATHS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ServiceAccount: '/api/v1/namespaces/kube-system/serviceaccounts',
  Secret: '/api/v1/namespaces/kube-system/secrets',
  ConfigMap: '/api/v1/namespaces/kube-system/configmaps',
  DaemonSet: '/apis/apps/v1/namespaces/kube-system/daemonsets',
};

const OF_OPERATOR = ['PodMonitor', 'PrometheusRule'];

const kindAndName = (document: string): (string | undefined)[] =>
  [/^kind: (\w+)/m, /^ {2}name: (\S+)/m].map((each) => each.exec(document)?.[1]);

describeWithApiServer('what a cluster gets', () => {
  const temporary = useTemporaryDirectories();
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api?.stop());

  /** What the API server says of the documents, each of which it reads strictly and does not keep. */
  const judge = async (text: string): Promise<string[]> => {
    const documents = text.split(/^---$/m).filter((document) => /^kind:/m.test(document));
    return Promise.all(
      documents.map(async (document) => {
        const [kind = '', name = ''] = kindAndName(document);
        if (OF_OPERATOR.includes(kind)) return `${kind} ${name}: not judged`;
        const path = `${PATHS[kind]}/${name}?fieldManager=test&dryRun=All&fieldValidation=Strict&force=true`;
        return `${kind} ${name}: ${await apply(path, document)}`;
      }),
    );
  };

  /** Server-side apply, in YAML as it is. */
  const apply = (path: string, document: string): Promise<string> => {
    const certificate = {
      cert: readFileSync(join(api.dir, 'admin.crt')),
      key: readFileSync(join(api.dir, 'admin.key')),
    };
    const ca = readFileSync(api.authority.cert);
    const headers = { 'Content-Type': 'application/apply-patch+yaml', Accept: 'application/json' };
    return new Promise((resolve, reject) => {
      const options = { method: 'PATCH', host: '127.0.0.1', port: api.port, path, headers, ca, ...certificate };
      const outgoing = request(options, (incoming) => {
        let body = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        incoming.on('end', () => resolve((incoming.statusCode ?? 0) < 300 ? 'good' : body));
      });
      outgoing.on('error', reject).end(document);
    });
  };

  const kustomize = (directory: string): Promise<string> => must('kubectl', ['kustomize', join(ROOT, directory)]);

  const BASE = [
    ...['cceendpoints', 'enis', 'subnets'].map((each) => `CustomResourceDefinition ${each}.cce.baidubce.com: good`),
    ...['ServiceAccount enim: good', 'ClusterRole enim: good', 'ClusterRoleBinding enim: good'],
    ...[
      expect.stringMatching(/^ConfigMap enim-node-\w+: good$/),
      'Secret enim-token: good',
      'DaemonSet enim-agent: good',
    ],
  ];

  describeWith('by kustomize', [programFault('kubectl')], () => {
    it('is taken by the API server, every field of it', async () => {
      expect(await judge(await kustomize('deploy'))).toEqual(BASE);
    });

    it('is taken with an image of one’s own, and read by Prometheus from outside', async () => {
      const text = await kustomize('examples/cluster');
      expect(await judge(text)).toEqual([
        ...BASE.slice(0, 6),
        'ConfigMap enim-dashboard: good',
        ...BASE.slice(6),
        ...OF_OPERATOR.map((kind) => expect.stringMatching(new RegExp(`^${kind} enim.*: not judged$`))),
      ]);
      expect(text.match(/image: .*/g)).toEqual(Array(3).fill('image: registry.example.com/enim:0.1.0'));
      expect(text).toContain('        - --expose\n');
    });
  });

  it('is refused where a field is not known, so that the above says something', async () => {
    const text = readFileSync(join(ROOT, 'deploy/agent/daemonset.yaml'), 'utf8');
    expect(await judge(text.replace('hostPID:', 'hostPid:'))).toEqual([
      expect.stringMatching(/^DaemonSet enim-agent: .*hostPid/),
    ]);
  });

  describe('a node that was prepared', () => {
    /** Runs prepare.sh as the init container does, with a token of the service account. */
    const prepare = async (): Promise<string> => {
      const [credentials, target] = [temporary(), temporary()];
      for (const document of readFileSync(join(ROOT, 'deploy/agent/serviceaccount.yaml'), 'utf8').split(/^---$/m)) {
        const [kind = '', name = ''] = kindAndName(document);
        expect(await apply(`${PATHS[kind]}/${name}?fieldManager=test&force=true`, document)).toBe('good');
      }
      const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { status } = await api.ask('POST', `${PATHS.ServiceAccount}/enim/token`, asked);
      writeFileSync(join(credentials, 'token'), status.token);
      writeFileSync(join(credentials, 'ca.crt'), readFileSync(api.authority.cert));
      await must('sh', [join(ROOT, 'deploy/agent/prepare.sh')], {
        env: {
          PATH: `${dirname(EXECUTABLE)}:${process.env.PATH ?? ''}`,
          ...{ SETTINGS: join(ROOT, 'deploy/agent/config.json'), CREDENTIALS: credentials, TARGET: target },
          ...{ NODE_NAME: 'node-7', KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${api.port}` },
        },
      });
      return target;
    };

    it('has settings that are good, with its own name, and files that only root can read', async () => {
      const target = await prepare();
      const { provider, kubernetes } = loadSettings(join(target, 'config.json'));
      expect({ provider, kubernetes }).toMatchObject({
        provider: 'kubernetes',
        kubernetes: { kubeconfig: '/etc/enim/kubeconfig', nodeName: 'node-7' },
      });
      for (const file of ['config.json', 'kubeconfig']) expect(statSync(join(target, file)).mode & 0o777).toBe(0o600);
    });

    it('reaches the API server as one who may do what enim does, and nothing else', async () => {
      const transport = transportOf(join(await prepare(), 'kubeconfig'));
      const status = async (method: 'GET' | 'DELETE', path: string): Promise<number> =>
        (await transport.send({ method, path, timeout: 30_000 })).status;
      expect(await status('GET', `${V2}/enis`)).toBe(200);
      expect(await status('GET', `${V2}/namespaces/default/cceendpoints/nobody`)).toBe(404);
      expect(await status('DELETE', `${V2}/enis/eni-1`)).toBe(403);
      expect(await status('GET', '/api/v1/secrets')).toBe(403);
    });
  });
});
