/** How a NIC is set up in its pod, whoever decided it: the ENI's provider, the network configuration, or another IPAM plugin. Pure. */
import type { Eni, EniAddress, EniRoute } from './eni.js';

/** What a NIC gets in the pod. */
export interface Setup {
  readonly addresses: readonly EniAddress[];
  /** All of them, default routes included. */
  readonly routes: readonly EniRoute[];
  /** In bytes; null leaves the NIC's own. */
  readonly mtu: number | null;
  /** A MAC that the pod asked for; null leaves the NIC's own. */
  readonly mac: string | null;
  /** What another IPAM plugin says of DNS, as it says it; enim only passes it on. */
  readonly dns: Readonly<Record<string, unknown>> | null;
}

/** What the provider says of its ENI: its addresses, and its routes or else a default route through each gateway. */
export function setupOf({ ipv4, ipv6, routes, mtu }: Eni): Setup {
  const addresses = [ipv4, ipv6].filter((each) => each !== null);
  return { addresses, routes: routes ?? defaultRoutes(addresses), mtu, mac: null, dns: null };
}

/** A default route through each gateway. */
function defaultRoutes(addresses: readonly EniAddress[]): EniRoute[] {
  return addresses.flatMap(({ address, gateway }) =>
    gateway === null ? [] : [{ dst: address.includes(':') ? '::/0' : '0.0.0.0/0', gw: gateway }],
  );
}
