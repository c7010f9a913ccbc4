/** An ENI as far as the node's own network is concerned: what is wanted of the node for it, and what the node tells of it. */

/** One private address of an ENI. */
export interface SyncAddress {
  /** Canonical spelling, the primary one with the prefix length of its subnet. */
  readonly address: string;
  /** Whether the node itself has it on the NIC; the others are for pods. */
  readonly isPrimary: boolean;
  readonly publicIP: string | null;
}

/** What is wanted of the node for one ENI. */
export interface SyncEni {
  readonly id: string;
  /** Permanent MAC, canonical. */
  readonly mac: string;
  /** `Primary`: a pod gets the whole NIC. `Secondary`: pods get addresses of it. `PrimaryWithSecondaryIP`: the node's main NIC. */
  readonly mode: 'Primary' | 'Secondary' | 'PrimaryWithSecondaryIP';
  /** The table of the ENI with index 0. */
  readonly routeTableOffset: number;
  /** Its number on the node; null if it has none yet. */
  readonly index: number | null;
  readonly addresses: readonly SyncAddress[];
  /** At most one for each family. */
  readonly gateways: readonly string[];
  /** Whether packets are to leave by the NIC that has their source address. */
  readonly installSourceBasedRouting: boolean;
  /** Why nothing may be done for it now, as a clause; null if something may. */
  readonly excluded: string | null;
  /** What is wrong with it, so that nothing can be done for it, as a clause. */
  readonly fault: string | null;
}

/** What the node tells of an ENI whose NIC is ready. */
export interface ReadyNic {
  readonly index: number;
  readonly name: string;
  readonly ifindex: number;
}

/** One field of the provider's records that is written. */
export interface Written {
  readonly what: string;
  /** Null if it was not there. */
  readonly from: string | number | null;
  readonly to: string | number;
}
