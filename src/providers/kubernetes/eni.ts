/** Reading an ENI object: whether it may be given to a pod, what the pod gets, and the object as it is written back. Pure. */
import {
  bytesOfIP,
  type Cidr,
  contains,
  type Family,
  formatIP,
  networkOf,
  parseIP,
  parseMac,
} from '../../model/address.js';
import type { Endpoint } from '../../model/attachment.js';
import type { Eni, EniAddress } from '../../model/eni.js';
import { ifnameFault } from '../../model/names.js';
import { append, FREE, messageFor, USED } from './changelog.js';
import { once } from './once.js';
import { cidrWith, type InSubnet, type Subnets } from './subnet.js';
import type { EniObject, Reference, WireAddress } from './wire.js';

const NEVER_A_PODS = ['rdma_roce', 'elastic_rdma'];

/** Whether it is of a kind that no pod gets as its own. */
export function isOfRdma({ spec }: EniObject): boolean {
  return NEVER_A_PODS.includes(spec.type ?? '');
}

/** Whether it may be given to a pod now. */
export function isFree(object: EniObject): boolean {
  const { metadata, spec, status = {} } = object;
  return (
    spec.useMode === 'Primary' &&
    !isOfRdma(object) &&
    metadata.deletionTimestamp === undefined &&
    status.VPCStatus === 'inuse' &&
    status.CCEStatus === FREE &&
    referenceOf(status) === null
  );
}

/** Whether somebody has it: one of the two signs is enough to keep it from all others. */
export function isHeld({ spec, status = {} }: EniObject): boolean {
  return referenceOf(status) !== null || (spec.useMode === 'Primary' && status.CCEStatus === USED);
}

/** Whether pods share it now: nobody gets the whole. */
export function isShared(object: EniObject): boolean {
  const { metadata, spec, status = {} } = object;
  return (
    spec.useMode === 'Secondary' &&
    !isOfRdma(object) &&
    metadata.deletionTimestamp === undefined &&
    status.VPCStatus === 'inuse' &&
    !isHeld(object)
  );
}

/** The endpoint that it names; null if it names none. */
export function referenceOf({ endpointReference }: NonNullable<EniObject['status']>): Reference | null {
  return endpointReference?.uid || endpointReference?.name ? endpointReference : null;
}

/** The addresses that a pod would get, with the subnets that they are in. */
export const subnetsOf = once(({ spec }: EniObject): readonly InSubnet[] =>
  [spec.privateIPSet, spec.ipv6PrivateIPSet].flatMap((set) => {
    const primary = primaryOf(set);
    const subnet = primary?.subnetID || spec.subnetID;
    return primary === undefined || !subnet ? [] : [{ subnet, address: primary.privateIPAddress ?? '' }];
  }),
);

/** What the pod gets; undefined if the object names no NIC. `fault` says why it cannot be given to a pod, as a sentence. */
export const toEni = once(read);

function read(
  { metadata: { name: id }, spec, status = {} }: EniObject,
  subnets: Subnets,
): { readonly eni: Eni; readonly fault: string | null } | undefined {
  const mac = parseMac(spec.macAddress ?? '');
  if (mac === undefined) return undefined;
  const address = (family: Family, set: Set, gateway: string | undefined): Readable => {
    const primary = primaryOf(set);
    if (primary === undefined) return { address: null };
    const subnet = primary.subnetID || spec.subnetID || '';
    return readAddress(`ENI ${id}`, family, primary, gateway, { id: subnet, cidrs: subnets.get(subnet) });
  };
  const ipv4 = address(4, spec.privateIPSet, status.gatewayIPv4);
  const ipv6 = address(6, spec.ipv6PrivateIPSet, status.gatewayIPv6);
  const [first] = [ipv4, ipv6].flatMap((each) => ('fault' in each ? [each.fault] : []));
  const eni: Eni = {
    ...{ id, mac, pciAddress: null, ifname: nameOf(status.interfaceName), mtu: null, routes: null },
    ipv4: 'fault' in ipv4 ? null : ipv4.address,
    ipv6: 'fault' in ipv6 ? null : ipv6.address,
  };
  const none = eni.ipv4 === null && eni.ipv6 === null ? `ENI ${id} has no primary address.` : null;
  return { eni, fault: first ?? none };
}

type Set = readonly WireAddress[] | null | undefined;
type Readable = { readonly address: EniAddress | null } | { readonly fault: string };

function primaryOf(set: Set): WireAddress | undefined {
  return set?.find(({ primary }) => primary === true);
}

function nameOf(name: string | undefined): string | null {
  return name !== undefined && ifnameFault(name) === undefined ? name : null;
}

function readAddress(
  eni: string,
  family: Family,
  { privateIPAddress = '', gatewayIP }: WireAddress,
  gateway: string | undefined,
  subnet: { readonly id: string; readonly cidrs: ReturnType<Subnets['get']> },
): Readable {
  const ip = parseIP(privateIPAddress);
  if (ip?.family !== family)
    return { fault: `${eni} has the IPv${family} address ${JSON.stringify(privateIPAddress)}.` };
  if (subnet.cidrs === undefined) return { fault: `The subnet ${subnet.id || '""'} of ${eni} is not in the cluster.` };
  const cidr = cidrWith(subnet.cidrs, ip);
  if (cidr === undefined) {
    const text = family === 4 ? subnet.cidrs.ipv4 : subnet.cidrs.ipv6;
    return {
      fault: `The subnet ${subnet.id} has the IPv${family} CIDR ${text || '""'}, in which ${ip.address} of ${eni} is not.`,
    };
  }
  const said = [gateway, gatewayIP].map((each) => parseIP(each ?? '')).find((each) => each?.family === family);
  return { address: { address: `${ip.address}/${cidr.prefix}`, gateway: said?.address ?? firstOf(cidr, ip.address) } };
}

/** The first address of a network, unless that is the ENI's own or the network is a single address. */
function firstOf(cidr: Cidr, own: string): string | null {
  const bytes = bytesOfIP(networkOf(cidr));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) | 1, bytes.length - 1);
  const first = formatIP(bytes);
  return first === own || !contains(cidr, first) ? null : first;
}

/** The object of an ENI that the endpoint gets. One that it has already only gets another reference. */
export function given(object: EniObject, endpointReference: Reference, endpoint: Endpoint, now: Date): EniObject {
  const { CCEStatusChangeLog: log } = object.status ?? {};
  const change = { code: 'ok', message: messageFor(endpoint), time: now.toISOString(), CCEStatus: USED };
  const moved = object.status?.CCEStatus === USED ? {} : { CCEStatus: USED, CCEStatusChangeLog: append(log, change) };
  return { ...object, status: { ...object.status, ...moved, endpointReference } };
}

/** The object of an ENI that is given back. Where somebody else has moved it out of use, it is not moved back. */
export function freed(object: EniObject, { owner }: Endpoint, now: Date): EniObject {
  const { endpointReference, ...status } = object.status ?? {};
  const change = { code: 'ok', message: `given back by ${owner}`, time: now.toISOString(), CCEStatus: FREE };
  const moved =
    status.CCEStatus === USED ? { CCEStatus: FREE, CCEStatusChangeLog: append(status.CCEStatusChangeLog, change) } : {};
  return { ...object, status: { ...status, ...moved } };
}
