/** What the doctor works with. Unlike other commands it must do so also where the settings are wrong and the state is damaged. */
import type { Host } from '../../host/host.js';
import type { Cordon } from '../../model/cordon.js';
import type { StateLook } from '../../store/inspect.js';
import type { Parts } from '../parts.js';

/** The node, to be examined. */
export interface Patient {
  /** Paths. */
  readonly config: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly host: Host;
  readonly clock: () => Date;
  /** Looks at the state without changing it. */
  inspectState(): StateLook;
  /** The cordon in force, or null. */
  findCordon(): Cordon | null;
  /** Name of the file of a lock. */
  lockFileName(lock: string): string;
  /** Paths of the files that keep the node's agents from the ENIs. */
  readonly dropIns: readonly string[];
  /**
   * The parts that all other commands work with.
   *
   * @throws EnimError INVALID_CONFIG
   */
  open(): Parts;
}
