import { describe, expect, it } from '@jest/globals';
import { canBeEni, findLink, identify, identityOf, identityOfAttachment } from '../../src/manager/identify.js';
import type { Eni } from '../../src/model/eni.js';
import { formatLabel } from '../../src/model/label.js';
import type { Link } from '../../src/model/link.js';
import { macOf, sampleAttachment, sampleEndpoint, sampleEni, sampleLink, sampleSnapshot } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';

const PCI = '0000:00:05.0';
const card = (name: string, overrides: Partial<Link> = {}): Link => sampleLink({ name, ...overrides });
const veth = (name: string, overrides: Partial<Link> = {}): Link => sampleLink({ name, kind: 'veth', ...overrides });
const names = (links: readonly Link[], busAddress: string | null = null): string[] =>
  identify(links, { id: 'eni-1', mac: macOf(1), busAddress, ifindex: 7 }).map(({ name }) => name);

describe('identify', () => {
  it('goes by the permanent MAC, whatever the name and the MAC in force (containernetworking/plugins#773)', () => {
    const renamed = card('pods-name', { mac: macOf(99), permanentMac: macOf(1) });
    const impostor = card('eni1', { mac: macOf(1), permanentMac: macOf(98) });
    expect(names([impostor, renamed])).toEqual(['pods-name']);
  });

  it.each(['macvlan', 'macvtap', 'ipvlan', 'vlan', 'bond', 'bridge', 'team', 'vrf', 'macsec'])(
    'never takes a %s, which copies the MAC of the card below it (amazon-vpc-cni-k8s#2684)',
    (kind) => {
      expect(names([card('copy', { kind }), card('real')])).toEqual(['real']);
      expect(names([card('copy', { kind })])).toEqual([]);
    },
  );

  it('prefers a card to virtual devices of its MAC', () => {
    expect(names([veth('v'), card('real')])).toEqual(['real']);
  });

  it('prefers a card to virtual devices of its MAC also where the bus address is known', () => {
    expect(names([veth('v'), card('real', { busAddress: PCI })], PCI)).toEqual(['real']);
    expect(names([veth('v'), card('real', { busAddress: 'virtio3' })], PCI)).toEqual(['real']);
  });

  it('takes a veth that stands in for a card', () => {
    expect(names([veth('v')])).toEqual(['v']);
    expect(names([veth('v')], PCI)).toEqual(['v']);
  });

  it('tells cards of one MAC apart by their bus address', () => {
    const cards = [card('a', { busAddress: PCI }), card('b', { busAddress: '0000:00:06.0' })];
    expect(names(cards, PCI)).toEqual(['a']);
    expect(names(cards, PCI.toUpperCase())).toEqual(['a']);
  });

  it('does not take a card of the right MAC in another slot', () => {
    expect(names([card('b', { busAddress: '0000:00:06.0' })], PCI)).toEqual([]);
  });

  it('does not count a virtio number against a PCI address', () => {
    expect(names([card('a', { busAddress: 'virtio3' })], PCI)).toEqual(['a']);
    expect(names([card('a', { busAddress: 'virtio3' }), card('b', { busAddress: 'virtio4' })], 'virtio3')).toEqual([
      'a',
    ]);
  });

  it('leaves two of equal rank to be told apart by somebody else (sriov-network-device-plugin#685)', () => {
    expect(names([card('a'), card('b')])).toEqual(['a', 'b']);
    expect(names([veth('a'), veth('b')])).toEqual(['a', 'b']);
  });

  it('knows a virtual device whose MAC the pod has changed by label and index together', () => {
    const alias = formatLabel('eni-1', 'eni1', sampleEndpoint());
    const changed = { mac: macOf(99), permanentMac: macOf(99), alias, ifindex: 7 };
    expect(names([veth('a', changed)])).toEqual(['a']);
    expect(names([veth('a', { ...changed, alias: alias.replace('eni-1', 'eni-2') })])).toEqual([]);
    expect(names([veth('a', { ...changed, alias: 'enim' })])).toEqual([]);
    expect(names([veth('a', { ...changed, ifindex: 8 })])).toEqual([]);
  });

  it('never takes a card by its label against its permanent MAC', () => {
    expect(
      names([
        card('a', { permanentMac: macOf(99), ifindex: 7, alias: formatLabel('eni-1', 'eni1', sampleEndpoint()) }),
      ]),
    ).toEqual([]);
  });

  it('goes by the label only where no device has the MAC', () => {
    const labelled = veth('labelled', {
      mac: macOf(99),
      ifindex: 7,
      alias: formatLabel('eni-1', 'eni1', sampleEndpoint()),
    });
    expect(names([labelled, veth('right')])).toEqual(['right']);
  });
});

describe('findLink', () => {
  const identity = { id: 'eni-1', mac: macOf(1), busAddress: null, ifindex: null };

  it('gives the one that fits, or undefined', () => {
    expect(findLink([card('a')], identity)?.name).toBe('a');
    expect(findLink([], identity)).toBeUndefined();
  });

  it('refuses to guess, naming all that fit', async () => {
    const error = await enimErrorOf(() => findLink([card('a'), card('b')], identity));
    expect([error.code, error.message]).toEqual([
      'AMBIGUOUS_LINK',
      `Several links have the MAC ${macOf(1)} of ENI eni-1: a, b.`,
    ]);
  });
});

describe('identity', () => {
  it('of an ENI is its MAC and bus address', () => {
    expect(identityOf(sampleEni(1, { pciAddress: PCI }))).toEqual({
      id: 'eni-1',
      mac: macOf(1),
      busAddress: PCI,
      ifindex: null,
    });
  });

  it('of an attachment is what its NIC was before it left home', () => {
    const snapshot = sampleSnapshot({ permanentMac: macOf(7), busAddress: 'virtio3' });
    expect(identityOfAttachment(sampleAttachment({ snapshot, bootID: 'boot-1' }), 'boot-1')).toEqual({
      id: 'eni-1',
      mac: macOf(7),
      busAddress: 'virtio3',
      ifindex: 2,
    });
    const eni = sampleEni(1, { pciAddress: PCI });
    expect(identityOfAttachment(sampleAttachment({ snapshot, eni, bootID: 'boot-1' }), 'boot-1').busAddress).toBe(PCI);
  });

  it('of an attachment made before the last boot is not where its NIC was plugged in then, but where its ENI says', () => {
    const snapshot = sampleSnapshot({ permanentMac: macOf(7), busAddress: 'virtio3' });
    const of = (eni: Eni) => identityOfAttachment(sampleAttachment({ snapshot, eni, bootID: 'boot-1' }), 'boot-2');
    expect(of(sampleEni(1))).toMatchObject({ mac: macOf(7), busAddress: null });
    expect(of(sampleEni(1, { pciAddress: PCI }))).toMatchObject({ mac: macOf(7), busAddress: PCI });
  });
});

describe('canBeEni', () => {
  it('leaves out the loopback', () => {
    expect(canBeEni(card('lo'))).toBe(false);
    expect([card('eth0'), veth('v'), card('d', { kind: 'dummy' })].map(canBeEni)).toEqual([true, true, true]);
  });
});
