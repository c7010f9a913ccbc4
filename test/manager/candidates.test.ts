import { describe, expect, it } from '@jest/globals';
import type { HomeView } from '../../src/link/driver.js';
import { type Fitness, judge, noneFree, pick } from '../../src/manager/candidates.js';
import type { Link } from '../../src/model/link.js';
import type { ProvidedEni } from '../../src/providers/provider.js';
import { macOf, sampleAddress, sampleAttachment, sampleEndpoint, sampleEni, sampleLink } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';

const FREE: ProvidedEni = { eni: sampleEni(1), holder: null, since: null, releasedAt: null };
const HELD: ProvidedEni = { ...FREE, holder: sampleEndpoint(), since: 'then' };
const OTHER = sampleEndpoint({ owner: 'default/db-0', containerID: 'c9' });

function homeWith(...links: readonly Link[]): HomeView {
  return {
    links,
    use: { defaultRoutes: [], sshDevice: null, names: new Set(links.map(({ name }) => name)), lowers: new Map() },
  };
}

describe('judge', () => {
  it('finds an ENI fit whose NIC is at home and spare', () => {
    expect(judge(FREE, OTHER, [], homeWith(sampleLink()))).toEqual({ id: 'eni-1', fit: true, link: sampleLink() });
  });

  it('finds what somebody else holds held, naming who', () => {
    const reason = 'ENI eni-1 is held by default/web-0, container c1.';
    expect(judge(HELD, OTHER, [], homeWith(sampleLink()))).toEqual({ id: 'eni-1', fit: false, why: 'held', reason });
    expect(judge(FREE, OTHER, [sampleAttachment()], homeWith(sampleLink()))).toEqual({
      id: 'eni-1',
      fit: false,
      why: 'held',
      reason,
    });
    expect(judge(HELD, null, [], homeWith(sampleLink()))).toMatchObject({ why: 'held' });
  });

  it('goes by the record before the provider where they differ', () => {
    const record = sampleAttachment({ ...OTHER });
    expect(judge(HELD, sampleEndpoint(), [record], homeWith(sampleLink()))).toMatchObject({
      why: 'held',
      reason: expect.stringContaining('default/db-0'),
    });
  });

  it('counts what the endpoint itself holds as free', () => {
    expect(judge(HELD, sampleEndpoint(), [], homeWith(sampleLink()))).toMatchObject({ fit: true });
  });

  it('finds an ENI shared whose addresses are for pods, and nobody gets it by force', async () => {
    const shared = judge({ ...FREE, isShared: true }, OTHER, [], homeWith(sampleLink()));
    expect(shared).toMatchObject({ fit: false, why: 'shared', reason: expect.stringContaining('Secondary mode') });
    for (const force of [false, true])
      expect((await enimErrorOf(() => pick([shared], 'eni-1', force))).code).toBe('NOT_EXCLUSIVE');
    expect(noneFree([shared], 'enim list').message).toBe('No ENI is free (1 known: 1 shared).');
  });

  it('finds an ENI missing that has no device at home (amazon-vpc-cni-k8s#732)', () => {
    expect(judge(FREE, OTHER, [], homeWith(sampleLink({ mac: macOf(2) })))).toEqual({
      ...{ id: 'eni-1', fit: false, why: 'missing' },
      reason: `ENI eni-1: no device with MAC ${macOf(1)} is at home.`,
    });
  });

  it('says in which slot a card of its MAC is, where that is another one, and gives nobody that card', async () => {
    const [wanted, found] = ['0000:00:05.0', '0000:00:09.0'];
    const slotted = { ...FREE, eni: { ...FREE.eni, pciAddress: wanted } };
    const misplaced = judge(slotted, OTHER, [], homeWith(sampleLink({ name: 'ens9', busAddress: found })));
    expect(misplaced).toEqual({
      ...{ id: 'eni-1', fit: false, why: 'misplaced' },
      reason: `ENI eni-1: the NIC with MAC ${macOf(1)} is ens9 at ${found}, not at ${wanted}.`,
    });
    for (const force of [false, true]) {
      const { code, hint } = await enimErrorOf(() => pick([misplaced], 'eni-1', force));
      expect([code, hint]).toEqual(['NOT_THERE', 'if that is its NIC: enim provider init --force']);
    }
    expect(noneFree([misplaced], 'enim list').message).toBe('No ENI is free (1 known: 1 misplaced).');
  });

  it('finds an ENI ambiguous whose MAC several cards have', () => {
    expect(judge(FREE, OTHER, [], homeWith(sampleLink({ name: 'a' }), sampleLink({ name: 'b' })))).toMatchObject({
      ...{ fit: false, why: 'ambiguous' },
      reason: `ENI eni-1: several links have its MAC ${macOf(1)}: a, b.`,
    });
  });

  it('finds an ENI unsafe that the node uses, with the reasons', () => {
    const link = sampleLink({ master: 'bond0', addresses: [sampleAddress('10.7.0.1/24')] });
    expect(judge(FREE, OTHER, [], homeWith(link))).toMatchObject({
      ...{ fit: false, why: 'unsafe', link },
      reason:
        'ENI eni-1: its NIC eni1 is not spare: it is a member of bond0; it has host addresses that are not the inventory’s: 10.7.0.1/24.',
    });
  });

  it('finds an ENI disconnected whose NIC is up without a carrier', () => {
    const link = sampleLink({ up: true, carrier: false });
    expect(judge(FREE, OTHER, [], homeWith(link))).toEqual({
      ...{ id: 'eni-1', fit: false, why: 'disconnected', link },
      reason: 'ENI eni-1: its NIC eni1 is up, but has no carrier.',
    });
  });

  it('says rather that the node uses a NIC, or that somebody distrusts it, than that it has no carrier', () => {
    const link = sampleLink({ up: true, carrier: false });
    const quarantine = { reason: 'drops packets', since: 'then', until: null, mac: null };
    expect(judge(FREE, OTHER, [], homeWith({ ...link, master: 'bond0' }))).toMatchObject({ why: 'unsafe' });
    expect(judge(FREE, OTHER, [], homeWith(link), quarantine)).toMatchObject({ why: 'quarantined' });
  });

  it('does not mind that the NIC has the addresses of the inventory', () => {
    const eni = sampleEni(1, {
      ipv4: { address: '10.0.0.10/24', gateway: null },
      ipv6: { address: 'fd00::10/64', gateway: null },
    });
    const link = sampleLink({ addresses: [sampleAddress('10.0.0.10/24'), sampleAddress('fd00::10/64')] });
    expect(judge({ ...FREE, eni }, OTHER, [], homeWith(link))).toMatchObject({ fit: true });
  });
});

