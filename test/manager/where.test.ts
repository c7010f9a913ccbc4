import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import type { NicView } from '../../src/manager/where/view.js';
import { where } from '../../src/manager/where/where.js';
import { readWord } from '../../src/manager/where/word.js';
import { macOf, sampleEni } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

/** Each NIC that is found, a line each: ENI, name and place, owner, note, what to do next. */
async function find(machine: Machine, word: string): Promise<string[]> {
  return (await where(machine.parts(), word)).map(line);
}

function line({ eni, at, link, netns, record, note, next }: NicView): string {
  const place = netns === null ? at : netns.paths.map(({ path, deleted }) => `${path}${deleted ? '-' : ''}`).join('+');
  return [eni ?? '-', `${link?.name ?? '-'}@${place}`, record?.owner ?? '-', note ?? '-', next ?? '-'].join(' | ');
}

/** Takes the card out of home. */
function takeOut(machine: Machine, name: string): void {
  const home = machine.kernel.in(1);
  home.splice(
    home.findIndex((device) => device.name === name),
    1,
  );
}

const DEL = 'enim del default/web-0 --container-id c0';

describe('where', () => {
  it.each(['eni-1', '02:E0:00:00:00:01', '02e000000001', 'ens1', 'enp0s1', '0000:00:11.0', '00:11.0'])(
    'finds a card at home by %s',
    async (word) => {
      const machine = nodeWith(2);
      expect(await find(machine, word)).toEqual(['eni-1 | ens1@home | - | - | -']);
      expect(machine.calls).not.toContain('netns.holders');
    },
  );

  it.each(['eni-1', '02-e0-00-00-00-01', 'ens1', 'eth0', '00:11.0', 'default/web-0', 'c0'])(
    'finds a card in a pod by %s',
    async (word) => {
      const machine = nodeWith(2);
      machine.addPod('web-0');
      await addTo(machine);
      expect(await find(machine, word)).toEqual([`eni-1 | eth0@/run/netns/web-0 | default/web-0 | - | ${DEL}`]);
    },
  );

  it('says all that is known of it', async () => {
    const machine = nodeWith(1);
    const { path, inode } = machine.addPod('web-0', 4711);
    const { attachment } = await addTo(machine);
    const descriptors = [{ pid: 811, command: 'shim', fd: 7 }];
    machine.descriptors.set(inode, descriptors);
    expect(await where(machine.parts(), 'eni-1')).toEqual([
      {
        ...{ eni: 'eni-1', mac: macOf(1), busAddress: '0000:00:11.0', pciAddress: '0000:00:11.0', driver: null },
        ...{ at: 'netns', link: { name: 'eth0', ifindex: 11, up: true }, note: null, next: DEL },
        netns: {
          inode,
          paths: [{ path, deleted: false }],
          processes: [{ pid: 4711, command: 'command-4711' }],
          descriptors,
        },
        record: {
          ...{ owner: 'default/web-0', containerID: 'c0', ifname: 'eth0', network: 'enim', phase: 'attached' },
          ...{ since: attachment.since, netns: { path, inode } },
        },
        label: { eni: 'eni-1', home: 'ens1', endpoint: expect.objectContaining({ owner: 'default/web-0' }) },
      },
    ]);
  });

  it('looks at home once, and into no other netns than the recorded one, for an ENI', async () => {
    const machine = nodeWith(3);
    machine.addPod('web-0');
    machine.addPod('other');
    await addTo(machine);
    for (const word of ['eni-1', macOf(1), 'default/web-0', '00:11.0']) {
      machine.calls.length = 0;
      await find(machine, word);
      const count = (call: string): number => machine.calls.filter((each) => each === call).length;
      expect([count('links.lookHome'), count('links.lookInto'), count('netns.findAll')]).toEqual([1, 1, 0]);
    }
  });

  it('shows the recorded path of a netns as deleted when it is gone', async () => {
    const machine = nodeWith(1);
    const { path, inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.paths.delete(path);
    machine.kernel.paths.set('/proc/4000/ns/net', inode);
    expect(await find(machine, 'eni-1')).toEqual([`eni-1 | eth0@/run/netns/web-0- | default/web-0 | - | ${DEL}`]);
  });

  it('says which interface is meant where a container has several', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    await addTo(machine, { ifname: 'eth1' });
    expect((await where(machine.parts(), 'default/web-0')).map(({ next }) => next)).toEqual([
      `${DEL} --ifname eth0`,
      `${DEL} --ifname eth1`,
    ]);
  });

  it('shows all that a word can mean: an ENI ID, and a link of the same name', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.addDevice({ name: 'eni-1', mac: macOf(77), kind: 'dummy' });
    expect(await find(machine, 'eni-1')).toEqual([
      `eni-1 | eth0@/run/netns/web-0 | default/web-0 | - | ${DEL}`,
      '- | eni-1@home | - | - | -',
    ]);
  });

  it('shows all links of one name, and how to look at one that is no ENI', async () => {
    const machine = nodeWith(1);
    const other = machine.addPod('other');
    machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.addDevice({ name: 'eth0', mac: macOf(77), kind: 'dummy' }, other.inode);
    expect(await find(machine, 'eth0')).toEqual([
      '- | eth0@/run/netns/other | - | - | nsenter --net=/run/netns/other ip -d address show dev eth0',
      `eni-1 | eth0@/run/netns/web-0 | default/web-0 | - | ${DEL}`,
    ]);
  });

  it('finds an owner by the labels where the records are lost', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    await addTo(machine);
    machine.attachments.clear();
    machine.allocations = {};
    const expected = ['eni-1 | eth0@/run/netns/web-0 | - | away from home without a record | enim gc'];
    expect(await find(machine, 'default/web-0')).toEqual(expected);
    expect(await find(machine, 'eni-1')).toEqual(expected);
  });

  it('finds a container by the start of its ID, also as the list shows it, and where its record is lost', async () => {
    const containerID = 'aaaaaaaaaaaa0bc1d2';
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine, { containerID });
    const found = `eni-1 | eth0@/run/netns/web-0 | default/web-0 | - | enim del default/web-0 --container-id ${containerID}`;
    for (const word of ['aaaaaa', 'aaaaaaaaaaaa', 'aaaaaaaa…', containerID])
      expect(await find(machine, word)).toEqual([found]);
    expect(await enimErrorOf(() => find(machine, 'aaaaa'))).toMatchObject({ code: 'NOT_THERE' });
    machine.attachments.clear();
    machine.allocations = {};
    expect(await find(machine, 'aaaaaaaaaaaa')).toEqual([
      'eni-1 | eth0@/run/netns/web-0 | - | away from home without a record | enim gc',
    ]);
  });

  it('says what is odd about the record', async () => {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    const other = machine.addPod('other');
    const { attachment } = await addTo(machine);
    const [card] = machine.kernel.in(inode).splice(1);
    if (card === undefined) throw new Error('The card is not in the pod.');
    machine.kernel.in(other.inode).push(card);
    expect(await find(machine, 'eni-1')).toEqual([
      `eni-1 | eth0@/run/netns/other | default/web-0 | not in the netns of its pod, /run/netns/web-0 (${inode}) | ${DEL}`,
    ]);
    machine.kernel.in(other.inode).splice(1);
    machine.kernel.in(1).push(card);
    const home = (note: string) => [`eni-1 | eth0@home | default/web-0 | ${note} | enim gc`];
    expect(await find(machine, 'eni-1')).toEqual(home('at home although it is recorded as attached'));
    await machine.parts().store.put({ ...attachment, phase: 'releasing' });
    expect(await find(machine, 'eni-1')).toEqual(home('on its way home, or its release was interrupted'));
    await machine.parts().store.put({ ...attachment, phase: 'attaching' });
    expect(await find(machine, 'eni-1')).toEqual(home('being attached, or its add was interrupted'));
    machine.bootID = 'boot-2';
    expect(await find(machine, 'eni-1')).toEqual(home('recorded before the last boot'));
  });

  it('says how to free what is held by hand', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/mine', null);
    expect(await find(machine, 'default/mine')).toEqual([
      'eni-1 | ens1@home | default/mine | held by hand | enim provider release default/mine',
    ]);
  });

  it('looks again at a NIC that was on its way', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    const [card] = machine.kernel.in(inode).splice(1);
    machine.onSleep = () => {
      if (card !== undefined) machine.kernel.in(1).push(card);
      machine.attachments.clear();
      machine.allocations = {};
    };
    expect(await find(machine, 'eni-1')).toEqual(['eni-1 | eth0@home | - | - | -']);
  });

  describe('of a card that is in no netns that can be reached (sriov-cni#349)', () => {
    it('says that it is plugged in, and who has it by the record', async () => {
      const machine = nodeWith(1);
      const { inode } = machine.addPod('web-0');
      await addTo(machine);
      machine.kernel.in(inode).splice(1);
      expect(await find(machine, 'eni-1')).toEqual([
        'eni-1 | -@unreachable | default/web-0 | held perhaps by a socket, or by a process that cannot be seen from here | lsns --type net',
      ]);
    });

    it('says which driver keeps it from having an interface', async () => {
      const machine = nodeWith(1);
      takeOut(machine, 'ens1');
      machine.hardware.set('0000:00:11.0', { driver: 'vfio-pci', hasLink: false });
      const said = 'it has no network interface: the driver vfio-pci is bound to it | lsns --type net';
      expect(await find(machine, '00:11.0')).toEqual([`- | -@unreachable | - | ${said}`]);
    });

    it('does not take another card in its slot for it', async () => {
      const machine = nodeWith(1);
      const { inode } = machine.addPod('web-0');
      await addTo(machine);
      machine.kernel.in(inode).splice(1);
      machine.kernel.addDevice({ name: 'ens9', mac: macOf(9), bus: '0000:00:11.0' });
      expect(await enimErrorOf(() => find(machine, 'eni-1'))).toMatchObject({ code: 'NOT_THERE', hint: DEL });
    });
  });

  it('finds a virtio card by its PCI address', async () => {
    const machine = nodeWith(0);
    machine.inventory.push(sampleEni(5));
    machine.bus.add('virtio3').add('0000:00:07.0');
    machine.hardware.set('0000:00:07.0', { virtio: 'virtio3' });
    machine.kernel.addDevice({ name: 'ens7', mac: macOf(5), bus: 'virtio3' });
    for (const word of ['00:07.0', 'virtio3']) {
      expect(await find(machine, word)).toEqual(['eni-5 | ens7@home | - | - | -']);
    }
  });

  it('says what it cannot tell apart', async () => {
    const machine = nodeWith(1);
    machine.kernel.addDevice({ name: 'twin', mac: macOf(1) });
    const note = `several links have the MAC ${macOf(1)} of ENI eni-1: ens1, twin | enim config get static.enis`;
    expect(await find(machine, 'eni-1')).toEqual([
      `eni-1 | ens1@home | - | ${note}`,
      `eni-1 | twin@home | - | ${note}`,
    ]);
  });

  it.each([
    ['eni-9', '"eni-9" is not on this machine'],
    [macOf(9), `No NIC on this machine has the MAC ${macOf(9)}.`],
    ['bbbbbbbbbbbb', 'has the MAC bb:bb:bb:bb:bb:bb, and no container that has an ENI an ID that begins so.'],
    ['00:1f.7', 'Nothing is plugged in at 0000:00:1f.7.'],
    ['default/none', 'default/none holds no ENI on this machine.'],
    ['an-id-that-is-longer-than-names-of-interfaces', 'is not on this machine'],
  ])('knows no %s', async (word, says) => {
    const error = await enimErrorOf(() => find(nodeWith(1), word));
    expect(error).toMatchObject({ code: 'NOT_THERE', exitCode: 4, hint: 'enim list' });
    expect(error.message).toContain(says);
  });

  it('says of an ENI that has gone whose it is', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.in(inode).splice(1);
    machine.bus.clear();
    expect(await enimErrorOf(() => find(machine, 'eni-1'))).toMatchObject({
      ...{ code: 'NOT_THERE', hint: DEL, details: ['eni-1: held for default/web-0, container c0, as eth0'] },
      message: `ENI eni-1 (${macOf(1)}) is not on this machine: no device is in any netns or on the bus.`,
    });
  });

  it('finds the card of an ENI in another slot than the inventory says', async () => {
    const machine = nodeWith(1);
    machine.inventory.splice(0, 1, sampleEni(1, { pciAddress: '0000:00:05.0' }));
    const note = `the NIC with MAC ${macOf(1)} is ens1 at 0000:00:11.0, not at 0000:00:05.0`;
    for (const word of ['eni-1', macOf(1), '0000:00:05.0']) {
      expect(await find(machine, word)).toEqual([
        `eni-1 | -@nowhere | - | ${note} | enim provider init --force`,
        '- | ens1@home | - | - | -',
      ]);
    }
  });

  it('changes nothing and takes no lock', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    const before = machine.show();
    machine.calls.length = 0;
    for (const word of ['eni-1', 'eth0', 'ens2', 'default/web-0']) await find(machine, word);
    expect(machine.show()).toBe(before);
    expect(machine.calls.filter((call) => call.startsWith('locks.'))).toEqual([]);
  });
});

describe('readWord', () => {
  it.each([
    ['02E000000001', { mac: macOf(1), name: '02E000000001', container: '02E000000001' }],
    ['00:05.0', { busAddress: '0000:00:05.0' }],
    ['10000:E1:00.7', { busAddress: '10000:e1:00.7' }],
    ['virtio3', { busAddress: 'virtio3', name: 'virtio3', container: 'virtio3' }],
    ['default/web-0', { owner: 'default/web-0' }],
    ['eth0', { name: 'eth0', container: 'eth0' }],
    ['3f9c1d2a…', { name: '3f9c1d2a…', container: '3f9c1d2a' }],
  ])('reads %s as all that it can mean', (text, meanings) => {
    expect(readWord(text)).toEqual({
      text,
      mac: null,
      busAddress: null,
      owner: null,
      name: null,
      container: null,
      ...meanings,
    });
  });

  it.each(['', 'a b', '../../x', 'a/b/c', '02:e0:00'])('refuses %j', async (text) => {
    const error = await enimErrorOf(() => readWord(text));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(JSON.stringify(text));
  });
});
