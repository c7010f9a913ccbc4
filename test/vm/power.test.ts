/** A node whose power goes when an operation has just ended: what is not on the disk by then is lost. */
import { beforeAll, expect, it } from '@jest/globals';
import type { AddAnswer } from '../fabric/answers.js';
import { describeInVm, play, type Story, withDisk } from './bed.js';

const DELETED = '02:00:5e:10:00:01';
const HELD = '02:00:5e:10:00:02';

describeInVm('a power failure at the end of a del', () => {
  let before: Story;
  let after: Story;

  beforeAll(async () => {
    [before, after] = await withDisk(async (disk) => [
      await play('before-power-cut', { disk }),
      await play('after-power-cut', {
        disk,
        cards: [
          { mac: DELETED, model: 'vmxnet3', slot: 5 },
          { mac: HELD, model: 'vmxnet3', slot: 6 },
        ],
      }),
    ]);
  });

  it('comes after both adds and the del have answered', () => {
    expect(before.answer('add-web-0')).toMatchObject({ eni: { id: 'ens5' } });
    expect(before.answer('add-web-1')).toMatchObject({ eni: { id: 'ens6' } });
    expect(before.answer('del')).toMatchObject({ returned: [{ eni: 'ens5', link: { name: 'ens5' }, remaining: [] }] });
  });

  it('leaves a state that can be read, and nothing set aside as damaged', () => {
    expect(after.answer('files')).not.toMatch(/damaged/);
  });

  it('loses no attachment: what was held is an orphan, what was given back is free or about to be', () => {
    expect(after.eni('list', 'ens6')).toMatchObject({ state: 'orphan', attachment: { owner: 'default/web-1' } });
    expect(['free', 'releasing']).toContain(after.eni('list', 'ens5')?.state);
  });

  it('is mended by one gc, and both NICs are as they were', () => {
    expect(after.answer('gc')).toBeDefined();
    for (const id of ['ens5', 'ens6']) expect(after.eni('freed', id)).toMatchObject({ state: 'free' });
    for (const mac of [DELETED, HELD]) expect(after.cards('home')[mac]?.name).toBe(before.cards('home')[mac]?.name);
    const given = ['add-web-2', 'add-web-3'].map((step) => after.answer<AddAnswer>(step).eni.id);
    expect(given.sort()).toEqual(['ens5', 'ens6']);
  });
});
