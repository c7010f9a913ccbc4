/** What udev does to emulated PCI cards, with and without the drop-ins of "install --unmanaged". */
import { beforeAll, expect, it } from '@jest/globals';
import { describeInVm, play, type Story } from './bed.js';

const ENI = '02:00:5e:10:00:01';
const OTHER = '02:00:5e:10:00:02';

describeInVm('an ENI with the drop-ins of install', () => {
  let story: Story;

  beforeAll(async () => {
    story = await play('unmanaged');
  });

  it('gets its usual name from udev, and no altname, while other cards get theirs', () => {
    const cards = story.cards('before');
    expect(cards[ENI]).toMatchObject({ name: 'ens8', altnames: [] });
    expect(cards[OTHER]).toMatchObject({ name: 'ens9', altnames: [expect.stringMatching(/^enp/)] });
  });

  it('comes home from a dead pod without the altname that refuses its old name (sriov-cni#250)', () => {
    const cards = story.cards('returned');
    expect(cards[ENI]).toMatchObject({ name: 'pod-ens8', altnames: [] });
    expect(cards[OTHER]).toMatchObject({ name: 'pod-ens9', altnames: expect.arrayContaining(['ens9']) });
  });
});
