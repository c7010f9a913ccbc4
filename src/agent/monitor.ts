/** Opening the monitor, which is handed in: what counts and speaks HTTP is too heavy for the plugin, which shares this folder. */
import type { Log } from '../log.js';
import type { Monitor, Probes } from '../metrics/watch.js';
import { EnimError } from '../model/errors.js';

/**
 * Opens the monitor if there is one. That it cannot be opened keeps no agent from its work.
 *
 * @returns what closes it
 */
export async function openMonitor(monitor: Monitor | null, probes: Probes, log: Log): Promise<() => void> {
  if (monitor === null) return () => undefined;
  try {
    const { at, close } = await monitor.open(probes);
    log('info', 'metrics', { at });
    return close;
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    log('error', `${thrown.message} The agent goes on without metrics.`, { hint: thrown.hint });
    return () => undefined;
  }
}
