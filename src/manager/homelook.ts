/** What a NIC that is about to leave home is to look like when it returns. Pure. */
import type { Eni } from '../model/eni.js';
import { parseLabel } from '../model/label.js';
import type { LinkSnapshot } from '../model/link.js';

/** The name that the inventory prescribes, and not our own label of an earlier absence, is what the NIC returns to. */
export function homeLook(snapshot: LinkSnapshot, eni: Eni): LinkSnapshot {
  const label = parseLabel(snapshot.alias);
  const name = eni.ifname ?? label?.home ?? snapshot.name;
  return {
    ...snapshot,
    name,
    routes: snapshot.routes.map((route) => (route.dev === snapshot.name ? { ...route, dev: name } : route)),
    alias: label === undefined ? snapshot.alias : null,
  };
}
