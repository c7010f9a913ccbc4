/** What gc has found, and what it came to. */
import type { Endpoint } from '../../model/attachment.js';
import type { Restored } from '../../model/link.js';
import type { LockedParts } from '../locked.js';
import type { Verdict } from '../verdict.js';

/** What was decided of one ENI, and whether it was done. */
export interface Collected extends Verdict {
  /** Null for an endpoint that no ENI is held for. */
  readonly eni: string | null;
  /** Whether what had to be done was done; never in a dry run. */
  readonly done: boolean;
  /** Why it could not be done, if it was tried. */
  readonly error: string | null;
  /** What of the NIC could not be put back, although it is home. */
  readonly remaining: readonly Restored[];
}

/** A verdict with what would have to be done for it. */
export interface Finding extends Verdict {
  readonly eni: string | null;
  /** Whose lock protects the work. */
  readonly endpoint: Endpoint | null;
  /**
   * Does the work under that lock. Undefined if it finds that somebody else did it meanwhile. Absent where there is nothing to do.
   */
  readonly act?: (parts: LockedParts) => Promise<Pick<Collected, 'remaining'> | undefined>;
}
