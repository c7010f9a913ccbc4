/** The composition root of asking what container runtimes remember. */
import { readCache } from '../host/cache.js';

/** The ADDs of enim, and of host-device before it, that they keep in a directory; `warn` is told of what cannot be read. */
export const cachedAdds = readCache;
