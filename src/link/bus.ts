/** What sysfs says of a device on its bus. It speaks of the machine, not of a netns: it is right also while a NIC is away. */
import { existsSync, promises, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parsePciAddress } from '../model/address.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Link } from '../model/link.js';

/** What is plugged in at a bus address. A virtio device has two: its own, and that of the PCI device that it sits on. */
export interface Hardware {
  readonly pciAddress: string | null;
  readonly virtio: string | null;
  /** Kernel driver; null if none is bound to it. */
  readonly driver: string | null;
  /** Whether it is a network card, by its class. */
  readonly isNic: boolean;
  /** Whether it has a network interface, in whichever netns. */
  readonly hasLink: boolean;
}

/** Network controllers, in the class of a PCI device. */
const NETWORK_CLASS = '0x02';

/** The device at a bus address, or undefined if there is none. */
export async function hardwareAt(busAddress: string): Promise<Hardware | undefined> {
  const found = await promises.realpath(devicePath(busAddress)).catch(() => undefined);
  if (found === undefined) return undefined;
  const pci = parsePciAddress(basename(found)) === undefined ? dirname(found) : found;
  const pciAddress = parsePciAddress(basename(pci)) ?? null;
  const below =
    pci === found ? (await promises.readdir(found)).filter((name) => name.startsWith('virtio')) : [basename(found)];
  const [virtio = null] = below;
  const device = virtio === null || pci !== found ? found : `${found}/${virtio}`;
  // The directory is there as long as any interface is; what is listed in it are only those of our own netns.
  const hasLink = existsSync(`${device}/net`);
  const pciClass = pciAddress === null ? '' : await promises.readFile(`${pci}/class`, 'utf8').catch(() => '');
  const driver = await promises.readlink(`${device}/driver`).then(basename, () => null);
  return { pciAddress, virtio, driver, isNic: hasLink || pciClass.startsWith(NETWORK_CLASS), hasLink };
}

/** The kernel driver of a real card, or the kind of a virtual device; null if neither is known. */
export async function driverOf(link: Link): Promise<string | null> {
  if (link.busAddress === null) return link.kind;
  return promises.readlink(`${devicePath(link.busAddress)}/driver`).then(
    (target) => basename(target),
    () => link.kind,
  );
}

/**
 * Takes the driver off a card and lets the kernel find it anew: the card's link ends in whatever netns it is, and a new one begins at
 * home, under the kernel's name. Repeated it does so again; it also finds the driver of a card that has lost it half way.
 *
 * @throws EnimError LINK_FAILED
 */
export async function rebind(busAddress: string): Promise<void> {
  const driver = `${devicePath(busAddress)}/driver/unbind`;
  try {
    if (existsSync(driver)) writeFileSync(driver, busAddress);
    writeFileSync(`/sys/bus/${busOf(busAddress)}/drivers_probe`, busAddress);
  } catch (thrown) {
    throw new EnimError(
      'LINK_FAILED',
      `The driver of the device ${busAddress} could not be bound anew: ${errnoOf(thrown) ?? String(thrown)}.`,
      { hint: 'see dmesg, then try again', cause: thrown },
    );
  }
}

function devicePath(busAddress: string): string {
  return `/sys/bus/${busOf(busAddress)}/devices/${busAddress}`;
}

function busOf(busAddress: string): string {
  return busAddress.startsWith('virtio') ? 'virtio' : 'pci';
}
