/** The device that a network configuration names: among the links at home, or in the pod that the host-device plugin moved it into. */
import { promises } from 'node:fs';
import { basename } from 'node:path';
import type { DeviceSelector } from '../model/device.js';
import type { Link } from '../model/link.js';

/** The link that is meant, or undefined. */
export async function findDevice(selector: DeviceSelector, links: readonly Link[]): Promise<Link | undefined> {
  switch (selector.by) {
    case 'name':
      return links.find(({ name, altnames }) => name === selector.name || altnames.includes(selector.name));
    case 'mac':
      return (
        links.find(({ permanentMac, kind }) => permanentMac === selector.mac && kind === null) ??
        links.find(({ permanentMac, mac }) => permanentMac === selector.mac || mac === selector.mac)
      );
    case 'kernelpath':
      return byName(links, await interfacesBelow(selector.path));
    case 'bus': {
      const { address } = selector;
      const there = links.find(({ busAddress }) => busAddress?.toLowerCase() === address);
      if (there !== undefined) return there;
      const buses = ['pci', 'auxiliary'].map((bus) => `/sys/bus/${bus}/devices/${address}`);
      return byName(links, (await Promise.all(buses.map(interfacesBelow))).flat());
    }
  }
}

/**
 * Whether a link that is away from home is the one that is meant. Its name at home the host-device plugin has made its alias; and sysfs
 * shows at home which device it belongs to, but not its name.
 */
export async function isDevice(selector: DeviceSelector, link: Link): Promise<boolean> {
  switch (selector.by) {
    case 'name':
      return link.alias === selector.name;
    case 'mac':
      return link.permanentMac === selector.mac;
    case 'kernelpath':
      return isOn(link, selector.path);
    case 'bus':
      return (
        (await isOn(link, `/sys/bus/pci/devices/${selector.address}`)) ||
        link.busAddress?.toLowerCase() === selector.address
      );
  }
}

/** Whether it belongs to the device at a path of sysfs, or to the virtio device on that. */
async function isOn({ busAddress }: Link, path: string): Promise<boolean> {
  return busAddress !== null && (basename(path) === busAddress || (await list(path)).includes(busAddress));
}

function byName(links: readonly Link[], names: readonly string[]): Link | undefined {
  return links.find(({ name }) => names.includes(name));
}

/** The interfaces of the device at a path of sysfs, or of the device on it: a virtio NIC sits on a PCI device. */
async function interfacesBelow(path: string): Promise<string[]> {
  const own = await list(`${path}/net`);
  if (own.length > 0) return own;
  const virtio = (await list(path)).filter((name) => name.startsWith('virtio'));
  return (await Promise.all(virtio.map((name) => list(`${path}/${name}/net`)))).flat();
}

async function list(path: string): Promise<string[]> {
  return promises.readdir(path).catch(() => []);
}
