import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Whereabouts } from '../../src/manager/locate.js';
import {
  describe as describeWhere,
  type Evidence,
  judgeAttachment,
  judgeHolding,
  judgeLeftover,
} from '../../src/manager/verdict.js';
import type { Phase } from '../../src/model/attachment.js';
import { sampleAttachment, sampleEndpoint, sampleLink } from '../model/samples.js';

const RECORDED = { path: '/run/netns/web-0', inode: 101 };
const WHERE = {
  in: { at: 'netns', netns: RECORDED, link: sampleLink({ name: 'eth0' }) },
  home: { at: 'home', link: sampleLink({ name: 'eni1' }) },
  elsewhere: { at: 'netns', netns: { path: '/run/netns/other', inode: 202 }, link: sampleLink({ name: 'eth0' }) },
  nowhere: { at: 'nowhere' },
  unclear: { at: 'unclear', message: 'several links have it: a, b', sightings: [] },
} as const satisfies Record<string, Whereabouts>;

type Place = keyof typeof WHERE;
const PHASES: readonly Phase[] = ['attaching', 'attached', 'releasing'];
const PLACES = Object.keys(WHERE) as Place[];
const PATHS: readonly Evidence['netns'][] = ['same', 'another', 'gone'];

interface Case {
  readonly boot?: boolean;
  readonly phase?: Phase;
  readonly netns?: Evidence['netns'];
  readonly process?: boolean;
  readonly withdrawn?: Evidence['withdrawn'];
  readonly where: Place;
}

function judge({ boot = true, phase = 'attached', netns = 'same', process = true, withdrawn = null, where }: Case) {
  return judgeAttachment(sampleAttachment({ phase, netns: RECORDED }), {
    ...{ bootID: boot ? 'boot-1' : 'boot-2', netns, pids: process ? [4711] : [], where: WHERE[where], withdrawn },
  });
}

describe('the verdict on an attachment', () => {
  /** netns alive: by phase (down) and place of the NIC (across). */
  it.each<[Phase, Record<Place, string>]>([
    ['attaching', { in: 'skip', home: 'reclaim', elsewhere: 'skip', nowhere: 'skip', unclear: 'skip' }],
    ['attached', { in: 'keep', home: 'reclaim', elsewhere: 'skip', nowhere: 'skip', unclear: 'skip' }],
    ['releasing', { in: 'reclaim', home: 'reclaim', elsewhere: 'reclaim', nowhere: 'reclaim', unclear: 'skip' }],
  ])('whose netns is alive, %s, is %j', (phase, expected) => {
    for (const process of [true, false]) {
      expect(Object.fromEntries(PLACES.map((where) => [where, judge({ phase, where, process }).action]))).toEqual(
        expected,
      );
    }
  });

  it.each<[Phase, Record<Place, string>]>([
    ['attaching', { in: 'reclaim', home: 'reclaim', elsewhere: 'skip', nowhere: 'reclaim', unclear: 'skip' }],
    ['attached', { in: 'reclaim', home: 'reclaim', elsewhere: 'skip', nowhere: 'reclaim', unclear: 'skip' }],
    ['releasing', { in: 'reclaim', home: 'reclaim', elsewhere: 'reclaim', nowhere: 'reclaim', unclear: 'skip' }],
  ])('whose netns has no path and no process, %s, is %j', (phase, expected) => {
    for (const netns of ['gone', 'another'] as const) {
      expect(
        Object.fromEntries(PLACES.map((where) => [where, judge({ phase, where, netns, process: false }).action])),
      ).toEqual(expected);
    }
  });

  it('whose netns has lost its path alone is to be kept while the NIC and a process are in it', () => {
    for (const netns of ['gone', 'another'] as const) {
      for (const phase of ['attaching', 'attached'] as const) {
        expect(Object.fromEntries(PLACES.map((where) => [where, judge({ netns, phase, where }).action]))).toEqual({
          ...{ in: 'keep', home: 'reclaim', elsewhere: 'skip', nowhere: 'reclaim', unclear: 'skip' },
        });
      }
    }
  });

  it('of an earlier boot is to be reclaimed whatever the paths say now (containernetworking/plugins#1196)', () => {
    for (const phase of PHASES) {
      for (const netns of PATHS) {
        for (const where of ['in', 'home', 'nowhere'] as const)
          expect(judge({ boot: false, phase, netns, where }).action).toBe('reclaim');
      }
    }
  });

  it('is never made where it cannot be told which NIC is meant', () => {
    for (const phase of PHASES)
      for (const boot of [true, false]) expect(judge({ boot, phase, where: 'unclear' }).action).toBe('skip');
  });

  it.each<[Case, string]>([
    [{ where: 'in' }, 'netns /run/netns/web-0 alive (pid 4711); NIC is in it as eth0'],
    [{ where: 'in', process: false }, 'netns /run/netns/web-0 alive (no process); NIC is in it as eth0'],
    [{ where: 'home' }, 'netns /run/netns/web-0 alive (pid 4711), but the NIC is not in it; NIC is home as eni1'],
    [{ where: 'home', phase: 'attaching' }, 'its add was interrupted; NIC is home as eni1'],
    [{ where: 'home', netns: 'gone', process: false }, 'netns /run/netns/web-0 is gone; NIC is home as eni1'],
    [
      { where: 'nowhere', netns: 'another', process: false },
      'netns /run/netns/web-0 was replaced by another; NIC is nowhere on this node',
    ],
    [
      { where: 'in', netns: 'gone' },
      'netns /run/netns/web-0 is gone, but pid 4711 runs in it; NIC is in /run/netns/web-0 as eth0',
    ],
    [
      { where: 'in', netns: 'gone', process: false },
      'netns /run/netns/web-0 is gone, no process is in it; NIC is in /run/netns/web-0 as eth0',
    ],
    [{ where: 'home', boot: false }, 'made before the last boot; NIC is home as eni1'],
    [{ where: 'in', phase: 'releasing' }, 'its release was interrupted; NIC is in /run/netns/web-0 as eth0'],
    [{ where: 'unclear' }, 'several links have it: a, b'],
    [{ where: 'elsewhere' }, 'netns /run/netns/web-0 alive (pid 4711), but NIC is in /run/netns/other as eth0'],
  ])('says its grounds: %j', (evidence, reason) => {
    expect(judge(evidence).reason).toBe(reason);
  });

  const anything = fc.record({
    boot: fc.boolean(),
    phase: fc.constantFrom(...PHASES),
    netns: fc.constantFrom(...PATHS),
    process: fc.boolean(),
    where: fc.constantFrom(...PLACES),
  });

  it('never is to reclaim what a living pod has', () => {
    fc.assert(
      fc.property(anything, (evidence) => {
        const alive = evidence.boot && evidence.netns === 'same' && evidence.phase === 'attached';
        if (alive && evidence.where === 'in') expect(judge(evidence).action).toBe('keep');
      }),
    );
  });

  it('never is to reclaim on one witness alone (amazon-vpc-cni-k8s#1967)', () => {
    fc.assert(
      fc.property(anything, (evidence) => {
        if (judge(evidence).action !== 'reclaim') return;
        if (!evidence.boot || evidence.phase === 'releasing' || evidence.where === 'home') return;
        // That a path is missing says nothing while the NIC is in the netns with a process.
        expect(evidence.netns).not.toBe('same');
        if (evidence.where === 'in') expect(evidence.process).toBe(false);
      }),
    );
  });

  it('always has grounds', () => {
    fc.assert(
      fc.property(anything, (evidence) => {
        const { reason } = judge(evidence);
        if (evidence.where === 'in') expect(reason).toMatch(/NIC is in|its add was interrupted/);
        else expect(reason).toContain(describeWhere(WHERE[evidence.where]));
      }),
    );
  });
});

