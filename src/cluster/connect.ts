/**
 * The connection to a cluster's API server: who we are is read by Kubernetes' own client, as kubectl's users know it; TLS is always
 * verified. The build makes a bundle of its own of this, for it takes longer to load than an ADD takes.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { bufferFromFileOrString, KubeConfig } from '@kubernetes/client-node';
import type { Access, ApiRequest, ApiResponse, Connection, Streaming } from '../providers/kubernetes/transport.js';
import { failure } from './failure.js';
import { follow, retryAfterOf } from './follow.js';
import { inTime } from './intime.js';

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
  return faultOfFile(what, 'certificate-authority', cluster.caFile) ?? faultOfFile(what, 'client-key', user?.keyFile);
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
  /** For each request anew: a token is a file, or the answer of a program, and does not last. */
  const access = async (): Promise<RequestOptions & { readonly headers: Record<string, string | number> }> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const headers = { ...(options.headers as object), Accept: 'application/json' };
    return { ...options, headers, rejectUnauthorized: true };
  };
  return {
    server,
    certificateEnd: certificateEndOf(config),
    async send({ method, path, body, timeout, signal }) {
      const until = performance.now() + timeout;
      const options = await inTime(access(), timeout, signal);
      if (body !== undefined) {
        options.headers['Content-Type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        options.headers['Content-Length'] = Buffer.byteLength(body);
      }
      const left = Math.max(1, until - performance.now());
      return exchange(url(path), { ...options, agent, method, ...(signal ? { signal } : {}) }, body, left);
    },
    async follow({ path, ...rest }, signal) {
      const options = await inTime(access(), rest.timeout, signal).catch((thrown: unknown) => {
        if (signal.aborted) return null;
        throw thrown;
      });
      // A connection of its own, which ends with it.
      return options === null ? null : follow(url(path), { ...options, agent: false }, rest, signal);
    },
  };
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
