/**
 * The kubeconfig of the CNI plugin. A runtime starts the plugin on the node, where no service account is mounted, so a copy of the
 * account's token stands in the file; it ends when the token does. Pure.
 */
import { EnimError } from '../model/errors.js';

/** How to reach the API server, and as whom. */
export interface Credentials {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** What a token says of itself. */
export interface TokenFacts {
  /** `namespace/name` of the service account; null if it does not say. */
  readonly account: string | null;
  /** Name of the pod with which it ends; null for one that does not hang on a pod. */
  readonly pod: string | null;
  /** ISO 8601, UTC; null if it has no end. */
  readonly expires: string | null;
}

const HEADER = '# Written by "enim install --kubeconfig"; "enim uninstall" removes it.';

/** Whether the text of a file is ours. */
export function isOurKubeconfig(text: string): boolean {
  return text.startsWith(HEADER);
}

/** The text of the file. A JSON text is YAML as well. */
export function kubeconfigText({ server, ca, token }: Credentials): string {
  const name = 'enim';
  const document = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  return `${HEADER}\n${JSON.stringify(document, null, 2)}\n`;
}

interface Claims {
  readonly exp?: number;
  readonly sub?: string;
  readonly 'kubernetes.io'?: { readonly pod?: { readonly name?: string } };
}

/**
 * Reads a token as service accounts have them; whether it is true only the API server can tell.
 *
 * @param path where it comes from, for messages
 * @throws EnimError INVALID_ARGUMENT for another text, and for one that has ended
 */
export function parseToken(token: string, path: string, now: Date): TokenFacts {
  const claims = claimsOf(token);
  if (claims === undefined)
    throw new EnimError('INVALID_ARGUMENT', `${path} has no token of a service account in it.`, {
      hint: 'name the directory of a service account: --service-account DIR',
    });
  const { exp, sub = '', 'kubernetes.io': kubernetes } = claims;
  const end = exp === undefined ? null : new Date(exp * 1_000);
  if (end !== null && end <= now)
    throw new EnimError('INVALID_ARGUMENT', `The token ${path} ended at ${end.toISOString()}.`, {
      hint: 'the kubelet puts a new one there while the pod runs; name the directory that it writes to, not a copy',
    });
  const [, account] = /^system:serviceaccount:(.+)$/.exec(sub) ?? [];
  return {
    account: account?.replace(':', '/') ?? null,
    pod: kubernetes?.pod?.name ?? null,
    expires: end?.toISOString() ?? null,
  };
}

function claimsOf(token: string): Claims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) as Claims | null;
    const isRead = typeof claims === 'object' && claims !== null;
    return isRead && ['number', 'undefined'].includes(typeof claims.exp) ? claims : undefined;
  } catch {
    return undefined;
  }
}
