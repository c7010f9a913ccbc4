/** A node of the test bed whose ENIs are a cluster's, and which reaches the API server through a proxy that can do it harm. */
import { readNetnsState } from '../fabric/links.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import type { ApiServer, Stored } from './apiserver.js';
import type { Certificate } from './certificates.js';
import { clear, getEni, listEndpoints, makeEnisOf, makeSubnetOf, NODE } from './objects.js';
import { startProxy, type TestProxy } from './proxy.js';
import { openRelay, type Relay } from './relay.js';

export interface ClusterNode {
  readonly node: Node;
  readonly name: string;
  readonly api: ApiServer;
  readonly proxy: TestProxy;
  /** Writes the settings, with the time for one operation in milliseconds, and another user than the one with all rights. */
  settle(timeout: number, user?: Certificate): void;
  /** Links and routes at home, before anything was done. */
  readonly before: Awaited<ReturnType<typeof readNetnsState>>;
  destroy(): Promise<void>;
}

/** The only node of an empty cluster, with a subnet and no ENI objects yet, and its way to the API server. */
export async function createOnlyNode(
  api: ApiServer,
  enis: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly node: Node; readonly relay: Relay }> {
  await clear(api);
  const settings = { provider: 'kubernetes', kubernetes: { kubeconfig: api.node, nodeName: NODE }, ...more };
  const node = await createNode({ enis, settings: () => settings });
  await makeSubnetOf(api, node);
  return { node, relay: await openRelay(node, api.port) };
}

/**
 * Makes one, with one ENI; names tell the nodes of one API server apart.
 *
 * @param as the user; the one with the rights of `deploy/rbac.yaml` unless told
 */
export async function createClusterNode(api: ApiServer, name: string, as = 'node'): Promise<ClusterNode> {
  const node = await createNode({ enis: 1, settings: () => null });
  const user = await api.authority.issue({ name: `user-${name}`, user: as });
  const proxy = await startProxy(
    api,
    user,
    await api.authority.issue({ name: `front-${name}`, addresses: ['127.0.0.1'] }),
  );
  const relay = await openRelay(node, proxy.port);
  const settle: ClusterNode['settle'] = (timeout, other) => {
    const kubeconfig = other === undefined ? proxy.kubeconfig : api.kubeconfig(`other-${name}`, other, proxy);
    node.writeSettings({ provider: 'kubernetes', kubernetes: { kubeconfig, nodeName: name, timeout } });
  };
  settle(30_000);
  const subnetID = `sbn-${name}`;
  await makeSubnetOf(api, node, subnetID);
  await makeEnisOf(api, node, { node: name, spec: { subnetID } });
  return {
    ...{ node, name, api, proxy, settle },
    before: await readNetnsState(node.netns),
    async destroy() {
      await relay.stop();
      await proxy.stop();
      await node.destroy();
    },
  };
}

/** The endpoints of the node. */
export async function endpointsOf({ api, name }: ClusterNode): Promise<readonly Stored[]> {
  return (await listEndpoints(api)).filter(({ metadata }) => metadata.labels?.['cce.baidubce.com/node'] === name);
}

/**
 * No NIC is lost and none is held twice: cluster, state file and kernel agree, or differ only where del and gc know what to do. Above
 * all, what the cluster has free is at home.
 */
export async function expectNothingLost(cluster: ClusterNode, pods: readonly Pod[]): Promise<void> {
  let faults: readonly string[] = [];
  await eventually('that each NIC is in one place, with a word on why', async () => {
    faults = await faultsOf(cluster, pods);
    return faults.length === 0;
  }).catch((thrown: Error) => {
    throw new Error(`${thrown.message}\n${faults.join('\n')}\n${JSON.stringify(cluster.node.state(), null, 1)}`);
  });
}

async function faultsOf(cluster: ClusterNode, pods: readonly Pod[]): Promise<string[]> {
  const { node, api } = cluster;
  const objects = new Map(
    await Promise.all(node.enis.map(async ({ id }) => [id, (await getEni(api, id)).status] as const)),
  );
  const endpoints = await endpointsOf(cluster);
  const places = [{ name: 'home', links: await node.links() }];
  for (const pod of pods) if (pod.named) places.push({ name: pod.name, links: await pod.links() });
  const records = Object.values(node.state()?.attachments ?? {}) as unknown as { eni: { id: string } }[];
  return node.enis.flatMap(({ id, mac, ifname }) => {
    const at = places.filter(({ links }) => links.some(({ address }) => address === mac));
    const isHome = at.length === 1 && at[0]?.name === 'home';
    const status = objects.get(id);
    const claims = endpoints.filter((each) => each.status?.['external-identifiers']?.['external-identifier'] === id);
    const recorded = records.filter(({ eni }) => eni.id === id).length;
    return [
      at.length === 1 ? [] : [`${ifname} is in ${at.length} places`],
      recorded <= 1 ? [] : [`${id} is recorded ${recorded} times`],
      isHome || recorded === 1 ? [] : [`${id} is in a pod, and not recorded`],
      isHome || status?.CCEStatus !== 'ReadyOnNode' ? [] : [`${id} is free in the cluster, and in a pod`],
      status?.CCEStatus === 'ReadyOnNode' && status.endpointReference ? [`${id} is free, and names an endpoint`] : [],
      claims.filter(({ metadata }) => metadata.uid === status?.endpointReference?.uid).length <= 1
        ? []
        : [`${id} is held twice`],
    ].flat();
  });
}

/** Whether the request frees an ENI. */
export function frees({ method, path, body }: { method: string; path: string; body: string }): boolean {
  return method === 'PUT' && path.endsWith('/status') && JSON.parse(body).status.CCEStatus === 'ReadyOnNode';
}
