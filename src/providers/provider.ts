/** What enim asks of whoever manages ENIs: one interface, one file a provider, one suite of contract tests for all of them. */
import type { Endpoint } from '../model/attachment.js';
import type { Eni } from '../model/eni.js';
import type { Lasting } from '../model/lasting.js';
import type { ReadyNic, SyncEni, Written } from '../model/sync.js';

/** An ENI and who holds it, as the provider sees it. */
export interface ProvidedEni {
  readonly eni: Eni;
  readonly holder: Endpoint | null;
  /** When the holder got it; ISO 8601, UTC. */
  readonly since: string | null;
  /** When it was last given back; ISO 8601, UTC. */
  readonly releasedAt: string | null;
  /** Present where pods share it: each gets an address of it, and nobody the whole. It is never allocated. */
  readonly isShared?: true;
}

/** Whether the provider can do its work now. */
export interface ProviderHealth {
  readonly ok: boolean;
  /** One sentence. */
  readonly message: string;
  /** One step that mends it, where the provider knows one. */
  readonly hint?: string;
}

/** That the provider's own records give up an endpoint, although nobody has released it. A claim: whoever acts on it looks for others. */
export interface Withdrawal {
  readonly endpoint: Endpoint;
  /** ID of the ENI that is still held for it; null if none is. */
  readonly eni: string | null;
  /** As a clause. */
  readonly reason: string;
}

/** An ENI of any node, as the provider's records alone show it: nobody has looked at its NIC. */
export interface RecordedEni {
  readonly id: string;
  /** Name of its node. */
  readonly node: string;
  readonly mac: string;
  /** `free`, `used`, or whatever the records call what is neither. */
  readonly state: string;
  /** IPv4 before IPv6, without prefix lengths. */
  readonly addresses: readonly string[];
  readonly holder: Endpoint | null;
  /** When the holder got it; ISO 8601, UTC. */
  readonly since: string | null;
  /** What is worth knowing beyond the state, as a clause. */
  readonly note: string | null;
}

/** A failure as the user of a pod gets to see it. */
export interface Warning {
  /** One word for whoever filters: `NoFreeENI`. */
  readonly reason: string;
  /** What is so, and what to do. */
  readonly message: string;
}

/** What became of a pod. `unknown`: none has its name, and its UID is not known, so there may never have been one. */
export type Fate = 'there' | 'gone' | 'unknown';

/** What only a provider can tell whose records others change as well, speak of all nodes, and see the pods. */
export interface Registry {
  /** The endpoints that are given up; always asked anew. */
  withdrawals(): Promise<readonly Withdrawal[]>;
  /** Whether the pod of the endpoint is there, by its UID. */
  fateOf(endpoint: Endpoint): Promise<Fate>;
  /** The ENIs of a node, of all nodes for null, by node and ID; also those that no pod can have. */
  enis(node: string | null): Promise<readonly RecordedEni[]>;
  /**
   * Leaves a warning with the pod of the endpoint, whose UID is known; the same one again is only counted. It takes a second at most.
   *
   * @throws EnimError
   */
  warn(endpoint: Endpoint, warning: Warning): Promise<void>;
}

/**
 * What became of the wish that a pod end. `granted`: it is being ended, or is gone. `later`: not now, but perhaps the next time.
 * `never`: it cannot be ended in this way.
 */
export interface Eviction {
  readonly result: 'granted' | 'later' | 'never';
  /** As a clause. */
  readonly message: string;
}

/** Who can have pods ended, with respect for what must go on running. */
export interface Evictor {
  /**
   * Asks once for the end of the pod of the endpoint, and of no other of its name.
   *
   * @throws EnimError if it cannot be asked
   */
  evict(endpoint: Endpoint): Promise<Eviction>;
}

/** That something changed which is worth a look: at what pods have left behind, at what the node has to make ready. */
export interface News {
  readonly gc: boolean;
  readonly sync: boolean;
}

/** An ENI that the node has to make ready. */
export interface Assigned {
  readonly eni: SyncEni;
  /** What `report` would write, as things stood when it was looked at. */
  differences(ready: ReadyNic): readonly Written[];
}

/** What only a provider can tell whose ENIs the node has to make ready. */
export interface Assignments {
  /** All that are on this node, whatever their state, in the provider's order; always asked anew. */
  list(): Promise<readonly Assigned[]>;
  /** One of them; undefined if it is not there any more. */
  find(id: string): Promise<Assigned | undefined>;
  /**
   * Says that the NIC is ready, unless the ENI may not be touched any more; whatever others write meanwhile is kept.
   *
   * @returns what was written
   */
  report(id: string, ready: ReadyNic): Promise<readonly Written[]>;
}

/** What an allocation is for. */
export interface Purpose {
  /** Path of the netns, if that is known: only for whoever reads the records. */
  readonly netns?: string | undefined;
  /** For how long at least; always unless given. Whoever keeps the records elsewhere may not be able to do less. */
  readonly lasting?: Lasting;
}

/** How something is taken back. */
export interface Release {
  /** For how long at least; always unless given. Whoever keeps the records elsewhere may not be able to do less. */
  readonly lasting?: Lasting;
  /** What has to be recorded before. Whoever keeps the records in the same file may do both with one write. */
  readonly after?: Promise<unknown>;
}

/** A source of ENIs for this node. Any number of processes may call it at once. */
export interface Provider {
  readonly name: string;
  /** All ENIs of this node, in the provider's order. */
  list(): Promise<readonly ProvidedEni[]>;
  /**
   * Gives the endpoint an ENI: the one that it holds already, else, of `candidates`, the free one that rested longest (never
   * used ones first, in the order of `list`). Two endpoints never get the same.
   *
   * @param candidates IDs of the ENIs that may be given out now
   * @throws EnimError NO_FREE_ENI if all of them are held
   */
  allocate(endpoint: Endpoint, candidates: readonly string[], purpose?: Purpose): Promise<Eni>;
  /** Takes back whatever the endpoint holds. That it holds nothing is success. Call it only when the NIC is home. */
  release(endpoint: Endpoint, options?: Release): Promise<void>;
  health(): Promise<ProviderHealth>;
  /** Absent where nobody else changes the provider's records. */
  readonly registry?: Registry;
  /** Absent where the provider knows no pods. */
  readonly evictor?: Evictor;
  /** Absent where the ENIs are ready as they are. */
  readonly assignments?: Assignments;
}
