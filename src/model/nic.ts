/** A NIC at home, looked at for whether it could be an ENI. */
import type { Link } from './link.js';

/** What was seen of it. */
export interface Nic {
  readonly link: Link;
  /** Kernel driver of a card, kind of a virtual device. */
  readonly driver: string | null;
  /** Why the node cannot spare it, as clauses; none means that it is spare. */
  readonly refusals: readonly string[];
}
