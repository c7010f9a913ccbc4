/**
 * The CCEEndpoint that stands for one attachment: what it is called, what is in it, and whom it speaks of. Pure.
 */
import { type Cidr, networkOf, parseCidr } from '../../model/address.js';
import { BY_HAND, type Endpoint, keyOf, sameEndpoint } from '../../model/attachment.js';
import type { Eni, EniAddress } from '../../model/eni.js';
import { EnimError } from '../../model/errors.js';
import { isOwner } from '../../model/names.js';
import {
  type Addressing,
  type EndpointObject,
  type EniObject,
  FINALIZER,
  GROUP,
  type Identifiers,
  IFNAME_ANNOTATION,
  NETWORK_ANNOTATION,
  NODE_LABEL,
} from './wire.js';

const TYPE = 'PrimaryENI';
const STATE = 'ip-allocated';
const LOG_LIMIT = 20;
const MAX_NAME = 253;

/** Namespace and name of the pod. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
}

/** An endpoint as it is written down: with the path of its netns, where that is known. */
export interface Wanted extends Endpoint {
  readonly netns?: string;
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * The owner as Kubernetes names a pod.
 *
 * @throws EnimError INVALID_ARGUMENT for one that can be no namespace and name there
 */
export function podOf(endpoint: Endpoint): Pod {
  const { owner } = endpoint;
  const pod = findPod(endpoint);
  if (pod !== undefined) return pod;
  throw new EnimError('INVALID_ARGUMENT', `The owner ${JSON.stringify(owner)} can be no pod of a cluster.`, {
    hint: 'name it as NAMESPACE/NAME in small letters, digits and "-", for example default/web-0',
  });
}

/** The same; undefined for an owner that can be no pod. */
export function findPod({ owner }: Endpoint): Pod | undefined {
  const [namespace = '', name = '', ...rest] = owner.split('/');
  const isPod = rest.length === 0 && LABEL.test(namespace) && name.length <= MAX_NAME && SUBDOMAIN.test(name);
  return isPod ? { namespace, name } : undefined;
}

/** The name of the attempt with this number: the pod's, then siblings of it. */
export function nameOf(endpoint: Endpoint, attempt: number): string {
  const { name } = podOf(endpoint);
  if (attempt === 0) return name;
  const hash = checksum(`${keyOf(endpoint)}${attempt === 1 ? '' : ` ${attempt}`}`);
  return `${name.slice(0, MAX_NAME - hash.length - 1).replace(/[.-]+$/, '')}-${hash}`;
}

/** Not for secrets; node:crypto would take longer to load than the request takes. */
export function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const each of Buffer.from(text)) hash = Math.imul(hash ^ each, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** The object to create. */
export function create(endpoint: Wanted, name: string, node: string, eni: Eni): EndpointObject {
  return {
    apiVersion: `${GROUP}/v2`,
    kind: 'CCEEndpoint',
    metadata: {
      name,
      namespace: podOf(endpoint).namespace,
      labels: { [NODE_LABEL]: node },
      annotations: { [NETWORK_ANNOTATION]: endpoint.network, [IFNAME_ANNOTATION]: endpoint.ifname },
      finalizers: [FINALIZER],
    },
    spec: {
      'external-identifiers': identifiersOf(endpoint, eni),
      network: {
        ipAllocation: {
          ...{ type: TYPE, releaseStrategy: 'TTL', node },
          useIPV4: eni.ipv4 !== null,
          useIPV6: eni.ipv6 !== null,
        },
      },
    },
  };
}

function identifiersOf(endpoint: Wanted, { id }: Eni): Identifiers {
  const { namespace, name } = podOf(endpoint);
  return {
    'container-id': endpoint.containerID,
    'k8s-namespace': namespace,
    'k8s-pod-name': name,
    ...(endpoint.uid === null ? {} : { 'k8s-object-id': endpoint.uid }),
    ...(endpoint.netns === undefined ? {} : { netns: endpoint.netns }),
    cnidriver: 'enim',
    'external-identifier': id,
  };
}

/** The object once its ENI is known to be its own: what it got, and for how long. */
export function filled(object: EndpointObject, endpoint: Wanted, eni: Eni, from: EniObject, now: Date): EndpointObject {
  const identifiers = identifiersOf(endpoint, eni);
  const addressing = addressingOf(eni, from);
  const log = [...(object.status?.log ?? []), { code: 'ok', state: STATE, timestamp: now.toISOString() }];
  const network = object.spec?.network;
  const ipAllocation = {
    ...network?.ipAllocation,
    useIPV4: eni.ipv4 !== null,
    useIPV6: eni.ipv6 !== null,
  };
  return {
    ...object,
    spec: {
      ...object.spec,
      'external-identifiers': { ...object.spec?.['external-identifiers'], ...identifiers },
      network: { ...network, ipAllocation },
    },
    status: {
      ...object.status,
      'external-identifiers': { ...object.status?.['external-identifiers'], ...identifiers },
      networking: { ...object.status?.networking, addressing, ips: addressing.map(({ ip }) => ip).join(',') },
      state: STATE,
      log: log.slice(-LOG_LIMIT),
    },
  };
}

/** Whether that is done already. */
export function isFilled({ status }: EndpointObject, { id }: Eni): boolean {
  return status?.state === STATE && status['external-identifiers']?.['external-identifier'] === id;
}

function addressingOf(eni: Eni, { spec }: EniObject): Addressing[] {
  const entry = (family: '4' | '6', its: EniAddress | null, subnet: string | undefined): Addressing[] => {
    if (its === null) return [];
    const cidr = parseCidr(its.address) as Cidr;
    return [
      {
        ...{ ip: cidr.address, family, cidrs: [`${networkOf(cidr)}/${cidr.prefix}`], interface: eni.id },
        ...(its.gateway === null ? {} : { gateway: its.gateway }),
        ...(spec.vpcID === undefined ? {} : { vpcID: spec.vpcID }),
        ...(subnet === undefined ? {} : { subnet }),
      },
    ];
  };
  const subnetOf = (set: EniObject['spec']['privateIPSet']): string | undefined =>
    set?.find(({ primary }) => primary === true)?.subnetID || spec.subnetID;
  return [
    ...entry('4', eni.ipv4, subnetOf(spec.privateIPSet)),
    ...entry('6', eni.ipv6, subnetOf(spec.ipv6PrivateIPSet)),
  ];
}

/**
 * Whom it speaks of. One that another agent made does not say for which network and interface; it counts as held by hand, so that
 * nobody but a human takes it away.
 */
export function holderOf({ metadata, spec = {} }: EndpointObject): Endpoint {
  const identifiers = spec['external-identifiers'] ?? {};
  const network = metadata.annotations?.[NETWORK_ANNOTATION];
  const ifname = metadata.annotations?.[IFNAME_ANNOTATION];
  const owner = `${metadata.namespace}/${identifiers['k8s-pod-name'] || metadata.name}`;
  const containerID = identifiers['container-id'];
  const uid = identifiers['k8s-object-id'] || null;
  if (!network || !ifname || !containerID)
    return { ...stranger(owner, containerID || metadata.uid || metadata.name), uid };
  return { owner, network, containerID, ifname, uid };
}

/** The holder of an ENI of whom nothing is known but a name. */
export function stranger(name: string, containerID: string): Endpoint {
  return {
    owner: isOwner(name) ? name : `unknown/${containerID}`,
    network: BY_HAND,
    containerID,
    ifname: '-',
    uid: null,
  };
}

/** Whether it stands for this attachment of this owner. */
export function isOf(object: EndpointObject, endpoint: Endpoint): boolean {
  return sameEndpoint(holderOf(object), endpoint);
}

/** ID of the ENI that it speaks of; what an ENI says of it is what counts. */
export function eniOf({ spec, status }: EndpointObject): string | undefined {
  return (status ?? spec)?.['external-identifiers']?.['external-identifier'];
}

/** Whether it stands for a whole ENI; a pod that shares one has an endpoint as well. */
export function isForWholeEni({ spec }: EndpointObject): boolean {
  return spec?.network?.ipAllocation?.type === TYPE;
}
