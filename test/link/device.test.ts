import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findDevice, isDevice } from '../../src/link/device.js';
import type { DeviceSelector } from '../../src/model/device.js';
import { macOf, sampleLink } from '../model/samples.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();
const CARD = sampleLink({ name: 'ens5', altnames: ['enp0s5'], mac: macOf(5), busAddress: '0000:FF:1F.7' });
const OTHER = sampleLink({ name: 'ens6', mac: macOf(6), busAddress: 'virtio3' });
const LINKS = [OTHER, CARD];

describe('findDevice', () => {
  it('finds a device by its name, or by another name that it has', async () => {
    expect(await findDevice({ by: 'name', name: 'ens5' }, LINKS)).toBe(CARD);
    expect(await findDevice({ by: 'name', name: 'enp0s5' }, LINKS)).toBe(CARD);
    expect(await findDevice({ by: 'name', name: 'ens' }, LINKS)).toBeUndefined();
  });

  it('finds a device by its MAC', async () => {
    expect(await findDevice({ by: 'mac', mac: macOf(5) }, LINKS)).toBe(CARD);
    expect(await findDevice({ by: 'mac', mac: macOf(7) }, LINKS)).toBeUndefined();
  });

  it('prefers the card to what sits on it and has its MAC, and the permanent MAC to the one in force', async () => {
    const vlan = sampleLink({ name: 'ens5.7', mac: macOf(5), kind: 'vlan', lower: 'ens5' });
    const liar = sampleLink({ name: 'liar', mac: macOf(5), permanentMac: macOf(9) });
    expect(await findDevice({ by: 'mac', mac: macOf(5) }, [vlan, liar, ...LINKS])).toBe(CARD);
    expect(await findDevice({ by: 'mac', mac: macOf(9) }, [vlan, liar, ...LINKS])).toBe(liar);
  });

  it('finds a virtual device, and one whose MAC was changed, where no card has the MAC', async () => {
    const veth = sampleLink({ name: 'veth', mac: macOf(8), kind: 'veth' });
    const changed = sampleLink({ name: 'ens9', mac: macOf(10), permanentMac: macOf(9) });
    expect(await findDevice({ by: 'mac', mac: macOf(8) }, [...LINKS, veth])).toBe(veth);
    expect(await findDevice({ by: 'mac', mac: macOf(10) }, [...LINKS, changed])).toBe(changed);
  });

  it('finds a device by its address on the bus, in any case', async () => {
    expect(await findDevice({ by: 'bus', address: '0000:ff:1f.7' }, LINKS)).toBe(CARD);
  });

  it('finds nothing at an address where nothing is plugged in', async () => {
    for (const address of ['0000:ff:1e.7', 'none_core.sf.4'])
      expect(await findDevice({ by: 'bus', address }, LINKS)).toBeUndefined();
  });

  it('finds the interface below a path, or of the virtio device on it', async () => {
    const sysfs = temporary();
    mkdirSync(join(sysfs, 'card', 'net', 'ens5'), { recursive: true });
    mkdirSync(join(sysfs, 'virtual', 'virtio3', 'net', 'ens6'), { recursive: true });
    mkdirSync(join(sysfs, 'disk', 'virtio4', 'block'), { recursive: true });
    expect(await findDevice({ by: 'kernelpath', path: join(sysfs, 'card') }, LINKS)).toBe(CARD);
    expect(await findDevice({ by: 'kernelpath', path: join(sysfs, 'virtual') }, LINKS)).toBe(OTHER);
    for (const path of ['disk', 'none', 'card/net'])
      expect(await findDevice({ by: 'kernelpath', path: join(sysfs, path) }, LINKS)).toBeUndefined();
  });

  it('finds no interface that is below the path but not at home', async () => {
    const sysfs = temporary();
    mkdirSync(join(sysfs, 'net', 'ens7'), { recursive: true });
    expect(await findDevice({ by: 'kernelpath', path: sysfs }, LINKS)).toBeUndefined();
  });
});

describe('isDevice', () => {
  const AWAY = { ...CARD, name: 'eth0', alias: 'ens5' };
  const VIRTUAL = { ...OTHER, name: 'eth0', alias: 'ens6' };

  it.each<[string, DeviceSelector, boolean]>([
    ['the name that it had at home', { by: 'name', name: 'ens5' }, true],
    ['the name that it has in the pod', { by: 'name', name: 'eth0' }, false],
    ['its MAC', { by: 'mac', mac: macOf(5) }, true],
    ['another MAC', { by: 'mac', mac: macOf(6) }, false],
    ['its address on the bus', { by: 'bus', address: '0000:ff:1f.7' }, true],
    ['another address', { by: 'bus', address: '0000:ff:1f.6' }, false],
    ['the path of its device', { by: 'kernelpath', path: '/sys/devices/pci0000:ff/0000:FF:1F.7' }, true],
  ])('tells a card in a pod by %s', async (_, selector, isIt) => {
    expect(await isDevice(selector, AWAY)).toBe(isIt);
  });

  it('tells a virtio card by the device that it sits on', async () => {
    const path = join(temporary(), '0000:00:09.0');
    mkdirSync(join(path, 'virtio3'), { recursive: true });
    expect(await isDevice({ by: 'kernelpath', path }, VIRTUAL)).toBe(true);
    expect(await isDevice({ by: 'kernelpath', path }, { ...VIRTUAL, busAddress: 'virtio4' })).toBe(false);
    expect(await isDevice({ by: 'kernelpath', path }, { ...VIRTUAL, busAddress: null })).toBe(false);
  });
});
