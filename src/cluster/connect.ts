/**
 * The connection to a cluster's API server: who we are is read by Kubernetes' own client, as kubectl's users know it; TLS is always
 * verified. The build makes a bundle of its own of this, for it takes longer to load than an ADD takes.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { bufferFromFileOrString, type Cluster, KubeConfig, type User } from '@kubernetes/client-node';
import type { Access, ApiRequest, ApiResponse, Connection, Streaming } from '../providers/kubernetes/transport.js';
import { failure, unidentified } from './failure.js';
import { follow, retryAfterOf } from './follow.js';
import { inTime } from './intime.js';
import { type AskProgram, createProgram, type ProgramOfUser } from './program.js';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Reads the access; no request is sent. Throws nothing. */
export function connect(access: Access): Connection {
  const source = sourceOf(access);
  if (source === undefined) {
    return {
      fault: 'The settings name no kubeconfig, enim does not run in a pod, and KUBECONFIG is not set.',
      hint: 'enim config set kubernetes.kubeconfig /etc/kubernetes/kubelet.conf',
    };
  }
  const config = new KubeConfig();
  try {
    if (access.text !== undefined) config.loadFromString(access.text);
    else if (source.path === null) config.loadFromCluster();
    else config.loadFromFile(source.path);
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    return {
      fault: `The kubeconfig ${source.path} cannot be read: ${code ?? (thrown as Error).message.split('\n')[0]}.`,
      hint: `name another one with: enim config set kubernetes.kubeconfig PATH`,
    };
  }
  return faultOf(config, source.path) ?? { transport: transportOf(config) };
}

/** Null is the pod that we run in. */
function sourceOf({ kubeconfig, env }: Access): { readonly path: string | null } | undefined {
  if (kubeconfig !== null) return { path: kubeconfig };
  if (env.KUBERNETES_SERVICE_HOST && existsSync(SERVICE_ACCOUNT_TOKEN)) return { path: null };
  const first = env.KUBECONFIG?.split(':').find((each) => each !== '');
  return first === undefined ? undefined : { path: first };
}

function faultOf(config: KubeConfig, path: string | null): Connection | undefined {
  const what = `The kubeconfig ${path ?? 'of this pod'}`;
  const cluster = config.getCurrentCluster();
  if (cluster === null || !config.getCurrentUser()) {
    const context = JSON.stringify(config.getCurrentContext() ?? '');
    return {
      fault: `${what} has no ${cluster === null ? 'cluster' : 'user'} for its current context ${context}.`,
      hint: `see what it has: kubectl --kubeconfig ${path} config view`,
    };
  }
  if (cluster.skipTLSVerify) {
    return {
      fault: `${what} says insecure-skip-tls-verify, with which anybody on the way could give away the node's NICs.`,
      hint: 'give it the certificate authority of the API server (certificate-authority-data) instead',
    };
  }
  if (!cluster.server?.startsWith('https://')) {
    return { fault: `${what} names the server ${cluster.server}, which is not https.`, hint: 'name one with https://' };
  }
  if (cluster.proxyUrl !== undefined) {
    return { fault: `${what} asks for the proxy ${cluster.proxyUrl}.`, hint: 'enim speaks to the API server directly' };
  }
  try {
    certificateEndOf(config);
  } catch (thrown) {
    return {
      fault: `${what} has a client certificate that cannot be read: ${(thrown as Error).message}.`,
      hint: 'mend client-certificate and client-key',
    };
  }
  const user = config.getCurrentUser();
  return (
    faultOfFile(what, 'certificate-authority', cluster.caFile) ??
    faultOfFile(what, 'client-key', user?.keyFile) ??
    faultOfAuthority(what, cluster) ??
    faultOfUser(what, user)
  );
}

function faultOfAuthority(what: string, { caFile, caData }: Cluster): Connection | undefined {
  const certificate = bufferFromFileOrString(caFile, caData);
  try {
    if (certificate !== null) new X509Certificate(certificate);
    return undefined;
  } catch (thrown) {
    return {
      fault: `${what} has a certificate-authority that is no certificate: ${(thrown as Error).message}.`,
      hint: 'mend certificate-authority',
    };
  }
}

function faultOfUser(what: string, user: User | null): Connection | undefined {
  const certificate = bufferFromFileOrString(user?.certFile, user?.certData);
  const key = bufferFromFileOrString(user?.keyFile, user?.keyData);
  if (certificate !== null && key !== null) return faultOfPair(what, certificate, key);
  if (user?.token || user?.exec || user?.authProvider || user?.username) return undefined;
  return {
    fault: `${what} has nothing by which the API server would know its user ${JSON.stringify(user?.name)}.`,
    hint: 'give it a token, an exec, or client-certificate and client-key; "tokenFile" is not read',
  };
}

