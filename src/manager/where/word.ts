/** What the word after "enim where" can mean. Pure. */
import { parseMac, parsePciAddress } from '../../model/address.js';
import { EnimError } from '../../model/errors.js';
import { ifnameFault, isOwner, type Owner } from '../../model/names.js';

/** All that the word may mean. */
export interface Word {
  readonly text: string;
  readonly mac: string | null;
  /** In the kernel's spelling. */
  readonly busAddress: string | null;
  readonly owner: Owner | null;
  /** A name that an interface can have. */
  readonly name: string | null;
}

/**
 * What a word can mean.
 *
 * @throws EnimError INVALID_ARGUMENT if it can mean nothing
 */
export function readWord(text: string): Word {
  const mac = parseMac(text) ?? null;
  const busAddress = parsePciAddress(text) ?? (/^virtio\d+$/.test(text) ? text : null);
  const owner = isOwner(text) ? text : null;
  const name = ifnameFault(text) === undefined ? text : null;
  if (text !== '' && (mac ?? busAddress ?? owner ?? name ?? idOf(text)) !== null)
    return { text, mac, busAddress, owner, name };
  throw new EnimError('INVALID_ARGUMENT', `NIC is ${JSON.stringify(text)}, which names neither a NIC nor an owner.`, {
    hint: 'give an ENI ID, a MAC, a bus address, an interface name, or NAMESPACE/NAME; see them: enim list',
  });
}

/** IDs are as long as clouds make them. */
function idOf(text: string): string | null {
  return /^[\w.-]+$/.test(text) ? text : null;
}
