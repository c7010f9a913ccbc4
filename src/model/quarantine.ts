/** ENIs that are not to be given out for a while, because something about them could not be trusted. */

import { type Eni, isSameNic } from './eni.js';

/** Why, and for how long. */
export interface Quarantine {
  /** A clause that can follow "it is in quarantine:". */
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When it may be given out again; null until a human says so. ISO 8601, UTC. */
  readonly until: string | null;
  /** Permanent MAC of the NIC, by which it is known when settings give its ENI another ID; null where an older enim wrote it. */
  readonly mac: string | null;
}

/** By the ID that the ENI had. */
export type Quarantines = Readonly<Record<string, Quarantine>>;

/** The quarantine of an ENI that is in force now, if any. */
export function quarantineOf(quarantines: Quarantines, eni: Pick<Eni, 'id' | 'mac'>, now: Date): Quarantine | null {
  const [, quarantine] =
    Object.entries(quarantines).find(([id, each]) => isOfNic(id, each, eni) && isInForce(each, now)) ?? [];
  return quarantine ?? null;
}

/** The quarantines of all other NICs. */
export function withoutNic(quarantines: Quarantines, eni: Pick<Eni, 'id' | 'mac'>): Quarantines {
  return Object.fromEntries(Object.entries(quarantines).filter(([id, each]) => !isOfNic(id, each, eni)));
}

/** Whether the quarantine that stands under this ID is that of the ENI's NIC. */
function isOfNic(id: string, { mac }: Quarantine, eni: Pick<Eni, 'id' | 'mac'>): boolean {
  return mac === null ? id === eni.id : isSameNic({ id, mac }, eni);
}

/** Whether it has not run out. */
export function isInForce({ until }: Quarantine, now: Date): boolean {
  return until === null || Date.parse(until) > now.getTime();
}
