/** ENIs that are not to be given out for a while, because something about them could not be trusted. */

/** Why, and for how long. */
export interface Quarantine {
  /** A clause that can follow "it is in quarantine:". */
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When it may be given out again; null until a human says so. ISO 8601, UTC. */
  readonly until: string | null;
}

/** By ENI ID. */
export type Quarantines = Readonly<Record<string, Quarantine>>;

/** The quarantine of an ENI that is in force now, if any. */
export function quarantineOf(quarantines: Quarantines, id: string, now: Date): Quarantine | null {
  const quarantine = Object.hasOwn(quarantines, id) ? quarantines[id] : undefined;
  return quarantine !== undefined && isInForce(quarantine, now) ? quarantine : null;
}

/** Whether it has not run out. */
export function isInForce({ until }: Quarantine, now: Date): boolean {
  return until === null || Date.parse(until) > now.getTime();
}
