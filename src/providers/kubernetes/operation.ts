/** What one allocate or release works with. */
import type { Api } from './api.js';
import type { Look } from './view.js';

export interface Operation {
  readonly api: Api;
  readonly node: string;
  readonly clock: () => Date;
  /** Looks at everything, now. */
  readonly look: () => Promise<Look>;
  /** What was seen a moment ago, if anything was. Good for a write that fails if it is old, and for no answer. */
  readonly recent: Look | undefined;
}
