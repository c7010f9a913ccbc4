import { describe, expect, it } from '@jest/globals';
import { allocateByHand } from '../../../src/manager/byhand.js';
import { checkEnis, knownNics } from '../../../src/manager/doctor/enis.js';
import { quarantine } from '../../../src/manager/quarantine.js';
import { HOME } from '../../link/kernel.js';
import { macOf, sampleEndpoint, sampleEni } from '../../model/samples.js';
import type { Machine } from '../machine.js';
import { addTo, nodeWith } from '../node.js';
import { registryWith } from '../registry.js';
import { FakeHost, line, patientWith } from './patient.js';

const look = async (machine: Machine, host = new FakeHost()): Promise<string[]> =>
  (await checkEnis(patientWith(host), machine.parts())).map(line);

async function attached(): Promise<{ machine: Machine; inode: number }> {
  const machine = nodeWith(2);
  const { inode } = machine.addPod('web-0');
  await addTo(machine);
  return { machine, inode };
}

describe('the ENIs', () => {
  it('that are free or with their pod are one line', async () => {
    const { machine } = await attached();
    const before = machine.show();
    expect(await look(machine)).toEqual(['ok 2 ENIs: in order: 1 free, 1 used']);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('that the provider calls otherwise since they were given out are known to it', async () => {
    const { machine } = await attached();
    machine.inventory[0] = sampleEni(1, { id: 'nic-1' });
    machine.allocations = {};
    expect(await look(machine)).toEqual(['ok 2 ENIs: in order: 1 free, 1 used']);
  });

  it('that do not exist are a warning', async () => {
    expect(await look(nodeWith(0))).toEqual([expect.stringMatching(/^warning no ENI: .* → enim provider init$/)]);
    const machine = nodeWith(0);
    machine.registry = registryWith({});
    expect(await look(machine)).toEqual([expect.stringMatching(/^warning no ENI: the cluster .* → enim list --all/)]);
  });

  it('in quarantine are given out again by restore, also those that a pod has', async () => {
    const { machine } = await attached();
    for (const eni of ['eni-1', 'eni-2'])
      await quarantine(machine.parts(), eni, { reason: 'drops packets', duration: null });
    expect(await look(machine)).toEqual([
      'warning eni-1: it is in quarantine: drops packets → enim provider restore eni-1',
      expect.stringMatching(/^warning eni-2: ENI eni-2 is in quarantine: .* → enim provider restore eni-2$/),
    ]);
  });

  it('of a pod that is gone are a problem for gc', async () => {
    const { machine, inode } = await attached();
    machine.killPod({ inode });
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^problem eni-1: netns .* is gone; NIC is home as eth0; .* → enim gc$/),
      'ok 1 ENI: in order: 1 free',
    ]);
  });

  it('that are away without a record are a problem for gc, in whose pod they stay', async () => {
    const { machine } = await attached();
    machine.attachments.clear();
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^problem eni-1: no record, but NIC is in .* → enim gc$/),
      'ok 1 ENI: in order: 1 free',
    ]);
  });

  it('that are allocated without a record are a problem for gc', async () => {
    const machine = nodeWith(1);
    await machine.parts().provider.allocate(sampleEndpoint(), ['eni-1']);
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^problem eni-1: allocated to default\/web-0, which has no record; .* → enim gc$/),
    ]);
  });

  it('that are held by hand are in order', async () => {
    const machine = nodeWith(1);
    await allocateByHand(machine.parts(), 'default/web-0', null);
    expect(await look(machine)).toEqual(['ok 1 ENI: in order: 1 used']);
  });

  it('that have no device are a problem', async () => {
    const machine = nodeWith(1);
    machine.inventory.push(sampleEni(9));
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^problem eni-9: no device with MAC .* → enim config get static {2}# plug it in/),
      'ok 1 ENI: in order: 1 free',
    ]);
  });

  it('whose card is in another slot are a problem, and what mends it is the inventory', async () => {
    const machine = nodeWith(1);
    machine.inventory.splice(0, 1, sampleEni(1, { pciAddress: '0000:00:05.0' }));
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^problem eni-1: .* is ens1 at 0000:00:11.0, not at .* → enim provider init --force/),
    ]);
  });

  it('of a cluster lead to the cluster, which has no inventory in the settings', async () => {
    const machine = nodeWith(1);
    machine.registry = registryWith({});
    machine.inventory.push(sampleEni(9), sampleEni(0xff));
    expect(await look(machine)).toEqual([
      expect.stringMatching(
        /^problem eni-9: no device with MAC .* → enim show eni-9 {2}# see whether the cloud has it/,
      ),
      expect.stringMatching(/^warning eni-255: .*default route.* → enim show eni-255 {2}# if the node needs the NIC/),
      'ok 1 ENI: in order: 1 free',
    ]);
    const { machine: other } = await attached();
    other.registry = registryWith({});
    other.inventory.splice(0);
    other.allocations = {};
    expect((await look(other))[0]).toMatch(/does not know it → enim list --all-nodes {2}# what the cluster has$/);
  });

  it('whose add was interrupted are a warning, unless somebody works on them', async () => {
    const { machine } = await attached();
    for (const [key, record] of machine.attachments) machine.attachments.set(key, { ...record, phase: 'attaching' });
    expect((await look(machine))[0]).toMatch(
      /^warning eni-1: .*interrupted.* → enim del default\/web-0 --container-id c0$/,
    );
    const host = new FakeHost();
    host.locks = [
      {
        path: '/run/enim/attachment_enim_c0_eth0.lock',
        sign: 'pid 7 (enim add default/web-0)',
        since: new Date(0),
        holders: [{ pid: 7, name: 'enim', state: 'S' }],
      },
    ];
    expect((await look(machine, host))[0]).toBe('ok eni-1: pid 7 (enim add default/web-0) is working on it');
  });

  it('that the node itself uses are a warning', async () => {
    const machine = nodeWith(1);
    machine.inventory.push(sampleEni(0xff));
    expect(await look(machine)).toEqual([
      expect.stringMatching(/^warning eni-255: .*default route.* → enim config get static/),
      'ok 1 ENI: in order: 1 free',
    ]);
  });

  it('that are up at home without a carrier are a warning', async () => {
    const machine = nodeWith(1);
    Object.assign(machine.kernel.in(HOME).find(({ name }) => name === 'ens1') ?? {}, { carrier: false });
    expect((await look(machine))[0]).toMatch(
      /^warning eni-1: ENI eni-1: its NIC ens1 is up, but has no carrier\. → ip -d link show dev ens1 /,
    );
  });

  it('of which two devices have the MAC are a problem (sriov-network-device-plugin#685)', async () => {
    const machine = nodeWith(1);
    machine.kernel.addDevice({ name: 'twin', mac: macOf(1), ifindex: 77 });
    expect((await look(machine))[0]).toMatch(/^problem eni-1: several links have the MAC .* → ip -d link show dev/);
  });

  it('of which devices in two netns have the MAC, and no record tells which, are a problem', async () => {
    const { machine } = await attached();
    const { inode } = machine.addPod('twin');
    machine.kernel.addDevice({ name: 'eth0', mac: macOf(1) }, inode);
    machine.attachments.clear();
    expect((await look(machine))[0]).toMatch(
      new RegExp(`^problem eni-1: .*several links have the MAC .* → enim where ${macOf(1)}  # remove what is no ENI`),
    );
  });

  it('whose pod has the NIC while a device at home has its MAC are a warning, in quarantine as well', async () => {
    const { machine } = await attached();
    machine.kernel.addDevice({ name: 'twin', mac: macOf(1), ifindex: 77 });
    const twin = expect.stringMatching(/^warning eni-1: .* but twin at home has its MAC too/);
    expect((await look(machine))[0]).toEqual(twin);
    await quarantine(machine.parts(), 'eni-1', { reason: 'drops packets', duration: null });
    expect(await look(machine)).toEqual([
      twin,
      expect.stringMatching(/^warning eni-1: it is in quarantine/),
      expect.stringMatching(/^ok 1 ENI/),
    ]);
  });

  it('that no provider knows any more are a warning', async () => {
    const { machine } = await attached();
    machine.inventory.shift();
    machine.allocations = {};
    expect((await look(machine))[0]).toMatch(
      /^warning eni-1: default\/web-0 has it, but the provider does not know it/,
    );
  });

  it('at home under another name than the settings say are a warning (multi-nic-cni#278)', async () => {
    const machine = nodeWith(1);
    machine.inventory[0] = sampleEni(1, { ifname: 'eni1' });
    expect(await look(machine)).toEqual([
      'warning eni-1: its NIC is home as ens1; the settings call it eni1 → ip link set dev ens1 down && ip link set dev ens1 name eni1',
    ]);
  });

  it('at home under a name that the kernel makes up are a warning', async () => {
    const machine = nodeWith(0);
    machine.kernel.addDevice({ name: 'dev7', mac: macOf(1), ifindex: 7 });
    machine.inventory.push(sampleEni(1));
    expect((await look(machine))[0]).toMatch(/^warning eni-1: its NIC is home as dev7, /);
  });

  it('of a pod that lives on without its netns path are a warning', async () => {
    const { machine, inode } = await attached();
    machine.kernel.paths.delete('/run/netns/web-0');
    machine.kernel.paths.set('/proc/4000/ns/net', inode);
    expect(await look(machine)).toEqual([
      'ok 2 ENIs: in order: 1 free, 1 used',
      'warning /run/netns/web-0: it is gone, while processes of default/web-0 still run in it → enim del default/web-0 --container-id c0',
    ]);
  });

  it('are not what two cards of one MAC are', async () => {
    const machine = nodeWith(1);
    for (const name of ['a0', 'a1'])
      machine.kernel.addDevice({ name, mac: macOf(0x50), ifindex: name === 'a0' ? 70 : 71 });
    expect((await look(machine)).at(-1)).toMatch(/^warning 02:e0:00:00:00:50: several cards have it: a0, a1/);
  });

  it('tell the other checks their MACs', async () => {
    expect(await knownNics(nodeWith(2).parts())).toEqual({ macs: [macOf(1), macOf(2)], drivers: [] });
  });
});
