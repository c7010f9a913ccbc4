/** What sysfs says of a device on its bus. It speaks of the machine, not of a netns: it is right also while a NIC is away. */
import { existsSync, writeFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Link } from '../model/link.js';

/** Whether a device is (still) plugged in at this bus address (`0000:00:05.0`, `virtio3`). */
export async function isOnBus(busAddress: string): Promise<boolean> {
  return existsSync(devicePath(busAddress));
}

/** The kernel driver of a real card, or the kind of a virtual device; null if neither is known. */
export async function driverOf(link: Link): Promise<string | null> {
  if (link.busAddress === null) return link.kind;
  return readlink(`${devicePath(link.busAddress)}/driver`).then(
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
