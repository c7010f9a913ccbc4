/** A node whose NICs have something to lose, its pods, and what must be true of it at every quiet moment, whoever was killed. */
import { expect } from '@jest/globals';
import { inventory, type TestEni } from '../fabric/inventory.js';
import { type NetnsState, readNetnsState } from '../fabric/links.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';

/** Which addresses the ENIs have. */
export type Family = 'IPv4' | 'IPv6' | 'dual';

/** A node and its pods. */
export interface Bed {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** Home, before anything was done. */
  readonly before: NetnsState;
  destroy(): Promise<void>;
}

/** Makes it; the state file has had an attachment already, so that there is an earlier generation of it. */
export async function createBed(family: Family, enis: number, pods: number): Promise<Bed> {
  const node = await createNode({ enis, settings: (all) => inventory(all, () => without(family)) });
  try {
    for (const { ifname, ipv4, ipv6 } of node.enis) await node.ip(...lookOf(family, ifname, ipv4, ipv6));
    const made: Pod[] = [];
    for (let index = 0; index < pods; index += 1) made.push(await node.pod(`web-${index}`));
    const before = await readNetnsState(node.netns);
    const [first] = made as [Pod, ...Pod[]];
    await succeed(node, ['add', 'default/first', '--netns', first.path]);
    await succeed(node, ['del', 'default/first']);
    return { node, pods: made, before, destroy: () => node.destroy() };
  } catch (thrown) {
    await node.destroy();
    throw thrown;
  }
}

function without(family: Family): Record<string, undefined> {
  return { dual: {}, IPv4: { ipv6: undefined }, IPv6: { ipv4: undefined } }[family];
}

/** All that a NIC can lose on its way into a pod and back. */
function lookOf(family: Family, ifname: string, ipv4: TestEni['ipv4'], ipv6: TestEni['ipv6']): string[] {
  return [
    `link set dev ${ifname} alias uplink-of-${ifname}`,
    `link set dev ${ifname} mtu 1450 txqueuelen 500`,
    `link property add dev ${ifname} altname alt-${ifname}`,
    `link set dev ${ifname} up`,
    ...(family === 'IPv6' ? [] : [`addr add ${ipv4.address} dev ${ifname}`]),
    ...(family === 'IPv4' ? [] : [`addr add ${ipv6.address} dev ${ifname} nodad`]),
  ];
}

/** A run that must end with 0. */
export async function succeed(node: Node, args: readonly string[]): Promise<void> {
  const { code, signal, stderr } = await node.enim(args);
  if (code !== 0) throw new Error(`"enim ${args.join(' ')}" ended with ${code ?? signal}: ${stderr}`);
}

interface Key {
  readonly network: string;
  readonly containerID: string;
  readonly ifname: string;
}

interface Recorded extends Key {
  readonly eni: { readonly id: string; readonly mac: string };
  readonly netns: { readonly inode: number };
}

/**
 * No NIC is lost and none is held twice: state file, ledger and kernel agree, or differ only where del and gc know what to do.
 * What a killed process has started may still be under way; then this waits for it.
 */
export async function expectNothingLost({ node }: Bed, pods: readonly Pod[]): Promise<void> {
  let faults: readonly string[] = [];
  await eventually('that each NIC is in one place, with a record of why', async () => {
    faults = await faultsOf(node, pods);
    return faults.length === 0;
  }).catch((thrown: Error) => {
    throw new Error(`${thrown.message}\n${faults.join('\n')}\n${JSON.stringify(node.state(), null, 1)}`);
  });
}

async function faultsOf(node: Node, pods: readonly Pod[]): Promise<string[]> {
  const places = [{ name: 'home', inode: 0, links: await node.links() }];
  for (const pod of new Set(pods)) if (pod.named) places.push({ ...pod, links: await pod.links() });
  // After the links: what moves while we look is not there yet, and is looked for again.
  const state = node.state();
  const recorded = Object.values(state?.attachments ?? {}) as unknown as Recorded[];
  return node.enis.flatMap(({ id, mac, ifname }) => {
    const at = places.filter(({ links }) => links.some(({ address }) => address === mac));
    const records = recorded.filter(({ eni }) => eni.id === id);
    const [record] = records;
    const holder = (state?.allocations[id]?.holder ?? null) as Key | null;
    const away = at.find(({ name }) => name !== 'home');
    return [
      at.length === 1 ? [] : [`${ifname} is in ${at.length} places`],
      records.length <= 1 ? [] : [`${id} is held ${records.length} times`],
      record === undefined || isSame(holder, record) ? [] : [`${id} is recorded, and allocated to somebody else`],
      away === undefined || record?.netns.inode === away.inode
        ? []
        : [`${id} is in ${away.name}, which is not recorded`],
    ].flat();
  });
}

function isSame(holder: Key | null, { network, containerID, ifname }: Key): boolean {
  return holder?.network === network && holder.containerID === containerID && holder.ifname === ifname;
}

/** Everything is as if nothing had ever been done. What is at home as it was is in no pod: one look is enough. */
export async function expectAllHome({ node, before }: Bed): Promise<void> {
  expect(await readNetnsState(node.netns)).toEqual(before);
  expect(node.state()?.attachments).toEqual({});
  expect(Object.values(node.state()?.allocations ?? {}).filter(({ holder }) => holder !== null)).toEqual([]);
}
