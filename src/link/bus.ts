/** What sysfs says of a device on its bus. It speaks of the machine, not of a netns: it is right also while a NIC is away. */
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
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

function devicePath(busAddress: string): string {
  return `/sys/bus/${busAddress.startsWith('virtio') ? 'virtio' : 'pci'}/devices/${busAddress}`;
}
