/** What the manager works with. Everything that touches the world is in here, so that a test can choose it. */
import type { LinkDriver } from '../link/driver.js';
import type { NetnsDirectory } from '../link/netns.js';
import type { Provider } from '../providers/provider.js';
import type { CordonRecord } from '../store/cordon.js';
import type { History } from '../store/history.js';
import type { Locks } from '../store/lock.js';
import type { Store } from '../store/store.js';

/** The drivers and the clock. */
export interface Parts {
  readonly provider: Provider;
  readonly store: Store;
  readonly cordon: CordonRecord;
  readonly history: History;
  readonly locks: Locks;
  readonly links: LinkDriver;
  readonly netns: NetnsDirectory;
  readonly clock: () => Date;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Of the running boot: no netns outlives it. */
  readonly bootID: string;
  /** Name of the network for attachments that are made by hand. */
  readonly network: string;
}
