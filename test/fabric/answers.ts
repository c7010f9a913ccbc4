/** What the executable answers with --json, and short ways to ask for it. Each asks the real process and demands success. */
import { expect } from '@jest/globals';
import type { EnimOptions, EnimResult } from './executable.js';
import type { TestEni } from './inventory.js';
import type { Node } from './node.js';
import type { Pod } from './pod.js';

/** An address as answers show it. */
export interface AddressAnswer {
  readonly address: string;
  readonly gateway: string | null;
}

/** One ENI of `enim list --json`. */
export interface EniAnswer {
  readonly id: string;
  readonly mac: string;
  readonly provider: string;
  readonly state: 'free' | 'used' | 'shared' | 'releasing' | 'orphan' | 'missing' | 'quarantined';
  readonly link: {
    readonly name: string;
    readonly ifindex: number;
    readonly netns: string | null;
    readonly up: boolean;
  } | null;
  readonly ipv4: AddressAnswer | null;
  readonly ipv6: AddressAnswer | null;
  readonly attachment: {
    readonly owner: string;
    readonly containerID: string;
    readonly ifname: string;
    readonly netns: string | null;
    readonly network: string;
    readonly since: string;
  } | null;
  readonly note: string | null;
}

/** `enim add --json`. */
export interface AddAnswer {
  readonly eni: EniAnswer;
  readonly ipv4: AddressAnswer | null;
  readonly ipv6: AddressAnswer | null;
  readonly mac: string;
  readonly interface: { readonly name: string; readonly ifindex: number; readonly netns: string };
}

/** `enim gc --json`. */
export interface GcAnswer {
  readonly dryRun: boolean;
  readonly verdicts: readonly VerdictAnswer[];
}

/** What gc decided of one ENI. */
export interface VerdictAnswer {
  readonly eni: string;
  readonly action: 'keep' | 'reclaim' | 'repair' | 'skip';
  readonly reason: string;
  readonly done: boolean;
}

/** The document of a run that must have succeeded. */
export function answer<T>(result: EnimResult): T {
  if (result.code !== 0)
    throw new Error(`enim ended with ${result.code ?? result.signal}.\n${result.stdout}${result.stderr}`);
  if (result.json === undefined) throw new Error(`Standard output is not one JSON document:\n${result.stdout}`);
  return result.json as T;
}

/** `enim list`. */
export async function list(node: Node): Promise<readonly EniAnswer[]> {
  return answer<{ enis: EniAnswer[] }>(await node.enim(['list', '--json'])).enis;
}

/** One ENI of `enim list`. */
export async function show(node: Node, eni: TestEni): Promise<EniAnswer> {
  const found = (await list(node)).find(({ id }) => id === eni.id);
  if (found === undefined) throw new Error(`enim list does not show ${eni.id}.`);
  return found;
}

/** `enim add`, for a container whose ID is the pod's name unless told. */
export async function add(
  node: Node,
  owner: string,
  pod: Pod,
  extra: readonly string[] = [],
  containerID = pod.name,
): Promise<AddAnswer> {
  return answer(
    await node.enim(['add', owner, '--netns', pod.path, '--container-id', containerID, ...extra, '--json']),
  );
}

/** `enim gc`; looks twice 50 ms apart unless told. */
export async function gc(node: Node, extra: readonly string[] = [], options?: EnimOptions): Promise<GcAnswer> {
  const grace = extra.includes('--grace') ? [] : ['--grace', '50ms'];
  return answer(await node.enim(['gc', ...grace, ...extra, '--json'], options));
}

/** The verdict on one ENI. */
export function verdictOn({ verdicts }: GcAnswer, eni: TestEni): VerdictAnswer {
  const found = verdicts.filter((verdict) => verdict.eni === eni.id);
  expect(found).toHaveLength(1);
  return found[0] as VerdictAnswer;
}

/** The ENI of the test node that an answer speaks of. */
export function eniOf(node: Node, { eni: { id } }: AddAnswer): TestEni {
  const found = node.enis.find((each) => each.id === id);
  if (found === undefined) throw new Error(`The answer names ${id}, which is no ENI of the test node.`);
  return found;
}
