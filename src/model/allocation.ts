/** What a provider without a cloud remembers of an ENI: who holds it, and when it was last given back. */
import type { Endpoint } from './attachment.js';
import type { Eni } from './eni.js';

/** One ENI's entry in the ledger. */
export interface Allocation {
  /** The ENI as it was when it was allocated; keeps a held one known after it left the settings. */
  readonly eni: Eni;
  readonly holder: Endpoint | null;
  /** When the holder got it; ISO 8601, UTC. */
  readonly since: string | null;
  /** When it was last given back; ISO 8601, UTC. Decides who is next: the one that rested longest. */
  readonly releasedAt: string | null;
}

/** All entries, by ENI ID. */
export type Allocations = Readonly<Record<string, Allocation>>;
