/** Views of ENIs for screens: as many as wanted, in each state, with names as long as clouds and deployments make them. */
import type { EniView } from '../../src/manager/list.js';

export const NOW = new Date('2026-11-24T08:10:00.000Z');

/** One ENI; free unless told. */
export function sampleView(overrides: Partial<EniView> = {}): EniView {
  return {
    ...{
      id: 'eni-a',
      mac: '02:e0:00:00:00:01',
      provider: 'static',
      state: 'free',
      ipv6: null,
      attachment: null,
      note: null,
    },
    ipv4: { address: '10.0.0.11/24', gateway: '10.0.0.1' },
    link: { name: 'eni1', ifindex: 2, netns: null, up: false },
    ...overrides,
  };
}

/** What a pod has. */
export function sampleHolding(index: number, overrides: Partial<NonNullable<EniView['attachment']>> = {}) {
  return {
    owner: `kube-system/node-exporter-7f9c8d5b6d-x${String(index).padStart(4, '0')}`,
    containerID: `3f9c1d2a${String(index).padStart(56, '0')}`,
    ...{
      ifname: 'eth0',
      netns: `/run/netns/cni-6f3a2c1e-9b7d-4c52-8a11-${String(index).padStart(12, '0')}`,
      network: 'eninet',
    },
    since: new Date(NOW.getTime() - index * 61_000).toISOString(),
    ...overrides,
  };
}

/** A node's: every second in a pod, every sixteenth of those an orphan or missing. */
export function sampleViews(count: number): EniView[] {
  return Array.from({ length: count }, (_, index) => {
    const hex = index.toString(16).padStart(2, '0');
    const base = sampleView({
      id: `eni-0a1b2c3d4e5f6${String(index).padStart(4, '0')}`,
      mac: `02:e0:00:00:00:${hex}`,
      ipv4: { address: `10.7.${index >> 7}.${2 + (index & 127)}/16`, gateway: '10.7.0.1' },
      ipv6: { address: `fd00:7::${hex}/64`, gateway: null },
      link: { name: `ens${index}`, ifindex: 2 + index, netns: null, up: false },
    });
    if (index % 2 === 0) return base;
    const attachment = sampleHolding(index);
    if (index % 32 === 15) return { ...base, state: 'orphan', attachment, note: 'its netns is gone; run: enim gc' };
    if (index % 32 === 31)
      return { ...base, state: 'missing', attachment, link: null, note: 'its netns is alive, but no device is in it' };
    return {
      ...base,
      state: 'used',
      attachment,
      link: { name: 'eth0', ifindex: 2, netns: attachment.netns, up: true },
    };
  });
}