/** The TLS library would say so, too, but with each request, and not of which of them. */
function faultOfPair(what: string, certificate: Buffer, key: Buffer): Connection | undefined {
  const hint = 'mend client-certificate and client-key';
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return undefined;
    return { fault: `${what} has a client-key that is not that of its client-certificate.`, hint };
  } catch (thrown) {
    return { fault: `${what} has a client-key that cannot be read: ${(thrown as Error).message}.`, hint };
  }
}

/** Only a request would find that out, and take it for a server that does not answer. */
function faultOfFile(what: string, key: string, path: string | undefined): Connection | undefined {
  try {
    bufferFromFileOrString(path);
    return undefined;
  } catch (thrown) {
    return {
      fault: `${what} names a ${key} that cannot be read: ${(thrown as Error).message}.`,
      hint: `mend ${key}`,
    };
  }
}

function certificateEndOf(config: KubeConfig): Date | null {
  const user = config.getCurrentUser();
  const certificate = bufferFromFileOrString(user?.certFile, user?.certData);
  return certificate === null ? null : new Date(new X509Certificate(certificate).validTo);
}

function transportOf(config: KubeConfig): Streaming {
  const server = config.getCurrentCluster()?.server ?? '';
  const agent = new Agent({ keepAlive: true });
  const url = (path: string): URL => new URL(`${server.replace(/\/$/, '')}${path}`);
  const askProgram = takeProgramOf(config);
  /** For each request anew: a token is a file, or the answer of a program, and does not last. */
  const access = async (
    timeout: number,
    signal?: AbortSignal,
  ): Promise<RequestOptions & { readonly headers: Record<string, string | number> }> => {
    const options: RequestOptions = {};
    await inTime(config.applyToHTTPSOptions(options).catch(notIdentified), timeout, signal);
    const { token, clientCertificateData: cert, clientKeyData: key } = (await askProgram?.(timeout, signal)) ?? {};
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      Accept: 'application/json',
    };
    if (/[^ -~]/.test(headers.Authorization ?? '')) notIdentified('its token has characters in it that no token has');
    return { ...options, ...(cert && key ? { cert, key } : {}), headers, rejectUnauthorized: true };
  };
  return {
    server,
    certificateEnd: certificateEndOf(config),
    async send({ method, path, body, timeout, signal }) {
      const until = performance.now() + timeout;
      const options = await access(timeout, signal);
      if (body !== undefined) {
        options.headers['Content-Type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        options.headers['Content-Length'] = Buffer.byteLength(body);
      }
      const left = Math.max(1, until - performance.now());
      return exchange(url(path), { ...options, agent, method, ...(signal ? { signal } : {}) }, body, left);
    },
    async follow({ path, ...rest }, signal) {
      const options = await access(rest.timeout, signal).catch((thrown: unknown) => {
        if (signal.aborted) return null;
        throw thrown;
      });
      // A connection of its own, which ends with it.
      return options === null ? null : follow(url(path), { ...options, agent: false }, rest, signal);
    },
  };
}

/** The library would run it without an end, and say of its failure nothing but what it wrote. */
function takeProgramOf(config: KubeConfig): AskProgram | undefined {
  const program = config.getCurrentUser()?.exec as ProgramOfUser | undefined;
  config.users = config.users.map(({ exec: _, ...user }) => user);
  return program && createProgram(program);
}

/** A token is in a file that is not there, say. */
function notIdentified(thrown: unknown): never {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  throw unidentified(`What the kubeconfig says of who we are cannot be used: ${reason}.`, {
    details: [],
    hint: 'see users[].user of the kubeconfig that "enim config get kubernetes" names',
  });
}

function exchange(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  timeout: ApiRequest['timeout'],
): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', fail);
      incoming.on('end', () => {
        clearTimeout(timer);
        if (!incoming.complete) return fail(failure('ECONNRESET'));
        resolve({ status: incoming.statusCode ?? 0, retryAfter: retryAfterOf(incoming), body: text });
      });
      incoming.on('aborted', () => fail(failure('ECONNRESET')));
    });
    const timer = setTimeout(() => {
      const late = failure('ETIMEDOUT');
      fail(late);
      outgoing.destroy(late);
    }, timeout);
    function fail(thrown: unknown): void {
      clearTimeout(timer);
      reject(thrown);
    }
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
