/** Changes of a NIC, in words. */
import type { Restored } from '../model/link.js';

/** `MTU 1300 → 1500, name dev7 → eni2`. */
export function renderRestored(restored: readonly Restored[]): string {
  return restored.map(({ what, from, to }) => `${what} ${from} → ${to}`).join(', ');
}
