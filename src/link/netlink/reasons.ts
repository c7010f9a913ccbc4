/** Why the kernel refuses, in the words of `ip`. */
import type { Refusal } from './socket.js';

/** Those that a change of links, addresses and routes can meet (errno(3)), in glibc's words. */
const WORDS: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  2: 'No such file or directory',
  3: 'No such process',
  11: 'Resource temporarily unavailable',
  12: 'Cannot allocate memory',
  16: 'Device or resource busy',
  17: 'File exists',
  19: 'No such device',
  22: 'Invalid argument',
  28: 'No space left on device',
  34: 'Numerical result out of range',
  95: 'Operation not supported',
  97: 'Address family not supported by protocol',
  99: 'Cannot assign requested address',
  100: 'Network is down',
  101: 'Network is unreachable',
  105: 'No buffer space available',
  113: 'No route to host',
};

/** A clause, without a full stop. */
export function reasonOf({ errno, words }: Refusal): string {
  return (words ?? WORDS[errno] ?? `errno ${errno}`).replace(/\.$/, '');
}
