/** Finding the device that a network configuration names, among the links at home. */
import { promises } from 'node:fs';
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
