/** What the API server, or the way to it, answered instead of what was asked for: put into words, with what to do. Pure. */
import { EnimError, errnoOf, messageOf } from '../../model/errors.js';
import type { ApiResponse, Transport, Unidentified } from './transport.js';

/** What was tried, in the words of RBAC. */
export interface Attempt {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** `enis`, `enis/status`, … */
  readonly resource: string;
  /** API group; empty for the API's own objects. */
  readonly group: string;
  /** Of the object. */
  readonly name?: string;
}

/** A `Status` of the API, as far as it is read. */
interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

/** The status document of an answer; empty where there is none. */
function statusOf({ body }: ApiResponse): Status {
  try {
    const json = JSON.parse(body) as Status | null;
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}

/** Whether a 404 says that just this object is not there, and not that nobody knows what kind of object that would be. */
export function isAbsent(response: ApiResponse, name: string | undefined): boolean {
  return response.status === 404 && name !== undefined && statusOf(response).details?.name === name;
}

/** Whether it may go better the next time. */
export function isPassing({ status }: ApiResponse): boolean {
  return status === 429 || status >= 500;
}

/** Whether a server that has just started may say this of what it is going to know in a moment. */
export function isOfStart(response: ApiResponse): boolean {
  return response.status === 403 || (response.status === 404 && statusOf(response).details?.name === undefined);
}

/** What the answer to /readyz says; a server that does not know that path, or us, is not asked for more. */
export function isStarting({ status }: ApiResponse): boolean {
  return status === 403 || status >= 500;
}

type Server = Pick<Transport, 'server' | 'certificateEnd'>;

/** The error for an answer that means no. */
export function refusal(
  server: Server,
  { verb, resource, group, name }: Attempt,
  response: ApiResponse,
  now: Date,
): EnimError {
  const { message, details } = statusOf(response);
  const said = message === undefined ? [] : [`The API server says: ${message}`];
  const kind = (of: string): string => (group === '' ? of : `${of}.${group}`);
  const what = `${kind(resource)}${name === undefined ? '' : ` ${name}`}`;
  switch (response.status) {
    case 401:
      return unknownUser(server, said, response.status, now);
    case 403: {
      const end = details?.causes?.find((cause) => cause.reason === 'NamespaceTerminating');
      if (end !== undefined) return ofEndingNamespace(end.message, said);
      const user = userIn(message);
      if (user === ANONYMOUS) return unknownUser(server, said, response.status, now);
      const who = user === undefined ? '' : `${JSON.stringify(user)} `;
      return new EnimError('API_DENIED', `The user ${who}may not ${verb} ${kind(resource)}.`, {
        details: said,
        hint: 'give it the ClusterRole of deploy/rbac.yaml: kubectl apply -f deploy/rbac.yaml; kubectl create clusterrolebinding enim --clusterrole enim --user USER',
      });
    }
    case 404:
      if (details?.kind === 'namespaces') {
        return new EnimError('API_INCOMPLETE', `The cluster has no namespace ${details.name}.`, {
          details: said,
          hint: `name an owner in a namespace that exists, or: kubectl create namespace ${details.name}`,
        });
      }
      return new EnimError(
        'API_INCOMPLETE',
        `The API server ${server.server} knows no ${kind(resource.split('/')[0] ?? resource)}.`,
        {
          details: said,
          hint: `kubectl apply -f deploy/crds/${resource.split('/')[0]}.yaml`,
        },
      );
    case 410:
      return new EnimError(
        'API_FAILED',
        `The API server no longer has the version of ${what} that was asked for (410).`,
        {
          details: said,
          hint: 'run it again: it will ask for the present one',
        },
      );
    default:
      return new EnimError('API_FAILED', `The API server refused to ${verb} ${what} (${response.status}).`, {
        details: said,
        hint: `see the object, and what its definition wants: kubectl get ${resource.split('/')[0]} -o yaml`,
      });
  }
}

/** Who shows nothing by which it is known is anonymous to a server that allows that, and has no rights. */
const ANONYMOUS = 'system:anonymous';

function unknownUser(
  { server, certificateEnd }: Server,
  said: readonly string[],
  status: ApiResponse['status'],
  now: Date,
): EnimError {
  const hasEnded = certificateEnd !== null && certificateEnd < now;
  return new EnimError(
    'API_DENIED',
    hasEnded
      ? `The client certificate of the kubeconfig ended at ${certificateEnd.toISOString()}, so ${server} does not know us (${status}).`
      : `The API server ${server} does not know us (${status}).`,
    {
      details: said,
      hint: hasEnded
        ? 'renew it, for example: kubeadm certs renew all'
        : 'renew the token or client certificate of the kubeconfig that "enim config get kubernetes" names',
    },
  );
}

/** No right is missing: a namespace that is being deleted takes nothing new. */
function ofEndingNamespace(message: string | undefined, said: readonly string[]): EnimError {
  const [, name = ''] = /^namespace (\S+) /.exec(message ?? '') ?? [];
  return new EnimError('API_INCOMPLETE', `The namespace ${name} is being deleted, and takes nothing new.`, {
    details: said,
    hint: `see what keeps it: kubectl get namespace ${name} -o yaml`,
  });
}

function userIn(message: string | undefined): string | undefined {
  return /User "([^"]*)"/.exec(message ?? '')?.[1];
}

