import { describe, expect, it } from '@jest/globals';
import { discover, propose, type Rules, replaceInventory, toEni } from '../../src/model/discover.js';
import type { Nic } from '../../src/model/nic.js';
import { macOf, sampleEni, sampleLink } from '../model/samples.js';

const card = (number: number, overrides: Partial<Nic['link']> = {}, rest: Partial<Nic> = {}): Nic => ({
  link: sampleLink({ name: `ens${number}`, mac: macOf(number), busAddress: `0000:00:0${number}.0`, ...overrides }),
  driver: 'ena',
  refusals: [],
  ...rest,
});
const ANY: Rules = { driver: [], name: null, exclude: [] };
const namesOf = (nics: readonly Nic[], rules: Partial<Rules>): string[] =>
  discover(nics, { ...ANY, ...rules }).map(({ mac }) => `ens${Number.parseInt(mac.slice(-2), 16)}`);

describe('discover', () => {
  it('takes spare cards, as ENIs known by MAC and bus address, without addresses', () => {
    expect(discover([card(5)], ANY)).toEqual([sampleEni(5, { id: 'eni-02e000000005', pciAddress: '0000:00:05.0' })]);
  });

  it('never takes what the node cannot spare', () => {
    expect(discover([card(5, {}, { refusals: ['it carries the default route'] })], ANY)).toEqual([]);
  });

  it('takes a virtual device only where a rule names its driver or its name', () => {
    const veth = card(5, { name: 'ens5', kind: 'veth', busAddress: null }, { driver: 'veth' });
    expect(namesOf([veth], {})).toEqual([]);
    expect(namesOf([veth], { exclude: ['other'] })).toEqual([]);
    expect(namesOf([veth], { driver: ['veth'] })).toEqual(['ens5']);
    expect(namesOf([veth], { name: 'ens*' })).toEqual(['ens5']);
  });

  it('wants every given rule to hold', () => {
    const nics = [card(5), card(6, {}, { driver: 'virtio_net' }), card(7, {}, { driver: null })];
    expect(namesOf(nics, { driver: ['ena'] })).toEqual(['ens5']);
    expect(namesOf(nics, { driver: ['ena', 'virtio_net'] })).toEqual(['ens5', 'ens6']);
    expect(namesOf(nics, { driver: ['ena', 'virtio_net'], name: 'ens6' })).toEqual(['ens6']);
    expect(namesOf(nics, { driver: ['virtio_net'], name: 'ens5' })).toEqual([]);
  });

  it.each([
    ['*', ['ens5', 'ens6']],
    ['ens?', ['ens5', 'ens6']],
    ['ens', []],
    ['?s5', []],
    ['en?5', ['ens5']],
    ['*6', ['ens6']],
    ['e.s5', []],
    ['ens[56]', []],
  ])('reads the name pattern %s', (name, taken) => {
    expect(namesOf([card(5), card(6)], { name })).toEqual(taken);
  });

  it.each(['ens5', 'ens5*', macOf(5), macOf(5).toUpperCase(), '0000:00:05.0', 'enp0s5'])(
    'leaves out what %s excludes',
    (exclude) => {
      expect(namesOf([card(5, { altnames: ['enp0s5'] }), card(6)], { exclude: [exclude] })).toEqual(['ens6']);
    },
  );
});

describe('toEni', () => {
  it('takes no virtio number for a PCI address', () => {
    expect(toEni(card(5, { busAddress: 'virtio3' })).pciAddress).toBeNull();
  });

  it('goes by the permanent MAC, not by the one in force', () => {
    expect(toEni(card(5, { mac: macOf(99), permanentMac: macOf(5) })).mac).toBe(macOf(5));
  });
});

describe('propose', () => {
  it('sorts into what would be managed and what is refused, with all reasons', () => {
    const nics = [
      card(5),
      card(6, {}, { refusals: ['it carries the default route', 'it is a member of bond0'] }),
      card(7, {}, { driver: 'other' }),
      card(8, { kind: 'veth' }, { driver: 'veth' }),
    ];
    expect(propose(nics, { ...ANY, driver: ['ena'] })).toEqual({
      enis: [{ id: 'ens5', mac: macOf(5), pciAddress: '0000:00:05.0', ifname: 'ens5' }],
      refused: [
        { name: 'ens6', mac: macOf(6), reasons: ['it carries the default route', 'it is a member of bond0'] },
        { name: 'ens7', mac: macOf(7), reasons: ['the rules that were given leave it out'] },
        { name: 'ens8', mac: macOf(8), reasons: ['the rules that were given leave it out'] },
      ],
      virtual: 0,
    });
  });

  it('counts virtual devices that no rule names instead of listing them', () => {
    expect(propose([card(5, { kind: 'veth' }, { driver: 'veth' })], ANY)).toEqual({
      enis: [],
      refused: [],
      virtual: 1,
    });
  });

  it('makes an ID of the MAC where the name cannot be one', () => {
    const [proposed] = propose([card(5, { name: '@uplink' })], ANY).enis;
    expect(proposed).toMatchObject({ id: 'eni-02e000000005', ifname: '@uplink' });
  });
});

describe('replaceInventory', () => {
  const proposed = (number: number) => ({ id: `ens${number}`, mac: macOf(number), ifname: `ens${number}` });
  const entry = (number: number) => ({
    id: `mine-${number}`,
    mac: macOf(number),
    pciAddress: null,
    raw: { id: `mine-${number}`, mtu: number },
  });

  it('keeps what somebody has, and what was set of those that stay; the rest goes', () => {
    expect(
      replaceInventory([entry(1), entry(2), entry(3)], [proposed(2), proposed(4)], (id) => id === 'mine-1'),
    ).toEqual({
      entries: [entry(1).raw, { ...proposed(2), ...entry(2).raw }, proposed(4)],
      kept: ['mine-1'],
    });
  });

  const at = (slot: number) => `0000:00:0${slot}.0`;
  const slotted = (number: number, slot: number) => {
    const told = { id: `mine-${number}`, mac: macOf(1), pciAddress: at(slot) };
    return { ...told, raw: { ...told, mtu: number } };
  };

  it('has a card in the slot where it is now', () => {
    const { entries } = replaceInventory([slotted(1, 5)], [{ ...proposed(1), pciAddress: at(9) }], () => false);
    expect(entries).toEqual([{ ...proposed(1), ...slotted(1, 9).raw }]);
  });

  it('tells cards of one MAC by their slots: each keeps its own, and stays while somebody has it', () => {
    const before = [slotted(1, 5), slotted(2, 6), slotted(3, 7)];
    const now = [6, 5].map((slot) => ({ ...proposed(1), pciAddress: at(slot) }));
    expect(replaceInventory(before, now, (id) => id === 'mine-3')).toEqual({
      entries: [before[2]?.raw, { ...now[0], ...before[1]?.raw }, { ...now[1], ...before[0]?.raw }],
      kept: ['mine-3'],
    });
    expect(
      replaceInventory(before.slice(0, 1), [{ ...proposed(1), pciAddress: at(8) }, ...now], () => false).entries,
    ).toEqual([{ ...proposed(1), pciAddress: at(8) }, now[0], { ...now[1], ...before[0]?.raw }]);
  });
});
