import { describe, expect, it } from '@jest/globals';
import { cachedOf, conclude, type LocatedAdd } from '../../src/manager/conclude.js';
import { macOf, sampleEndpoint, sampleLink } from '../model/samples.js';

const WEB = sampleEndpoint();
const DB = sampleEndpoint({ owner: 'default/db-0', containerID: 'c9' });
const UNSAID = sampleEndpoint({ containerID: 'netns-101', owner: '' });
const SILENCE = { label: null, provider: null, cached: [], owner: null };
const NIC = sampleLink({ name: 'eth0' });

const add = (overrides: Partial<LocatedAdd> = {}): LocatedAdd => ({
  ...{ by: 'enim', endpoint: WEB, netns: '/run/netns/web-0', inode: 101, mac: macOf(1) },
  ...overrides,
});

const endpointsOf = (...of: Parameters<typeof cachedOf>) => cachedOf(...of).map(({ endpoint }) => endpoint);

describe('what a runtime remembers of a NIC', () => {
  it('is an ADD whose sandbox is the NIC’s netns, with its MAC, whatever the pod calls it', () => {
    expect(endpointsOf([add()], 101, { ...NIC, name: 'renamed' })).toEqual([WEB]);
  });

  it('is known by the permanent MAC, too, and by the one that the runtime had asked for', () => {
    expect(endpointsOf([add()], 101, { ...NIC, mac: macOf(9) })).toEqual([WEB]);
    expect(endpointsOf([add({ mac: macOf(9) })], 101, { ...NIC, mac: macOf(9) })).toEqual([WEB]);
  });

  it('is known by the name where the runtime was told no MAC, and only there', () => {
    expect(endpointsOf([add({ mac: null })], 101, NIC)).toEqual([WEB]);
    expect(endpointsOf([add({ mac: null })], 101, { ...NIC, name: 'net1' })).toEqual([]);
    expect(endpointsOf([add({ mac: macOf(2) })], 101, NIC)).toEqual([]);
  });

  it.each([undefined, 202])('is none of a pod whose path leads elsewhere (%s), though it had the MAC', (inode) => {
    expect(endpointsOf([add({ inode })], 101, NIC)).toEqual([]);
  });
});

describe('a conclusion', () => {
  it('is that nobody knows, where nobody says anything', () => {
    expect(conclude(SILENCE, UNSAID)).toEqual({ endpoint: null, evidence: [] });
  });

  it.each([
    ['label', { label: WEB }, 'the label of the NIC says default/web-0'],
    ['provider', { provider: WEB }, 'the provider says default/web-0'],
    ['cached', { cached: [WEB] }, 'a runtime says default/web-0'],
  ])('is what one alone says: %s', (_, said, evidence) => {
    expect(conclude({ ...SILENCE, ...said }, UNSAID)).toEqual({ endpoint: WEB, evidence: [evidence] });
  });

  it('has the UID from whoever knows it', () => {
    const cached = [{ ...WEB, uid: 'u-1' }];
    expect(conclude({ ...SILENCE, label: WEB, cached }, UNSAID).endpoint).toEqual({ ...WEB, uid: 'u-1' });
  });

  it.each([
    ['another container', DB],
    ['another owner of the same container', { ...WEB, owner: 'default/db-0' }],
    ['another network', { ...WEB, network: 'other' }],
  ])('is none where a runtime says %s than the label; both are told', (_, other) => {
    const { endpoint, evidence } = conclude({ ...SILENCE, label: WEB, cached: [other] }, UNSAID);
    expect(endpoint).toBeNull();
    expect(evidence).toEqual([
      'the label of the NIC says default/web-0, container c1, network enim, eth0',
      `a runtime says ${other.owner}, container ${other.containerID}, network ${other.network}, eth0`,
      'they disagree',
    ]);
  });

  it('is none where two runtimes remember two of it', () => {
    expect(conclude({ ...SILENCE, cached: [WEB, DB] }, UNSAID).endpoint).toBeNull();
  });

  it('is the one that a human names, of those who disagree', () => {
    const said = { ...SILENCE, label: WEB, cached: [DB] };
    expect(conclude({ ...said, owner: 'default/db-0' }, UNSAID).endpoint).toEqual(DB);
    expect(conclude({ ...said, owner: 'default/web-0' }, UNSAID).endpoint).toEqual(WEB);
    expect(conclude({ ...said, owner: 'default/other' }, UNSAID).endpoint).toBeNull();
    const containers = { ...SILENCE, cached: [WEB, { ...DB, owner: WEB.owner }] };
    expect(conclude({ ...containers, owner: WEB.owner }, UNSAID).endpoint).toBeNull();
  });

  it('is a human’s word where nobody else says anything', () => {
    expect(conclude({ ...SILENCE, owner: 'ops/web' }, UNSAID)).toEqual({
      endpoint: { ...UNSAID, owner: 'ops/web' },
      evidence: ['you say ops/web'],
    });
  });
});