/** The error for a success that does not have in it what was asked for. */
export function garbled({ server }: Server, { verb, resource }: Attempt): EnimError {
  return new EnimError('API_FAILED', `The API server ${server} answered to ${verb} ${resource} with something else.`, {
    hint: 'see what stands between this node and the API server: a proxy may answer in its place',
  });
}

/** Whose faults no repetition mends: with what the server shows us for itself. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet; is the clock of this node right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is not for that address',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is not signed by the authority of the kubeconfig',
  SELF_SIGNED_CERT_IN_CHAIN: 'is not signed by the authority of the kubeconfig',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is not signed by the authority of the kubeconfig',
  UNABLE_TO_GET_ISSUER_CERT: 'is not signed by the authority of the kubeconfig',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is not signed by the authority of the kubeconfig',
  CERT_SIGNATURE_FAILURE: 'is not signed by the authority of the kubeconfig',
};

/** The error where no repetition helps: we cannot say who we are, or the server cannot be trusted. Undefined for whatever may pass. */
export function hopeless({ server }: Server, thrown: unknown): EnimError | undefined {
  const code = errnoOf(thrown) ?? '';
  if (code === 'EUNIDENTIFIED') {
    const { message, details, hint } = thrown as Unidentified;
    return new EnimError('API_DENIED', message, { details, hint, cause: thrown });
  }
  const fault = UNTRUSTED[code];
  if (fault === undefined) return undefined;
  return new EnimError('API_UNTRUSTED', `The certificate of the API server ${server} ${fault}.`, {
    details: [messageOf(thrown)],
    hint: fault.startsWith('has')
      ? 'renew it on the control plane, for example: kubeadm certs renew apiserver'
      : 'see whether the kubeconfig names the right server and certificate-authority',
    cause: thrown,
  });
}

/** An answer that may be another the next time, or why there was none. */
export type Failure = { readonly response: ApiResponse } | { readonly thrown: unknown };

/** Whether nothing came, rather than an answer or a fault of the connection. */
export function isSilence(last: Failure | undefined): boolean {
  return last === undefined || ('thrown' in last && errnoOf(last.thrown) === 'ETIMEDOUT');
}

/** The error for what did not pass in time. */
export function unreachable({ server }: Server, last: Failure | undefined, milliseconds: number): EnimError {
  const hint = `see whether it is well: kubectl get --raw /readyz --server ${server}`;
  const within = `within ${milliseconds / 1_000} s`;
  if (last === undefined || 'thrown' in last) {
    const why = last === undefined ? 'no time was left' : reasonOf(last.thrown);
    return new EnimError('API_UNREACHABLE', `The API server ${server} did not answer ${within}: ${why}.`, {
      hint,
      cause: last?.thrown,
    });
  }
  const { message } = statusOf(last.response);
  return new EnimError(
    'API_UNREACHABLE',
    last.response.status === 429
      ? `The API server ${server} has too much to do (429), and did not do this ${within}.`
      : `The API server ${server} failed (${last.response.status}), and did not recover ${within}.`,
    { details: message === undefined ? [] : [`It says: ${message}`], hint },
  );
}

/** Why there was no answer, or no more of it, as a clause. */
export function reasonOf(thrown: unknown): string {
  return REASONS[errnoOf(thrown) ?? ''] ?? messageOf(thrown);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved',
  EMSGSIZE: 'it sent a line that is longer than any object',
};
