/** Where the agent answers: by loopback, unless one says aloud that others may ask, too. Pure. */
import { isIP } from 'node:net';
import { EnimError } from '../model/errors.js';

/** A host by its address, and a port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** 127.0.0.1:9810, or whatever else. */
export const DEFAULT_ADDRESS = '127.0.0.1:9810';

/**
 * Reads `127.0.0.1:9810`, `[::1]:9810` or `:9810`, which is every address of the node; null for `off`.
 *
 * @param isExposed whether it may be an address that other hosts reach
 * @throws EnimError INVALID_ARGUMENT, UNSAFE
 */
export function parseListen(text: string, isExposed: boolean): ListenAddress | null {
  if (text === 'off') return null;
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = (bracketed ?? plain) || '0.0.0.0';
  if (port === undefined || Number(port) > 65_535 || isIP(host) !== (bracketed === undefined ? 4 : 6)) {
    throw new EnimError('INVALID_ARGUMENT', `--listen is ${JSON.stringify(text)}, which is no address with a port.`, {
      hint: `use --listen ${DEFAULT_ADDRESS}, --listen '[::1]:9810', or --listen off`,
    });
  }
  if (!isExposed && !isLoopback(host)) {
    throw new EnimError('UNSAFE', `--listen is ${JSON.stringify(text)}, which other hosts can reach.`, {
      details: ['Whoever reaches it reads the names of the ENIs and networks of this node.'],
      hint: `use --listen ${DEFAULT_ADDRESS}, or add --expose if that is what you want`,
    });
  }
  return { host, port: Number(port) };
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