describe('the verdict on what the provider gives up', () => {
  const FATES = ['there', 'gone', 'unknown'] as const;
  const byFate = (judged: (withdrawn: NonNullable<Evidence['withdrawn']>) => { readonly action: string }) =>
    FATES.map((pod) => judged({ reason: 'deleted', pod }).action);

  it('takes a NIC out of a netns that is alive only if the pod is gone and no process runs there', () => {
    for (const phase of ['attached', 'attaching'] as const) {
      const calm = phase === 'attached' ? 'keep' : 'skip';
      const actions = (process: boolean) => byFate((withdrawn) => judge({ phase, where: 'in', process, withdrawn }));
      expect(actions(false)).toEqual([calm, 'reclaim', calm]);
      expect(actions(true)).toEqual([calm, calm, calm]);
    }
  });

  it('changes nothing for a NIC in another netns than its pod’s, and none where several fit', () => {
    for (const where of ['elsewhere', 'nowhere', 'unclear'] as const)
      expect(byFate((withdrawn) => judge({ where, process: false, withdrawn }))).toEqual(['skip', 'skip', 'skip']);
  });

  it('says why it is kept', () => {
    const reason = (pod: (typeof FATES)[number]) =>
      judge({ where: 'in', withdrawn: { reason: 'deleted', pod } }).reason;
    expect(FATES.map((pod) => reason(pod).replace(/.*although /, ''))).toEqual([
      'deleted: its pod is there',
      'deleted: something runs in it',
      'deleted: no UID tells which pod it was for',
    ]);
  });

  it('frees what is held by hand once its pod is not there, and only if the NIC is in no netns', () => {
    const actions = (where: Place) => byFate((withdrawn) => judgeHolding(sampleEndpoint(), WHERE[where], withdrawn));
    expect([actions('home'), actions('nowhere')]).toEqual(Array(2).fill(['keep', 'reclaim', 'reclaim']));
    expect([actions('in'), actions('unclear')]).toEqual(Array(2).fill(['keep', 'skip', 'skip']));
  });

  it('lets go of an endpoint without an ENI, unless a NIC is labelled for it, or another agent’s pod is there', () => {
    const actions = (network: string, carrier: typeof WHERE.in | null) =>
      byFate((withdrawn) => judgeLeftover(sampleEndpoint({ network }), withdrawn, carrier));
    expect(actions('enim', null)).toEqual(['reclaim', 'reclaim', 'reclaim']);
    expect(actions('by-hand', null)).toEqual(['skip', 'reclaim', 'reclaim']);
    expect(actions('enim', WHERE.in)).toEqual(['skip', 'skip', 'skip']);
  });
});
