/** Ctrl-C and SIGTERM as an AbortSignal: the work ends between two of its steps, with every NIC either home or attached. */

/** From now on the first SIGINT or SIGTERM aborts the signal instead of ending the process; further ones change nothing. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort(signal));
  return controller.signal;
}
