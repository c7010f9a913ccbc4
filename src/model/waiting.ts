/** What a process waits for, for those who watch it. Whoever waits tells of it, and does not care who listens. */

/**
 * Is told of something that may take a while, as it begins.
 *
 * @param what names it, at any later moment: `the lock of allocate, held by pid 4711 (enim gc)`
 * @returns to be called when it is over, however it ended
 */
export type Waits = (what: () => string) => () => void;
