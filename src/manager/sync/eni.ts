/** An ENI as far as the node's own network is concerned. */

/** One private address of an ENI. */
export interface SyncAddress {
  /** With the prefix length of the subnet; canonical spelling. */
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
}
