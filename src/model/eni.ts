/** What an ENI is, whoever manages it in the cloud. */

/** One family's address of an ENI: what the pod gets, and the gateway that the default route leads through. */
export interface EniAddress {
  /** With prefix length, for example `10.0.0.10/24`; canonical spelling. */
  readonly address: string;
  readonly gateway: string | null;
}

/** A route that the pod gets; the words of the CNI specification. Without `gw` the destination is on the link. */
export interface EniRoute {
  /** A network such as `10.9.0.0/16`, `0.0.0.0/0` or `::/0`. */
  readonly dst: string;
  readonly gw?: string;
}

/** An elastic network interface as its provider describes it. */
export interface Eni {
  readonly id: string;
  /** Permanent MAC, lower case with colons. */
  readonly mac: string;
  /** Bus address of the device, if known; the second half of its identity. */
  readonly pciAddress: string | null;
  /** Canonical name of the NIC at home, if the provider prescribes one. */
  readonly ifname: string | null;
  /** MTU in the pod, in bytes; null leaves the NIC's own. */
  readonly mtu: number | null;
  readonly ipv4: EniAddress | null;
  readonly ipv6: EniAddress | null;
  /** Routes in the pod; null means a default route through each gateway. */
  readonly routes: readonly EniRoute[] | null;
}

/** Whether two descriptions are of one NIC: settings may give an ENI another ID, or be of another provider, but its MAC stays. */
export function isSameNic(a: Pick<Eni, 'id' | 'mac'>, b: Pick<Eni, 'id' | 'mac'>): boolean {
  return a.id === b.id || a.mac === b.mac;
}
