/** Giving up on what cannot be called off: a program that a kubeconfig has asked for a token, say. */
import { failure } from './failure.js';

/**
 * What the work comes to.
 *
 * @param milliseconds until it is given up
 * @throws Error ETIMEDOUT, or ABORT_ERR once the signal is aborted; what the work throws
 */
export function inTime<T>(work: Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => end(() => reject(failure('ABORT_ERR')));
    const timer = setTimeout(() => end(() => reject(failure('ETIMEDOUT'))), milliseconds);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    work.then(
      (value) => end(() => resolve(value)),
      (thrown: unknown) => end(() => reject(thrown)),
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
