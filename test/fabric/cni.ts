/** Calling the executable as a container runtime calls its CNI plugin. */
import type { EnimResult, RunningEnim } from './executable.js';
import type { Node } from './node.js';
import { EXECUTABLE } from './requirements.js';

/** One call; what is left out is that of an ordinary container. */
export interface CniCall {
  readonly containerID?: string;
  /** Path of the sandbox's netns, or '' for none. */
  readonly netns?: string;
  readonly ifname?: string;
  readonly args?: string;
  readonly path?: string;
  /** Keys of the network configuration; undefined ones are left out. */
  readonly network?: Readonly<Record<string, unknown>>;
  /** Standard input as it is, instead of a network configuration. */
  readonly stdin?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed and the test fails; a minute unless told. */
  readonly timeout?: number;
}

/** What a runtime gets of a result, in the shape of 1.0.0 and later. */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces?: readonly Readonly<Record<string, unknown>>[];
  readonly ips?: readonly { readonly address: string; readonly gateway?: string; readonly interface?: number }[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dns?: unknown;
}

/** What a runtime gets of an error. */
export interface CniError {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** The network configuration that a call has unless it says otherwise. */
export const NETWORK = { cniVersion: '1.1.0', name: 'eninet', type: 'enim' } as const;

/** Starts a call. */
export function startCall(node: Node, command: string, call: CniCall = {}): RunningEnim {
  const { containerID = 'c1', netns = '', ifname = 'eth0', path = '', network = {}, env = {} } = call;
  const { args = 'IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_UID=u-1' } = call;
  const variables = { CNI_COMMAND: command, CNI_CONTAINERID: containerID, CNI_NETNS: netns, CNI_IFNAME: ifname };
  return node.start([EXECUTABLE], {
    env: { ...variables, CNI_ARGS: args, CNI_PATH: path, ...env },
    input: call.stdin ?? JSON.stringify({ ...NETWORK, ...network }),
    ...(call.timeout === undefined ? {} : { timeout: call.timeout }),
  });
}

/** Makes a call and waits for its answer. */
export function callPlugin(node: Node, command: string, call: CniCall = {}): Promise<EnimResult> {
  return startCall(node, command, call).result;
}

/** The result of a call that must succeed. */
export async function resultOf(node: Node, command: string, call: CniCall = {}): Promise<CniResult> {
  const { code, stdout, stderr, json } = await callPlugin(node, command, call);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
  if (stdout === '') return { cniVersion: '' };
  return json as CniResult;
}

/** The error of a call that must fail. */
export async function errorOf(node: Node, command: string, call: CniCall = {}): Promise<CniError> {
  const { code, stdout, json } = await callPlugin(node, command, call);
  if (code !== 1 || json === undefined) throw new Error(`${command} ended with ${code}: ${stdout}`);
  return json as CniError;
}
