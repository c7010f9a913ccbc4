/** Emulated PCI cards in netns that nothing keeps alive but the orphaned socket of a process that died with data under way. */
import { beforeAll, expect, it } from '@jest/globals';
import type { AddAnswer } from '../fabric/answers.js';
import { describeInVm, play, type Story } from './bed.js';

const PEER = '02:00:5e:10:00:01';
const WAITING = '02:00:5e:10:00:02';
const FORCED = '02:00:5e:10:00:03';

interface WhereAnswer {
  readonly nics: readonly unknown[];
}

interface HistoryAnswer {
  readonly holdings: readonly { readonly owner: string; readonly reason: string | null }[];
}

interface DrainAnswer {
  readonly drained: boolean;
  readonly enis: readonly unknown[];
}

describeInVm('cards that an orphaned socket holds', () => {
  let story: Story;

  beforeAll(async () => {
    story = await play('socket', {
      cards: [PEER, WAITING, FORCED].map((mac, index) => ({ mac, model: 'virtio-net-pci', slot: 8 + index })),
    });
  });

  it('are in no netns that can be reached', () => {
    expect(story.cards('nowhere')).toEqual({});
    for (const id of ['eth1', 'eth2']) expect(story.eni('list', id)).toMatchObject({ state: 'missing', link: null });
  });

  it('are known to be plugged in, and by what they may be held', () => {
    expect(story.answer<WhereAnswer>('where').nics).toMatchObject([
      {
        ...{ eni: 'eth1', mac: WAITING, pciAddress: '0000:00:09.0', driver: 'virtio_net', at: 'unreachable' },
        record: { owner: 'default/web-1', phase: 'attached' },
        note: expect.stringContaining('held perhaps by a socket'),
      },
    ]);
    expect(story.answer('where-text')).toContain('in no network namespace that can be reached');
  });

  it('stay with their dead pods in spite of gc and del, which say what they see', () => {
    const unreachable = expect.stringMatching(/is plugged in at virtio\d+, but in no netns that can be reached/);
    expect(story.step('gc')).toMatchObject({ code: 1, answer: { error: { details: [unreachable, unreachable] } } });
    expect(story.step('del-stuck')).toMatchObject({
      code: 1,
      answer: {
        error: {
          code: 'LINK_LOST',
          message: unreachable,
          details: [expect.stringMatching(/socket/), expect.stringMatching(/--force-rebind/)],
        },
      },
    });
  });

  it('are given to nobody meanwhile', () => {
    expect(story.step('add-refused')).toMatchObject({ code: 3, answer: { error: { code: 'NO_FREE_ENI' } } });
  });

  it('come home by their driver where that is forced', () => {
    expect(story.answer('del-forced')).toMatchObject({
      returned: [{ eni: 'eth2', link: { name: 'eth2' }, remaining: [] }],
    });
    expect(story.eni('list-back', 'eth2')).toMatchObject({ state: 'free', link: { name: 'eth2', netns: null } });
  });

  it('keep a drain from its end, which says where they are, and waits for nothing else', () => {
    const { code, answer } = story.step('drain') as { code: number; answer: DrainAnswer };
    expect([code, answer.drained]).toEqual([1, false]);
    expect(answer.enis).toMatchObject([
      { eni: 'eth0', state: 'used', holder: { owner: 'default/web-0' } },
      {
        ...{ eni: 'eth1', state: 'releasing', link: null, holder: { owner: 'default/web-1' } },
        reason: expect.stringMatching(/FAILED: .*plugged in at virtio\d+, but in no netns that can be reached/),
      },
      { eni: 'eth2', state: 'home', link: { name: 'eth2' } },
    ]);
    expect(story.step('drain-check')).toMatchObject({
      answer: { enis: [{ state: 'used' }, { eni: 'eth1', state: 'home' }, { state: 'home' }] },
    });
  });

  it('come home by themselves when the socket has ended, and then gc makes them what they were', () => {
    expect(story.eni('list-back', 'eth1')).toMatchObject({ state: 'releasing', link: { name: 'eth0', netns: null } });
    expect(story.verdict('gc-back', 'eth1')).toMatchObject({ action: 'reclaim', done: true });
    expect(story.cards('after')[WAITING]).toEqual(story.cards('before')[WAITING]);
  });

  it('are given out again, each to one at a time', () => {
    expect(story.answer<AddAnswer>('add-after').eni.id).toBe('eth2');
    const { holdings } = story.answer<HistoryAnswer>('history');
    expect(holdings.map(({ owner, reason }) => `${owner}: ${reason}`)).toEqual([
      'default/web-0: null',
      'default/web-2: del',
      expect.stringMatching(/^default\/web-1: gc: its release was interrupted/),
      'default/web-3: null',
    ]);
  });
});
