/**
 * One answer for all who ask for the same at the same time, in a process that does many things at once: what one of them would be told,
 * the others would be, too, and each answer takes its time, and room.
 */

/**
 * Asks, or shares the answer of others who ask the same.
 *
 * @param what tells questions apart
 * @returns an answer that was asked for after the call, as if nobody else had asked; throws what `ask` throws
 */
export type Together = <T>(what: string, ask: () => Promise<T>) => Promise<T>;

/** Everybody asks himself. */
export const apart: Together = (_, ask) => ask();

export function createTogether(): Together {
  /** Ends with the answer that is on its way. Whoever comes now is too late for it. */
  const underWay = new Map<string, Promise<void>>();
  /** The answer after that one. */
  const next = new Map<string, Promise<unknown>>();

  const begin = <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    const answer = ask();
    const end = answer
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (underWay.get(what) === end) underWay.delete(what);
      });
    underWay.set(what, end);
    return answer;
  };

  return <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    const end = underWay.get(what);
    if (end === undefined) return begin(what, ask);
    const shared = next.get(what) as Promise<T> | undefined;
    // Whoever asked for all of us may have had less time left, or another reason to fail.
    if (shared !== undefined) return shared.catch(() => ask());
    const answer = end.then(() => {
      next.delete(what);
      return begin(what, ask);
    });
    next.set(what, answer);
    return answer;
  };
}
