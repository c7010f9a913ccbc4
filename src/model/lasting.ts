/** How long what is written down must hold. */

/**
 * `always`: it is on disk. `this boot`: other processes see it at once and it outlives whoever wrote it, killed or not, but a power
 * failure soon after may take it back. No netns outlives a boot, so that is enough for whatever only says how far an operation has got:
 * after a power failure what was intended is known all the same, and gc has to look at every attachment anyway.
 */
export type Lasting = 'always' | 'this boot';
