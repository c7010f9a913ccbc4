/** The CNI plugin in the place of host-device, on emulated PCI cards. */
import { beforeAll, expect, it } from '@jest/globals';
import type { CniResult } from '../fabric/cni.js';
import { describeInVm, play, type Story } from './bed.js';

const VMXNET = '02:00:5e:10:00:01';
/** Of the reference plugins. */
const HOST_DEVICE = '/usr/lib/cni/host-device';

const VIRTIO = '02:00:5e:10:00:02';

describeInVm('the CNI plugin with real cards', () => {
  let story: Story;

  beforeAll(async () => {
    story = await play('cni', { programs: [HOST_DEVICE] });
  });

  it('takes a card by its PCI address, in the short form too, and says so in the result', () => {
    const { interfaces } = story.answer<CniResult>('add-pci');
    expect(interfaces).toEqual([
      { name: 'eth0', mac: VMXNET, mtu: 1450, sandbox: '/run/netns/web-0', pciID: '0000:00:08.0' },
    ]);
  });

  it('takes a virtio card by the path of the PCI device that it sits on', () => {
    expect(story.answer<CniResult>('add-path').interfaces).toMatchObject([
      { name: 'eth0', mac: VIRTIO, pciID: '0000:00:09.0' },
    ]);
  });

  it('brings both home as they were, whatever the pod did, also without a netns', () => {
    expect([story.step('del-pci').code, story.step('del-path').code]).toEqual([0, 0]);
    expect(story.cards('after')).toEqual(story.cards('before'));
  });

  it('brings a card home by its label when the state is lost', () => {
    expect(story.answer<CniResult>('add-id').interfaces).toMatchObject([{ mac: VMXNET }]);
    expect(story.step('del-lost').code).toBe(0);
    expect(story.cards('after-lost')[VMXNET]).toMatchObject({ name: 'eth0', mtu: 1450, alias: null });
  });

  it('gives a card that the kernel brought home its name and settings back', () => {
    expect(story.step('del-dead').code).toBe(0);
    expect(story.cards('after-dead')).toEqual(story.cards('after-lost'));
  });

  it('brings home what host-device had moved in, and nothing else', () => {
    for (const name of ['inherit-pci', 'inherit-mac']) story.answer(name);
    expect(story.step('del-other').code).toBe(0);
    expect(Object.keys(story.cards('inherited'))).toEqual([]);
    for (const name of ['del-inherited-pci', 'del-inherited-mac']) expect(story.step(name).code).toBe(0);
    expect(story.cards('after-inherited')).toEqual(story.cards('before-inherited'));
  });
}, [HOST_DEVICE]);
