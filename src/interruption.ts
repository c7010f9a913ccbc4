/** Signals as AbortSignals: the work ends between two of its steps, with every NIC either home or attached. */

/** From now on the first SIGINT or SIGTERM aborts the signal instead of ending the process; further ones change nothing. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort(signal));
  return controller.signal;
}

/** For a process that stays: SIGINT and SIGTERM abort `stop`, SIGHUP has it read its settings anew. */
export function agentSignals(): { readonly stop: AbortSignal; onReload(reload: () => void): void } {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort(signal));
  // Before anybody wants to hear of it it must not end us, either.
  let reload = (): void => undefined;
  process.on('SIGHUP', () => reload());
  return {
    stop: controller.signal,
    onReload(callback) {
      reload = callback;
    },
  };
}
