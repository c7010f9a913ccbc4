/** What the word after "enim where" can mean. Pure. */
import { parseMac, parsePciAddress } from '../../model/address.js';
import { EnimError } from '../../model/errors.js';
import { containerIDFault, ifnameFault, isOwner, type Owner } from '../../model/names.js';

/** All that the word may mean. */
export interface Word {
  readonly text: string;
  readonly mac: string | null;
  /** In the kernel's spelling. */
  readonly busAddress: string | null;
  readonly owner: Owner | null;
  /** A name that an interface can have. */
  readonly name: string | null;
  /** A container ID, or its start. */
  readonly container: string | null;
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
  const container = containerOf(text);
  if (text !== '' && (mac ?? busAddress ?? owner ?? name ?? container ?? idOf(text)) !== null)
    return { text, mac, busAddress, owner, name, container };
  throw new EnimError('INVALID_ARGUMENT', `NIC is ${JSON.stringify(text)}, which names neither a NIC nor an owner.`, {
    hint: 'give an ENI ID, a MAC, a bus address, an interface name, NAMESPACE/NAME, or a container ID; see them: enim list',
  });
}

/** As `enim list` shows it, too: `3f9c1d2a…`. */
function containerOf(text: string): string | null {
  const id = text.replace(/…$/, '');
  return containerIDFault(id) === undefined ? id : null;
}

/** So much of a container ID tells it from others; less of it is more likely something else. */
const LEAST_START = 6;

/** Whether the word means the container with this ID. */
export function isContainer({ container }: Word, containerID: string | undefined): boolean {
  if (container === null || containerID === undefined) return false;
  return containerID === container || (container.length >= LEAST_START && containerID.startsWith(container));
}

/** IDs are as long as clouds make them. */
function idOf(text: string): string | null {
  return /^[\w.-]+$/.test(text) ? text : null;
}
