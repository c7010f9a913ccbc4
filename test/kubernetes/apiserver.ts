/**
 * A real API server for tests: etcd and kube-apiserver on loopback, with ports, certificates and files of their own, and the
 * objects of `deploy/`. KUBEBUILDER_ASSETS names the directory of the two programs, as setup-envtest does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/cluster/connect.js';
import type { Streaming } from '../../src/providers/kubernetes/transport.js';
import { describeWith, programFault } from '../fabric/requirements.js';
import { type Authority, type Certificate, createAuthority } from './certificates.js';

const ASSETS = process.env.KUBEBUILDER_ASSETS ?? '';
const DEPLOY = join(import.meta.dirname, '../../deploy');

/** Any API object. */
export interface Stored {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look wherever they like
  readonly [key: string]: any;
}

/** A running API server. */
export interface ApiServer {
  readonly dir: string;
  readonly port: number;
  readonly authority: Authority;
  /** Kubeconfig of one who may do everything. */
  readonly admin: string;
  /** Kubeconfig of one who has the rights of `deploy/rbac.yaml`. */
  readonly node: string;
  /** Kubeconfig of one who has no rights. */
  readonly stranger: string;
  /** Writes a kubeconfig. */
  kubeconfig(name: string, user: Certificate, options?: { readonly port?: number; readonly ca?: string }): string;
  /** Sends a request as admin; anything but success is an error. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Stored>;
  /** The same, for whoever wants to see the refusal. */
  try(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: string }>;
  /** Kills kube-apiserver as a crash does; its etcd goes on, and with it all objects. */
  kill(): Promise<void>;
  /** Has etcd forget every version of everything but the last, as it does each five minutes of all that is older. */
  compact(): Promise<void>;
  /** Starts it again after `kill`; it answers some seconds later. */
  restart(): void;
  /** Waits until it is ready, and serves what the repository ships. */
  ready(): Promise<void>;
  /** The end of what its programs say. */
  logs(): string;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

/** A suite on a real API server; skipped without the programs. */
export function describeWithApiServer(title: string, body: () => void): void {
  describeWith(title, faults(), body);
}

/** Why there can be no API server. */
export function faults(): readonly (string | undefined)[] {
  if (ASSETS === '') return ['KUBEBUILDER_ASSETS does not name the directory of etcd and kube-apiserver'];
  return [...['etcd', 'kube-apiserver'].map(assetFault), programFault('openssl')];
}

function assetFault(program: string): string | undefined {
  try {
    accessSync(join(ASSETS, program), constants.X_OK);
    return undefined;
  } catch {
    return `there is no ${join(ASSETS, program)}`;
  }
}

/** Starts one; whoever starts it stops it. */
export async function startApiServer(): Promise<ApiServer> {
  const dir = mkdtempSync(join(tmpdir(), 'enim-apiserver-'));
  const started: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    // The API server first: without its etcd it would fill its log.
    for (const child of started.splice(0).reverse()) await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [etcd, peer, port] = (await freePorts(3)) as [number, number, number];
    const authority = await createAuthority(dir);
    const server = await authority.issue({ name: 'server', addresses: ['127.0.0.1'] });
    const users = await Promise.all([
      authority.issue({ name: 'admin', group: 'system:masters' }),
      authority.issue({ name: 'node' }),
      authority.issue({ name: 'stranger' }),
    ]);
    const startServer = (): ChildProcess =>
      launch(dir, 'kube-apiserver', [
        `--etcd-servers=http://127.0.0.1:${etcd}`,
        ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', `--secure-port=${port}`],
        ...[`--tls-cert-file=${server.cert}`, `--tls-private-key-file=${server.key}`],
        ...[
          `--client-ca-file=${authority.cert}`,
          '--authorization-mode=RBAC',
          '--service-cluster-ip-range=10.0.0.0/24',
        ],
        ...[`--service-account-key-file=${server.key}`, `--service-account-signing-key-file=${server.key}`],
        ...['--service-account-issuer=https://127.0.0.1', '--disable-admission-plugins=ServiceAccount'],
        // As every cluster has it that runs network plugins.
        '--allow-privileged=true',
        `--cert-dir=${join(dir, 'certs')}`,
      ]);
    started.push(
      launch(dir, 'etcd', [
        `--data-dir=${join(dir, 'etcd')}`,
        `--listen-client-urls=http://127.0.0.1:${etcd}`,
        `--advertise-client-urls=http://127.0.0.1:${etcd}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        // What a test writes need not outlive the test.
        '--unsafe-no-fsync',
      ]),
      startServer(),
    );
    const kubeconfig: ApiServer['kubeconfig'] = (name, user, options = {}) => {
      const path = join(dir, `${name}.kubeconfig`);
      const cluster = {
        server: `https://127.0.0.1:${options.port ?? port}`,
        'certificate-authority': options.ca ?? authority.cert,
      };
      const document = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
        clusters: [{ name: 'test', cluster }],
        users: [{ name, user: { 'client-certificate': user.cert, 'client-key': user.key } }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      };
      writeFileSync(path, JSON.stringify(document));
      return path;
    };
    const [admin, node, stranger] = ['admin', 'node', 'stranger'].map((name, index) =>
      kubeconfig(name, users[index] as Certificate),
    ) as [string, string, string];
    const transport = transportOf(admin);
    const api: ApiServer = {
      ...{ dir, port, authority, admin, node, stranger, kubeconfig, stop },
      async kill() {
        for (const child of started.splice(1)) await end(child);
      },
      compact: () => compact(`http://127.0.0.1:${etcd}`),
      restart() {
        started.push(startServer());
      },
      logs: () =>
        ['etcd', 'kube-apiserver']
          .map((program) => readFileSync(join(dir, `${program}.log`), 'utf8').slice(-2_000))
          .join('\n'),
      async ready() {
        await ready(api, started);
        await allServed(api);
      },
      async ask(method, path, body) {
        const answer = await api.try(method, path, body);
        if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
        return JSON.parse(answer.body) as Stored;
      },
      async try(method, path, body) {
        const text = body === undefined ? {} : { body: JSON.stringify(body) };
        const { status, body: answer } = await transport.send({ method, path, timeout: 30_000, ...text });
        return { status, body: answer };
      },
    };
    await ready(api, started);
    await deploy(api, users[0]);
    return api;
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** The real connection that a kubeconfig describes. */
export function transportOf(kubeconfig: string): Streaming {
  const connection = connect({ kubeconfig, env: {} });
  if ('fault' in connection) throw new Error(connection.fault);
  return connection.transport;
}

function launch(dir: string, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(dir, `${program}.log`), 'a');
  return spawn(join(ASSETS, program), args, { stdio: ['ignore', log, log], cwd: dir });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** By etcd's own interface in JSON. */
async function compact(etcd: string): Promise<void> {
  const post = async (path: string, body: object): Promise<Stored> => {
    const answer = await fetch(`${etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Stored;
  };
  const nothing = Buffer.from('enim').toString('base64');
  const { header } = await post('range', { key: nothing });
  await post('compaction', { revision: header.revision, physical: true });
}

/** All at once, so that none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function ready(api: ApiServer, started: readonly ChildProcess[]): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (started.some(({ exitCode }) => exitCode !== null)) break;
    const answer = await api.try('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  throw new Error(`The API server did not start.\n${api.logs()}`);
}

/** Applies what the repository ships, and waits until the API server serves it. */
async function deploy(api: ApiServer, admin: Certificate): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  for (const file of readdirSync(join(DEPLOY, 'crds'))) await apply(api, admin, definitions, join('crds', file));
  await apply(api, admin, `${rbac}/clusterroles`, 'rbac.yaml');
  await api.ask('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'enim-node' },
    subjects: [{ kind: 'User', name: 'node', apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'ClusterRole', name: 'enim', apiGroup: 'rbac.authorization.k8s.io' },
  });
  await allServed(api);
}

async function allServed(api: ApiServer): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await served(api, '/api/v1/namespaces/default');
  for (const { spec } of (await api.ask('GET', definitions)).items as Stored[])
    await served(api, `/apis/${spec.group}/${spec.versions[0].name}/${spec.names.plural}`);
}

/** Hands a file to the API server as it is: it reads YAML itself. */
async function apply({ authority, port }: ApiServer, admin: Certificate, path: string, file: string): Promise<void> {
  const [ca, cert, key] = [authority.cert, admin.cert, admin.key].map((each) => readFileSync(each));
  const headers = { 'Content-Type': 'application/yaml', Accept: 'application/json' };
  await new Promise<void>((resolve, reject) => {
    const options = { method: 'POST', host: '127.0.0.1', port, path, headers, ca, cert, key };
    const outgoing = request(options, (incoming) => {
      incoming.resume();
      if (incoming.statusCode === 201) resolve();
      else reject(new Error(`The API server refused deploy/${file}: ${incoming.statusCode}.`));
    });
    outgoing.on('error', reject);
    outgoing.end(readFileSync(join(DEPLOY, file)));
  });
}

async function served(api: ApiServer, path: string): Promise<void> {
  for (let tries = 0; (await api.try('GET', path)).status !== 200; tries += 1) {
    if (tries === 300) throw new Error(`The API server does not serve ${path}.`);
    await sleep(50);
  }
}
