/** Emulated PCI cards that are plugged, and named by a real udev, while adds are at work. */
import { beforeAll, expect, it } from '@jest/globals';
import type { AddAnswer, GcAnswer } from '../fabric/answers.js';
import { describeInVm, play, type Story } from './bed.js';

const A = '02:00:5e:10:00:01';
const B = '02:00:5e:10:00:02';
const PODS = ['web-0', 'web-1', 'web-2', 'web-3'];

describeInVm('cards that are plugged during an add', () => {
  let story: Story;
  const macsIn = (pod: string): string[] => Object.keys(story.cards(`pod-${pod}`));

  beforeAll(async () => {
    story = await play('plugging');
  });

  it('says of a card that is not there yet that it is not', () => {
    expect(story.step('add-absent')).toMatchObject({
      code: 4,
      answer: { error: { code: 'NOT_THERE', message: `ENI b: no device with MAC ${B} is at home.` } },
    });
  });

  it('moves and labels the right one although udev renames it meanwhile, and another gets its name', () => {
    expect(story.cards('rival')).toEqual({ [B]: expect.objectContaining({ name: 'eth0', alias: null }) });
    expect(story.answer<AddAnswer>('add-named')).toMatchObject({ eni: { id: 'a' }, mac: A });
    expect(story.cards('pod-web-0')).toEqual({
      [A]: expect.objectContaining({ name: 'eth0', alias: expect.stringContaining('enim:eni=a;') }),
    });
  });

  it('gives out each of those that come while adds ask for whatever there is', () => {
    const macs = PODS.flatMap(macsIn);
    expect(macs.sort()).toEqual([A, B, '02:00:5e:10:00:03', '02:00:5e:10:00:04']);
    for (const id of ['a', 'b', 'c', 'd']) expect(story.eni('list', id)?.state).toBe('used');
  });

  it('leaves nothing to be mended', () => {
    const { verdicts } = story.answer<GcAnswer>('gc');
    expect(verdicts.map(({ action }) => action)).toEqual(PODS.map(() => 'keep'));
  });
});
