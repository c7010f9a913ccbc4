/** Errors of the connection. None of the house's own: classes of two bundles differ, so whoever called makes one of the code. */

/** An error as the system has them. */
export function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
