/** Resource versions: in which order the API server wrote. Pure. */

/**
 * Negative if `a` is older than `b`, positive if it is newer; null if they cannot be compared. Kubernetes' own versions are the decimal
 * numbers of etcd's revisions, of up to 64 bits; a server may have others, of which nothing can be told.
 */
export function compareVersions(a: string, b: string): number | null {
  if (!NUMBER.test(a) || !NUMBER.test(b)) return a === b ? 0 : null;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const NUMBER = /^(0|[1-9][0-9]*)$/;
