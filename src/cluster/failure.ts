/** Errors of the connection. None of the house's own: classes of two bundles differ, so whoever called makes one of the code. */
import type { Unidentified } from '../providers/kubernetes/transport.js';

/** An error as the system has them. */
export function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** There is no way to say who we are: no fault of the server, which was not even asked. */
export function unidentified(message: string, more: Pick<Unidentified, 'details' | 'hint'>): Unidentified {
  return Object.assign(new Error(message), { code: 'EUNIDENTIFIED' as const, ...more });
}
