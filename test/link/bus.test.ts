import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { driverOf, hardwareAt } from '../../src/link/bus.js';
import { sampleLink } from '../model/samples.js';

const PCI = '/sys/bus/pci/devices';
const plugged = existsSync(PCI) ? readdirSync(PCI)[0] : undefined;

describe('hardwareAt', () => {
  it.each(['0000:ff:1f.7', 'virtio9999', ''.padEnd(300, 'x')])(
    'knows nothing of %s, where nothing is',
    async (address) => {
      expect(await hardwareAt(address)).toBeUndefined();
    },
  );

  it('knows a device that is plugged in', async () => {
    if (plugged !== undefined) expect(await hardwareAt(plugged)).toMatchObject({ pciAddress: plugged });
  });
});

describe('driverOf', () => {
  it('is the kind of a virtual device', async () => {
    expect(await driverOf(sampleLink({ kind: 'veth' }))).toBe('veth');
  });

  it('is unknown for a card that is gone', async () => {
    expect(await driverOf(sampleLink({ busAddress: '0000:ff:1f.7' }))).toBeNull();
  });
});
