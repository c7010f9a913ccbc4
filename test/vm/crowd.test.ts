/** Twenty emulated PCI cards for twenty pods, which come and go at the same time. */
import { beforeAll, expect, it } from '@jest/globals';
import type { AddAnswer, GcAnswer } from '../fabric/answers.js';
import { describeInVm, play, type Story } from './bed.js';

const COUNT = 20;
const NUMBERS = [...Array(COUNT).keys()];
/** In every fourth pod a process lives on for a while. */
const LIVING = NUMBERS.filter((number) => number % 4 === 0);

interface HistoryAnswer {
  readonly holdings: readonly {
    readonly eni: string;
    readonly owner: string;
    readonly to: string | null;
    readonly reason: string | null;
  }[];
}

describeInVm(`${COUNT} cards for ${COUNT} pods at once`, () => {
  let story: Story;
  const added = (): readonly AddAnswer[] => NUMBERS.map((number) => story.answer<AddAnswer>(`add-${number}`));

  beforeAll(async () => {
    story = await play('crowd', {
      cards: NUMBERS.map((number) => ({
        mac: `02:00:5e:10:00:${(number + 1).toString(16).padStart(2, '0')}`,
        model: number % 2 === 0 ? 'vmxnet3' : 'virtio-net-pci',
        slot: 8 + number,
      })),
      mebibytes: 2048,
    });
  });

  it('gives each pod a card of its own', () => {
    const macs = [...story.answer<string>('pods').matchAll(/link\/ether (\S+)/g)].map(([, mac]) => mac);
    expect(macs).toEqual(added().map(({ mac }) => mac));
    expect(new Set(macs).size).toBe(COUNT);
    expect(new Set(added().map(({ eni }) => eni.id)).size).toBe(COUNT);
  });

  it('reclaims by gc the cards of the dead, all at once, and leaves them alone in which a process lives', () => {
    const { verdicts } = story.answer<GcAnswer>('gc');
    const living = LIVING.map((number) => added()[number]?.eni.id);
    const kept = verdicts.filter(({ action }) => action === 'keep').map(({ eni }) => eni);
    expect(kept.sort()).toEqual(living.sort());
    expect(verdicts.filter(({ action, done }) => action === 'reclaim' && done)).toHaveLength(COUNT - LIVING.length);
  });

  it('reclaims the others when their processes are dead as well', () => {
    const { verdicts } = story.answer<GcAnswer>('gc-rest');
    expect(verdicts.map(({ action, done }) => `${action} ${done}`)).toEqual(LIVING.map(() => 'reclaim true'));
  });

  it('has all cards at home under their own names and as they were, although each came home as eth0 or devN', () => {
    expect(Object.keys(story.cards('before'))).toHaveLength(COUNT);
    expect(story.cards('after')).toEqual(story.cards('before'));
  });

  it('tells in its history of one owner for each ENI', () => {
    const { holdings } = story.answer<HistoryAnswer>('history');
    const told = holdings.map(({ eni, owner }) => `${eni} ${owner}`).sort();
    expect(told).toEqual(
      added()
        .map(({ eni }) => `${eni.id} ${eni.attachment?.owner}`)
        .sort(),
    );
    for (const { to, reason } of holdings)
      expect([typeof to, reason]).toEqual(['string', expect.stringMatching(/^gc: /)]);
  });
});
