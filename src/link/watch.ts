/** Being told of changes of links at home. */
import { libc } from '../libc.js';
import { monitorLinks } from './netlink/monitor.js';

/** Calls `onChange` after each change; never where the kernel cannot be asked for that. The function that it returns ends it. */
export function watchLinks(onChange: () => void): () => void {
  const calls = libc();
  const stop = calls === undefined ? undefined : monitorLinks(calls, onChange);
  return stop ?? (() => undefined);
}
