/** The objects that an operator would make for a node, and ways to look at them. */
import type { Eni } from '../../src/model/eni.js';
import type { Node } from '../fabric/node.js';
import { sampleEni } from '../model/samples.js';
import type { ApiServer, Stored } from './apiserver.js';

export const V2 = '/apis/cce.baidubce.com/v2';
const V1 = '/apis/cce.baidubce.com/v1';
export const NODE = 'node-1';

/** The ENI of a number, as the provider shows what `eniObject` says. */
export function clusterEni(number: number): Eni {
  return sampleEni(number, { ipv4: { address: `10.1.0.${10 + number}/24`, gateway: '10.1.0.1' } });
}

/** Values that are put into an object in place of what `eniObject` would say. */
export interface EniFields {
  /** Name of its node. */
  readonly node?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The object of an ENI that is ready on the node; its MAC in capitals, as the cloud writes it. */
export function eniObject({ id, mac, ipv4, ipv6 }: Eni, { node = NODE, metadata, spec, status }: EniFields = {}) {
  const entry = (address: string, extra = {}) => ({ privateIPAddress: address.split('/')[0], primary: true, ...extra });
  return {
    apiVersion: 'cce.baidubce.com/v2',
    kind: 'ENI',
    metadata: { name: id, labels: { 'cce.baidubce.com/node': node }, finalizers: [], ...metadata },
    spec: {
      ...{ nodeName: node, id, macAddress: mac.toUpperCase(), useMode: 'Primary', type: 'bcc', routeTableOffset: 127 },
      ...{ subnetID: 'sbn-1', vpcID: 'vpc-1', installSourceBasedRouting: false },
      privateIPSet: [
        { privateIPAddress: '10.1.0.200', primary: false },
        ...(ipv4 === null ? [] : [entry(ipv4.address)]),
      ],
      ...(ipv6 === null ? {} : { ipv6PrivateIPSet: [entry(ipv6.address)] }),
      ...spec,
    },
    status: {
      ...{ CCEStatus: 'ReadyOnNode', VPCStatus: 'inuse', index: 0 },
      CCEStatusChangeLog: [{ code: 'ok', time: '2025-12-31T00:00:00Z', CCEStatus: 'ReadyOnNode' }],
      ...(ipv4 === null ? {} : { gatewayIPv4: ipv4.gateway }),
      ...(ipv6 === null ? {} : { gatewayIPv6: ipv6.gateway }),
      ...status,
    },
  };
}

/** Makes an ENI, its status in a second request, as the API wants it. */
export async function makeEni(api: ApiServer, object: ReturnType<typeof eniObject>): Promise<Stored> {
  const made = await api.ask('POST', `${V2}/enis`, object);
  return api.ask('PUT', `${V2}/enis/${made.metadata.name}/status`, { ...made, status: object.status });
}

export function makeSubnet(api: ApiServer, name: string, spec: Readonly<Record<string, unknown>>): Promise<Stored> {
  const object = { apiVersion: 'cce.baidubce.com/v1', kind: 'Subnet', metadata: { name }, spec: { id: name, ...spec } };
  return api.ask('POST', `${V1}/subnets`, object);
}

/** The subnet that the ENIs of a test node are in. */
export function makeSubnetOf(api: ApiServer, node: Node, name = 'sbn-1'): Promise<Stored> {
  const { ipv4, ipv6 } = node.eni(0);
  const [, net] = ipv4.address.split('.');
  return makeSubnet(api, name, { cidr: `10.${net}.0.0/24`, ipv6CIDR: ipv6.address.replace(/::.*/, '::/64') });
}

/** The ENIs of a test node, in that subnet unless told. */
export async function makeEnisOf(api: ApiServer, node: Node, fields: EniFields = {}): Promise<void> {
  for (const { id, mac, ipv4, ipv6 } of node.enis)
    await makeEni(api, eniObject(sampleEni(1, { id, mac, ipv4, ipv6 }), fields));
}

export const getEni = (api: ApiServer, id: string): Promise<Stored> => api.ask('GET', `${V2}/enis/${id}`);

export async function listEndpoints(api: ApiServer): Promise<readonly Stored[]> {
  return (await api.ask('GET', `${V2}/cceendpoints`)).items as Stored[];
}

/** Removes all ENIs, endpoints and subnets, finalizers or not. */
export async function clear(api: ApiServer): Promise<void> {
  for (const path of [`${V2}/enis`, `${V2}/cceendpoints`, `${V1}/subnets`]) {
    for (const each of (await api.ask('GET', path)).items as Stored[]) {
      const { namespace, name, finalizers = [] } = each.metadata;
      const kind = path.split('/').at(-1);
      const own = namespace === undefined ? `${path}/${name}` : `${V2}/namespaces/${namespace}/${kind}/${name}`;
      await api.try('DELETE', own);
      if (finalizers.length === 0) continue;
      const dying = await api.ask('GET', own);
      await api.ask('PUT', own, { ...dying, metadata: { ...dying.metadata, finalizers: [] } });
    }
  }
}
