import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../src/manager/byhand.js';
import { list, viewAdded } from '../../src/manager/list.js';
import { macOf, sampleEndpoint, sampleEni } from '../model/samples.js';
import type { Machine } from './machine.js';
import { addTo, nodeWith } from './node.js';

/** All ENIs, a line each: ID, state, where, owner, note. */
async function lines(machine: Machine): Promise<string[]> {
  return (await list(machine.parts())).map(({ id, state, link, attachment, note }) =>
    [
      id,
      state,
      link === null ? '-' : `${link.name}@${link.netns ?? 'home'}`,
      attachment?.owner ?? '-',
      note ?? '-',
    ].join(' | '),
  );
}

describe('list', () => {
  it('shows ENI, link and attachment together', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const { attachment, link } = await addTo(machine);
    const [first, second] = await list(machine.parts());
    expect(first).toEqual({
      ...{ id: 'eni-1', mac: macOf(1), provider: 'static', state: 'used', note: null },
      link: { name: 'eth0', ifindex: 11, netns: '/run/netns/web-0', up: true },
      ipv4: { address: '10.0.0.11/24', gateway: '10.0.0.1' },
      ipv6: { address: 'fd00::11/64', gateway: 'fd00::1' },
      attachment: {
        ...{
          owner: 'default/web-0',
          containerID: 'c0',
          ifname: 'eth0',
          netns: '/run/netns/web-0',
          network: 'enim',
          since: attachment.since,
        },
      },
    });
    expect(second).toMatchObject({
      id: 'eni-2',
      state: 'free',
      link: { name: 'ens2', netns: null, up: false },
      attachment: null,
    });
    expect(viewAdded(machine.parts().provider, attachment, link)).toEqual(first);
  });

  it('shows an ENI that is being attached, or released', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const { attachment } = await addTo(machine);
    await machine.parts().store.put({ ...attachment, phase: 'attaching' });
    expect(await lines(machine)).toEqual([
      'eni-1 | used | eth0@/run/netns/web-0 | default/web-0 | being attached, or its add was interrupted: repeat it, or del it',
    ]);
    await machine.parts().store.put({ ...attachment, phase: 'releasing' });
    expect((await lines(machine))[0]).toMatch(/^eni-1 \| releasing \| /);
  });

  it('shows an orphan: held for a pod that is gone, or away from home without a record', async () => {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    machine.addPod('db-0');
    await addTo(machine);
    await addTo(machine, { owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    machine.killPod({ inode });
    machine.attachments.delete('enim/c1/eth0');
    machine.allocations = {};
    expect(await lines(machine)).toEqual([
      'eni-1 | orphan | eth0@home | default/web-0 | its netns is gone; run: enim gc',
      'eni-2 | orphan | eth0@/run/netns/db-0 | - | away from home without a record; run: enim gc',
    ]);
  });

  it('leads to adopt where an orphan has no label by which gc would know whose it is', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    machine.kernel.in(inode).push(...machine.kernel.in(1).splice(1));
    expect(await lines(machine)).toEqual([
      'eni-1 | orphan | ens1@/run/netns/web-0 | - | away from home without a record; run: enim adopt eni-1',
    ]);
  });

  it('shows an orphan: allocated without a record, or at home although its pod lives', async () => {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.in(1).push(...machine.kernel.in(inode).splice(1));
    await machine.parts().provider.allocate(sampleEndpoint({ owner: 'default/lost' }), ['eni-2']);
    expect(await lines(machine)).toEqual([
      'eni-1 | orphan | eth0@home | default/web-0 | its netns is alive, but the NIC is home; run: enim gc',
      'eni-2 | orphan | ens2@home | default/lost | allocated, but nothing is recorded; run: enim gc',
    ]);
  });

  it('shows what is missing', async () => {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.kernel.in(inode).splice(1);
    machine.kernel.in(1).splice(
      machine.kernel.in(1).findIndex(({ name }) => name === 'ens2'),
      1,
    );
    expect(await lines(machine)).toEqual([
      'eni-1 | missing | - | default/web-0 | its netns is alive, but no device is in it',
      `eni-2 | missing | - | - | no device with MAC ${macOf(2)}`,
    ]);
  });

  it('shows of a card that is in another slot than the inventory says where it is', async () => {
    const machine = nodeWith(1);
    machine.inventory.splice(0, 1, sampleEni(1, { pciAddress: '0000:00:05.0' }));
    const where = `the NIC with MAC ${macOf(1)} is ens1 at 0000:00:11.0, not at 0000:00:05.0`;
    expect(await lines(machine)).toEqual([`eni-1 | missing | - | - | ${where}`]);
  });

  it('shows as quarantined what is not to be given out, with the reason', async () => {
    const machine = nodeWith(2);
    const [, , first] = machine.kernel.in(1);
    if (first !== undefined) first.master = 'bond0';
    machine.kernel.addDevice({ name: 'twin', mac: macOf(2) });
    expect(await lines(machine)).toEqual([
      'eni-1 | quarantined | ens1@home | - | ENI eni-1: its NIC ens1 is not spare: it is a member of bond0.',
      `eni-2 | quarantined | - | - | several links have the MAC ${macOf(2)} of ENI eni-2: ens2, twin`,
    ]);
  });

  it('shows what is held by hand as used', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/mine', null);
    const [view] = await list(machine.parts());
    expect(view).toMatchObject({
      state: 'used',
      note: 'held by hand',
      attachment: { owner: 'default/mine', netns: null, network: 'by-hand' },
    });
  });

  it('shows what only a record still speaks of, behind the others', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    await addTo(machine);
    machine.inventory.shift();
    machine.allocations = {};
    expect(await lines(machine)).toEqual([
      'eni-2 | free | ens2@home | - | -',
      'eni-1 | used | eth0@/run/netns/web-0 | default/web-0 | -',
    ]);
  });

  it('shows as used what another plugin moves, wherever its NIC is, while the pod lives', async () => {
    const machine = nodeWith(1);
    const { inode } = machine.addPod('web-0');
    const { attachment } = await addTo(machine);
    await machine.parts().store.put({ ...attachment, role: 'ipam' });
    const prefix = 'eni-1 | used | eth0@';
    expect(await lines(machine)).toEqual([
      `${prefix}/run/netns/web-0 | default/web-0 | another plugin moves its NIC; NIC is in /run/netns/web-0 as eth0`,
    ]);
    machine.kernel.in(1).push(...machine.kernel.in(inode).splice(1));
    expect(await lines(machine)).toEqual([
      `${prefix}home | default/web-0 | another plugin moves its NIC; NIC is home as eth0`,
    ]);
    machine.killPod({ inode });
    expect(await lines(machine)).toEqual([
      `eni-1 | orphan | eth0@home | default/web-0 | its netns is gone; run: enim gc`,
    ]);
  });

  it('shows the addresses that the pod has, which need not be those of its ENI', async () => {
    const machine = nodeWith(1);
    machine.addPod('web-0');
    const setup = {
      addresses: [{ address: '10.5.0.7/16', gateway: null }],
      routes: [],
      mtu: null,
      mac: null,
      dns: null,
    };
    await addTo(machine, { plan: { decide: async () => setup, undo: async () => {} } });
    expect((await list(machine.parts()))[0]).toMatchObject({
      ...{ ipv4: { address: '10.5.0.7/16', gateway: null }, ipv6: null },
    });
  });

  it('shows in which network each one is', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    machine.addPod('db-0');
    await addTo(machine);
    await addTo(machine, { network: 'pods', owner: 'default/db-0', containerID: 'c1', netns: 'db-0' });
    expect((await list(machine.parts())).map(({ attachment }) => attachment?.network)).toEqual(['enim', 'pods']);
  });

  it('changes nothing', async () => {
    const machine = nodeWith(2);
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.killPod({ inode });
    const before = machine.show();
    await list(machine.parts());
    expect(machine.show()).toBe(before);
  });
});
