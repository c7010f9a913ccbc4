/** The service account of the pod that we run in, as the kubelet mounts it. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { hostPort } from '../model/address.js';
import { EnimError } from '../model/errors.js';
import type { Files } from './files.js';
import { type Credentials, parseToken, type TokenFacts } from './kubeconfig.js';

/** Where it is looked for. */
export interface AccountSource {
  /** Directory with `token` and `ca.crt`; null is where the kubelet mounts it. */
  readonly directory: string | null;
  /** URL of the API server; null is what the kubelet sets in the environment. */
  readonly server: string | null;
}

const MOUNTED = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Reads all of it.
 *
 * @throws EnimError NOT_THERE, INVALID_ARGUMENT, INSTALL_FAILED, NOT_PERMITTED
 */
export function readAccount(
  files: Pick<Files, 'read'>,
  { directory, server }: AccountSource,
  env: NodeJS.ProcessEnv,
  now: Date,
): Credentials & TokenFacts {
  const from = directory ?? MOUNTED;
  const url = serverOf(server, env);
  const [tokenPath, caPath] = [join(from, 'token'), join(from, 'ca.crt')];
  const token = get(files, tokenPath).trim();
  const ca = get(files, caPath);
  const facts = parseToken(token, tokenPath, now);
  if (!isCertificate(ca))
    throw new EnimError('INVALID_ARGUMENT', `${caPath} has no certificate in it.`, {
      hint: 'it has to be that of the authority which vouches for the API server, as PEM',
    });
  return { server: url, ca, token, ...facts };
}

function serverOf(server: string | null, env: NodeJS.ProcessEnv): string {
  if (server !== null) {
    if (URL.canParse(server) && new URL(server).protocol === 'https:') return server;
    throw new EnimError('INVALID_ARGUMENT', `--api-server is ${JSON.stringify(server)}, which is no https URL.`, {
      hint: 'name it as https://HOST:PORT',
    });
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host && port) return `https://${hostPort(host, port)}`;
  const missing = host ? 'KUBERNETES_SERVICE_PORT' : 'KUBERNETES_SERVICE_HOST';
  throw new EnimError('INVALID_ARGUMENT', `${missing} is not set, so enim runs in no pod of a cluster.`, {
    hint: 'run it in a pod that has a service account, or say where all is: --api-server URL --service-account DIR',
  });
}

function get(files: Pick<Files, 'read'>, path: string): string {
  const content = files.read(path)?.toString('utf8');
  if (content !== undefined) return content;
  throw new EnimError('NOT_THERE', `There is no ${path}.`, {
    hint: 'give the pod a service account with automountServiceAccountToken, or name another: --service-account DIR',
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
