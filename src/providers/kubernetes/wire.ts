/** The custom resources as they stand on the wire: what is read or written of them. Everything else is carried along unseen. */

export const GROUP = 'cce.baidubce.com';

/** Label with the name of the node, of ENIs and endpoints. */
export const NODE_LABEL = `${GROUP}/node`;

/** Keeps an endpoint until its NIC is home and its ENI is free. */
export const FINALIZER = 'primary-eni';

/** Annotations of an endpoint that complete the key of its attachment; container ID and owner are fields of their own. */
export const NETWORK_ANNOTATION = `${GROUP}/enim-network`;
export const IFNAME_ANNOTATION = `${GROUP}/enim-ifname`;

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

/** An entry of `privateIPSet` or `ipv6PrivateIPSet`. */
export interface WireAddress {
  readonly privateIPAddress?: string;
  readonly primary?: boolean;
  readonly publicIPAddress?: string;
  readonly subnetID?: string;
  readonly gatewayIP?: string;
}

/** An entry of `CCEStatusChangeLog`. */
export interface Change {
  readonly code?: string;
  readonly message?: string;
  readonly time?: string;
  readonly CCEStatus?: string;
}

export interface Reference {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** `enis.cce.baidubce.com/v2`. */
export interface EniObject {
  readonly metadata: Metadata;
  readonly spec: {
    readonly nodeName?: string;
    readonly macAddress?: string;
    readonly useMode?: string;
    readonly type?: string;
    readonly routeTableOffset?: number;
    readonly installSourceBasedRouting?: boolean;
    readonly vpcID?: string;
    readonly subnetID?: string;
    readonly privateIPSet?: readonly WireAddress[] | null;
    readonly ipv6PrivateIPSet?: readonly WireAddress[] | null;
  };
  readonly status?: {
    readonly CCEStatus?: string;
    readonly CCEStatusChangeLog?: readonly Change[] | null;
    readonly VPCStatus?: string;
    readonly endpointReference?: Reference | null;
    readonly index?: number;
    readonly interfaceIndex?: number;
    readonly interfaceName?: string;
    readonly gatewayIPv4?: string;
    readonly gatewayIPv6?: string;
  };
}

/** Who an endpoint is for, and what it has. */
export interface Identifiers {
  readonly 'container-id'?: string;
  readonly 'k8s-namespace'?: string;
  readonly 'k8s-pod-name'?: string;
  readonly 'k8s-object-id'?: string;
  readonly netns?: string;
  readonly cnidriver?: string;
  readonly 'external-identifier'?: string;
}

/** An entry of `status.networking.addressing`. */
export interface Addressing {
  readonly ip: string;
  readonly family: '4' | '6';
  readonly gateway?: string;
  readonly cidrs: readonly string[];
  readonly vpcID?: string;
  readonly subnet?: string;
  readonly interface: string;
}

/** `cceendpoints.cce.baidubce.com/v2`. */
export interface EndpointObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly spec?: {
    readonly 'external-identifiers'?: Identifiers;
    readonly network?: {
      readonly ipAllocation?: {
        readonly type?: string;
        readonly releaseStrategy?: string;
        readonly node?: string;
        readonly useIPV4?: boolean;
        readonly useIPV6?: boolean;
      };
    };
  };
  readonly status?: {
    readonly 'external-identifiers'?: Identifiers;
    readonly networking?: { readonly addressing?: readonly Addressing[]; readonly ips?: string };
    readonly state?: string;
    readonly log?: readonly { readonly code?: string; readonly state?: string; readonly timestamp?: string }[];
  };
}

/** A pod, of the API's own. */
export interface PodObject {
  readonly metadata: Metadata;
  readonly spec?: { readonly nodeName?: string };
}

/** An event, of the API's own. */
export interface EventObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly involvedObject: Reference & { readonly apiVersion: string; readonly kind: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source?: { readonly component: string; readonly host: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  /** How often it happened. */
  readonly count?: number;
}

/**
 * Annotation with the UID by which the kubelet and a runtime know a pod that stands in a file of the node. Its object is only a
 * mirror, with a UID of its own.
 */
export const MIRRORED_UID_ANNOTATION = 'kubernetes.io/config.hash';

/** What the API server says of one of its resources. */
export interface ResourceObject {
  readonly name: string;
  /** API group and version of what is sent there, where they differ from the resource's own. */
  readonly group?: string;
  readonly version?: string;
}

/** `subnets.cce.baidubce.com/v1`. */
export interface SubnetObject {
  readonly metadata: Metadata;
  readonly spec?: { readonly cidr?: string; readonly ipv6CIDR?: string };
}
