/**
 * The names that users and runtimes hand in, and the rules that the kernel, Kubernetes and the CNI specification make for them.
 * Everything here refuses early, so that nothing has been touched when a name turns out to be bad.
 */
import { EnimError } from './errors.js';

/** `namespace/name` of whoever uses an ENI; usually a pod. */
export type Owner = string;

const MAX_IFNAME_BYTES = 15;
const OWNER_PART = /^[a-z0-9A-Z]([a-z0-9A-Z._-]*[a-z0-9A-Z])?$/;
const CNI_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Reads `namespace/name`. Each part is made of letters, digits, `.`, `_` and `-`, at most 253 characters, as Kubernetes names are.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseOwner(text: string): Owner {
  if (isOwner(text)) return text;
  throw new EnimError('INVALID_ARGUMENT', `OWNER is ${JSON.stringify(text)}, which is not NAMESPACE/NAME.`, {
    hint: 'name the pod as its namespace and name, for example default/web-0',
  });
}

/** Whether a text is `namespace/name`. */
export function isOwner(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((part) => part.length <= 253 && OWNER_PART.test(part));
}

/**
 * The owner as a runtime names it; it may be none that is allowed. kubelet's runtime says namespace and name; podman only a name, and
 * `ctr` nothing: then the network stands for the namespace, and the container ID for the name.
 */
export function ownerName(
  { namespace, name }: { readonly namespace: string | null; readonly name: string | null },
  { network, containerID }: { readonly network: string; readonly containerID: string },
): Owner {
  return `${namespace ?? asWord(network)}/${asWord(name ?? containerID)}`;
}

/** An ID, and podman's name of a container, may end in a character that a name of Kubernetes may not, and be longer. */
function asWord(id: string): string {
  return id.slice(0, 253).replace(/[._-]+$/, '');
}

/** Why a text is no container ID by the CNI specification 1.1.0, or undefined if it is one. */
export function containerIDFault(text: string): string | undefined {
  if (!CNI_ID.test(text))
    return 'has other characters than letters, digits, "_", "." and "-", or does not begin with a letter or digit';
  return text.length > 255 ? 'is longer than 255 characters' : undefined;
}

/**
 * Checks a container ID by the CNI specification 1.1.0: a letter or digit, then letters, digits, `_`, `.`, `-`.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseContainerID(text: string): string {
  if (containerIDFault(text) === undefined) return text;
  throw new EnimError(
    'INVALID_ARGUMENT',
    `The container ID is ${JSON.stringify(text)}, which the CNI specification does not allow.`,
    {
      hint: 'use letters, digits, "_", "." and "-", beginning with a letter or digit',
    },
  );
}

/** Whether a text is a network name by the CNI specification 1.1.0. */
export function isNetworkName(text: string): boolean {
  return CNI_ID.test(text);
}

/**
 * Checks a network name by the CNI specification 1.1.0 (the same rule as for container IDs).
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseNetworkName(text: string): string {
  if (CNI_ID.test(text)) return text;
  throw new EnimError(
    'INVALID_ARGUMENT',
    `The network name is ${JSON.stringify(text)}, which the CNI specification does not allow.`,
    {
      hint: 'use letters, digits, "_", "." and "-", beginning with a letter or digit',
    },
  );
}

/** A name that can be the value of a label, by which what belongs to the node is found. */
const NODE_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** Whether a text can be the name of a node of a cluster. */
export function isNodeName(text: string): boolean {
  return NODE_NAME.test(text);
}

/**
 * Checks the name of a node of a cluster.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseNodeName(text: string): string {
  if (isNodeName(text)) return text;
  throw new EnimError('INVALID_ARGUMENT', `${JSON.stringify(text)} can be no name of a node.`, {
    hint: 'see the nodes and their ENIs: enim list --all-nodes',
  });
}

/** Why the kernel would refuse `name` for an interface (dev_valid_name in net/core/dev.c), or undefined if it would not. */
export function ifnameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (Buffer.byteLength(name) > MAX_IFNAME_BYTES) return `is longer than ${MAX_IFNAME_BYTES} bytes`;
  if (name === '.' || name === '..') return 'is a reserved name';
  // isspace() of the kernel takes the byte A0 for a blank, whatever character it is a part of.
  if (Buffer.from(name).includes(0xa0)) return 'has the byte A0 in it';
  if (/[/:\s%]/.test(name)) return 'has a "/", ":", "%" or white space in it';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are just what must not get through
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character in it';
  return undefined;
}

/**
 * Checks the name that an interface is to have in the pod.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export function parseIfname(text: string): string {
  const fault = ifnameFault(text) ?? (text === 'lo' ? 'is the loopback’s' : undefined);
  if (fault === undefined) return text;
  throw new EnimError('INVALID_ARGUMENT', `The interface name ${JSON.stringify(text)} ${fault}.`, {
    hint: `use at most ${MAX_IFNAME_BYTES} letters and digits, for example --ifname eth0`,
  });
}
