/** Where settings, state and locks are: flag, then environment, then default. */

/** Absolute paths of what enim keeps on a node. */
export interface Locations {
  readonly config: string;
  readonly stateDir: string;
  readonly runDir: string;
}

/** @param overrides from flags or a CNI network configuration; these win */
export function findLocations(env: NodeJS.ProcessEnv, overrides: Partial<Locations> = {}): Locations {
  return {
    config: overrides.config ?? (env.ENIM_CONFIG || '/etc/enim/config.json'),
    stateDir: overrides.stateDir ?? (env.ENIM_STATE_DIR || '/var/lib/enim'),
    runDir: overrides.runDir ?? (env.ENIM_RUN_DIR || '/run/enim'),
  };
}
