import type { Parts } from '../manager/parts.js';
import { parsePciAddress } from '../model/address.js';

/**
 * PCI address of a device that the kernel calls by its bus address; null for one that is on no PCI bus. What the kernel calls
 * `virtio3` sits on a PCI device, and that is what other plugins know it by.
 */
export async function pciAddressOf({ links }: Parts, busAddress: string | null): Promise<string | null> {
  if (busAddress === null) return null;
  return parsePciAddress(busAddress) ?? (await links.hardwareAt(busAddress))?.pciAddress ?? null;
}
