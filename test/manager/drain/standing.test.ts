import { describe, expect, it } from '@jest/globals';
import { isHome, judgeStanding } from '../../../src/manager/drain/standing.js';
import type { Collected } from '../../../src/manager/gc/finding.js';
import type { Known } from '../../../src/manager/known.js';
import type { Whereabouts } from '../../../src/manager/locate.js';
import { BY_HAND } from '../../../src/model/attachment.js';
import { formatLabel } from '../../../src/model/label.js';
import type { Link } from '../../../src/model/link.js';
import { macOf, sampleAttachment, sampleEndpoint, sampleEni, sampleLink } from '../../model/samples.js';

const NETNS = { path: '/run/netns/web-0', inode: 101 };
const home = (overrides: Partial<Link> = {}): Whereabouts => ({ at: 'home', link: sampleLink(overrides) });
const AWAY: Whereabouts = { at: 'netns', netns: NETNS, link: sampleLink({ name: 'eth0' }) };
const NOWHERE: Whereabouts = { at: 'nowhere' };
const UNCLEAR: Whereabouts = { at: 'unclear', message: 'several links fit', sightings: [] };

const free = (eni = sampleEni(1)): Known => ({
  ...{ eni, holder: null, since: null, releasedAt: null, attachment: undefined },
});
const held = (overrides: Partial<Known> = {}): Known => ({ ...free(), holder: sampleEndpoint(), ...overrides });
const attached = (overrides: Parameters<typeof sampleAttachment>[0] = {}): Known =>
  held({ attachment: sampleAttachment(overrides) });

const verdict = (overrides: Partial<Collected>): Collected => ({
  ...{ eni: 'eni-1', action: 'keep', reason: 'netns alive', done: false, error: null, remaining: [] },
  ...overrides,
});

const stateOf = (...args: Parameters<typeof judgeStanding>): string => judgeStanding(...args).state;

describe('an ENI is proved to be home', () => {
  it('only if its NIC was seen at home as it should be, and nobody holds it', () => {
    const standing = judgeStanding(free(), home(), undefined);
    expect(standing).toEqual({
      ...{ eni: 'eni-1', mac: macOf(1), state: 'home', link: { name: 'eni1', netns: null }, holder: null },
      reason: 'NIC is home as eni1',
    });
    expect(isHome(standing)).toBe(true);
  });

  it.each([
    ['a NIC at home that a record still speaks of', attached(), home()],
    ['one at home that the provider has given to somebody', held(), home()],
    ['one at home that is held by hand', held({ holder: sampleEndpoint({ network: BY_HAND }) }), home()],
    ['one in a netns that nobody speaks of', free(), AWAY],
    ['one that is nowhere to be seen', free(), NOWHERE],
    ['one that two links fit', free(), UNCLEAR],
  ])('never for %s', (_, known, where) => {
    expect(isHome(judgeStanding(known, where, undefined))).toBe(false);
  });

  it('nor for one in another slot, of which it says where it is', () => {
    const misplaced = 'the NIC with its MAC is ens9 at 0000:00:09.0, not at 0000:00:05.0';
    expect(judgeStanding(free(), { at: 'nowhere', misplaced }, undefined)).toMatchObject({
      ...{ state: 'missing', reason: misplaced },
    });
  });

  it.each([
    ['the label of a pod', { alias: formatLabel('eni-1', 'eni1', sampleEndpoint()) }, /label/],
    ['another MAC', { mac: macOf(9) }, new RegExp(`MAC is ${macOf(9)}, not ${macOf(1)}`)],
    ['another name than the inventory says', { name: 'dev7' }, /name is dev7, not eni1/],
  ])('nor for one at home that has %s', (_, overrides, says) => {
    const standing = judgeStanding(free(sampleEni(1, { ifname: 'eni1' })), home(overrides), undefined);
    expect(standing).toMatchObject({ state: 'unrestored', reason: expect.stringMatching(says) });
  });

  it('also where the inventory says no name, or gc has just brought it home', () => {
    expect(stateOf(free(), home({ name: 'dev7' }), undefined)).toBe('home');
  });
});

describe('what is not home', () => {
  it('is used while gc keeps it, with whose it is and why', () => {
    expect(judgeStanding(attached(), AWAY, verdict({}))).toEqual({
      ...{ eni: 'eni-1', mac: macOf(1), state: 'used', link: { name: 'eth0', netns: NETNS.path } },
      holder: { owner: 'default/web-0', network: 'enim', containerID: 'c1', ifname: 'eth0' },
      reason: 'netns alive',
    });
  });

  it('is an orphan where gc takes its pod for dead, and says what kept it from coming home', () => {
    const dead = verdict({ action: 'reclaim', reason: 'netns gone', error: 'the card hangs' });
    expect(judgeStanding(attached(), AWAY, dead)).toMatchObject({
      ...{ state: 'orphan', reason: 'netns gone; FAILED: the card hangs' },
    });
  });

  it.each([
    ['releasing', attached({ phase: 'releasing' }), AWAY],
    ['missing', attached(), NOWHERE],
    ['unclear', attached(), UNCLEAR],
    ['by-hand', held({ holder: sampleEndpoint({ network: BY_HAND }) }), home()],
    ['orphan', held(), home()],
    ['orphan', free(), AWAY],
    ['missing', free(), NOWHERE],
  ])('is %s as what is known of it says', (state, known, where) => {
    expect(stateOf(known, where, undefined)).toBe(state);
  });
});