const FITNESS: readonly Fitness[] = [
  { id: 'fit', fit: true, link: sampleLink() },
  { id: 'held', fit: false, why: 'held', reason: 'It is held.' },
  { id: 'missing', fit: false, why: 'missing', reason: 'It is missing.' },
  { id: 'ambiguous', fit: false, why: 'ambiguous', reason: 'It is ambiguous.' },
  { id: 'unsafe', fit: false, why: 'unsafe', reason: 'It is unsafe.', link: sampleLink() },
  { id: 'disconnected', fit: false, why: 'disconnected', reason: 'It is disconnected.', link: sampleLink() },
];

describe('pick', () => {
  it('takes the one that is wished for', () => {
    expect(pick(FITNESS, 'fit', false)).toBe('fit');
  });

  it.each([
    ['held', 'NO_FREE_ENI'],
    ['missing', 'NOT_THERE'],
    ['ambiguous', 'AMBIGUOUS_LINK'],
    ['unsafe', 'UNSAFE'],
    ['disconnected', 'UNSAFE'],
  ])('refuses one that is %s as %s, with the reason', async (id, code) => {
    const error = await enimErrorOf(() => pick(FITNESS, id, false));
    expect([error.code, error.message]).toEqual([code, `It is ${id}.`]);
  });

  it('takes one that is unsafe or disconnected by force, and no other', async () => {
    for (const id of ['unsafe', 'disconnected']) expect(pick(FITNESS, id, true)).toBe(id);
    for (const id of ['held', 'missing', 'ambiguous']) await enimErrorOf(() => pick(FITNESS, id, true));
  });

  it.each(['unsafe', 'disconnected'])('says which flag forces what is %s', async (id) => {
    expect((await enimErrorOf(() => pick(FITNESS, id, false))).hint).toContain(`--eni ${id} --force`);
  });

  it('does not know an ENI that the provider does not', async () => {
    const error = await enimErrorOf(() => pick(FITNESS, 'other', true));
    expect([error.code, error.message]).toEqual(['NOT_THERE', 'No ENI "other" is known.']);
  });
});

describe('noneFree', () => {
  it('counts what became of all ENIs, and gives the reasons that are no mere holding', () => {
    const error = noneFree(FITNESS.slice(1), 'enim provider init');
    expect([error.code, error.exitCode]).toEqual(['NO_FREE_ENI', 3]);
    expect(error.message).toBe('No ENI is free (5 known: 1 held, 1 missing, 1 ambiguous, 1 unsafe, 1 disconnected).');
    expect(error.details).toEqual(['It is missing.', 'It is ambiguous.', 'It is unsafe.', 'It is disconnected.']);
  });

  it('says that none are known, or that all were taken meanwhile', () => {
    expect(noneFree([], 'enim provider init')).toMatchObject({
      message: 'No ENI is free: none are known on this node.',
      hint: 'enim provider init',
    });
    expect(noneFree(FITNESS.slice(0, 1), 'enim provider init').message).toBe(
      'No ENI is free (1 known: all taken by now).',
    );
  });
});
