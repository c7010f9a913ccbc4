/** "Did you mean …?" */
import leven from 'leven';

/** The candidate that was probably meant, or undefined if none is close to what was typed. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(typed.length / 3) + 1);
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: leven(typed, candidate) }))
    .filter(({ candidate, distance }) => distance <= limit || (typed.length > 1 && candidate.startsWith(typed)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}
