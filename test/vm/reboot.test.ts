/** A node with emulated PCI cards whose power goes while pods have them, and that starts again. */
import { beforeAll, expect, it } from '@jest/globals';
import type { AddAnswer, GcAnswer } from '../fabric/answers.js';
import { describeInVm, play, type Story, withDisk } from './bed.js';

const VIRTIO = '02:00:5e:10:00:01';
const LATE = '02:00:5e:10:00:02';
const REPEATED = '02:00:5e:10:00:03';

interface HistoryAnswer {
  readonly holdings: readonly { readonly eni: string; readonly owner: string; readonly reason: string | null }[];
}

describeInVm('a reboot of a node with cards in pods', () => {
  let before: Story;
  let after: Story;

  beforeAll(async () => {
    [before, after] = await withDisk(async (disk) => [
      await play('before-reboot', { disk }),
      await play('after-reboot', {
        disk,
        cards: [
          { mac: VIRTIO, model: 'virtio-net-pci', slot: 5 },
          { mac: LATE, model: 'vmxnet3', slot: 6 },
          { mac: REPEATED, model: 'vmxnet3', slot: 7 },
        ],
      }),
    ]);
  });

  it('has all cards at home, and the state that was on the disk when the power went', () => {
    expect(after.answer('boot')).not.toBe(before.answer('boot'));
    for (const mac of [VIRTIO, LATE, REPEATED])
      expect(after.cards('home')[mac]?.name).toBe(before.cards('home')[mac]?.name);
    for (const id of ['ens5', 'ens6', 'ens7'])
      expect(after.eni('list', id)).toMatchObject({ state: 'orphan', link: { name: id, netns: null } });
  });

  it('gives nothing out before it is known to be given back', () => {
    expect(after.step('add-early')).toMatchObject({ code: 3, answer: { error: { code: 'NO_FREE_ENI' } } });
  });

  it('does a late del', () => {
    expect(after.answer('del-late')).toMatchObject({
      returned: [{ eni: 'ens6', link: { name: 'ens6' }, remaining: [] }],
    });
  });

  it('makes the attachment of a container that is started again anew', () => {
    const again = after.answer<AddAnswer>('add-again');
    expect(again.interface.netns).toBe('/run/netns/web-2');
    expect(again.eni.attachment?.since).not.toBe(before.answer<AddAnswer>('add-web-2').eni.attachment?.since);
  });

  it('reclaims by gc what nobody asks for, also a virtio card whose number is a disk’s by now', () => {
    expect(before.cards('home')[VIRTIO]?.parent).toMatch(/^virtio/);
    expect(after.answer('device')).toMatch(/virtio_blk$/);
    expect(after.verdict('gc', 'ens5')).toMatchObject({
      action: 'reclaim',
      done: true,
      reason: expect.stringMatching(/^made before the last boot; NIC is home as ens5/),
    });
    expect(after.cards('freed')[VIRTIO]).toEqual(after.cards('home')[VIRTIO]);
  });

  it('gives them all out again, and keeps what is given out since', () => {
    const given = ['add-again', 'add-web-3', 'add-web-4'].map((step) => after.answer<AddAnswer>(step).eni.id);
    expect(given.sort()).toEqual(['ens5', 'ens6', 'ens7']);
    const verdicts = after.answer<GcAnswer>('gc-again').verdicts;
    expect(verdicts.map(({ action }) => action)).toEqual(['keep', 'keep', 'keep']);
  });

  it('tells in its history who had which, and why no longer', () => {
    const { holdings } = after.answer<HistoryAnswer>('history');
    const ends = holdings.map(({ owner, reason }) => [owner, reason?.split(';')[0] ?? null]);
    expect(ends).toEqual(
      expect.arrayContaining([
        ['default/web-0', 'gc: made before the last boot'],
        ['default/web-1', 'del'],
        ['default/web-2', 'add replaced it'],
        ['default/web-2', null],
        ['default/web-3', null],
        ['default/web-4', null],
      ]),
    );
    expect(ends).toHaveLength(6);
  });
});
