import { describe, expect, it } from '@jest/globals';
import type { SetupPlan } from '../../src/manager/add.js';
import type { DeviceSelector } from '../../src/model/device.js';
import { EnimError } from '../../src/model/errors.js';
import type { Setup } from '../../src/model/setup.js';
import { Refusal } from '../link/kernel.js';
import { macOf, sampleEndpoint, sampleEni } from '../model/samples.js';
import { enimErrorOf, thrownBy } from '../model/thrown.js';
import { countSteps, dieAtCall, dieAtCommand, INJECTED } from './faults.js';
import type { Machine } from './machine.js';
import { addTo, delOf, gcOf, nodeWith } from './node.js';

/** A node with two ENIs and the pod's netns. */
async function node(): Promise<Machine> {
  const machine = nodeWith(2);
  machine.addPod('web-0');
  return machine;
}

describe('add', () => {
  it('gives the pod a NIC, set up, and answers with it', async () => {
    const machine = await node();
    const { attachment, link } = await addTo(machine);
    expect(attachment).toMatchObject({
      ...{
        owner: 'default/web-0',
        containerID: 'c0',
        network: 'enim',
        ifname: 'eth0',
        uid: null,
        phase: 'attached',
        bootID: 'boot-1',
      },
      ...{ eni: machine.inventory[0], netns: { path: '/run/netns/web-0', inode: 101 } },
    });
    expect(link).toMatchObject({ name: 'eth0', mac: macOf(1), mtu: 1400, up: true });
    expect(link.addresses.map(({ address }) => address)).toEqual(['10.0.0.11/24', 'fd00::11/64']);
    expect(
      machine
        .show()
        .split('\n')
        .filter((line) => /^(101|record|held)/.test(line)),
    ).toEqual([
      `101: eth0 ${macOf(1)} mtu 1400 qlen 1000 group default up master - | alias enim:eni=eni-1;home=ens1;network=enim;container=c0;ifname=eth0;owner=default/web-0 altnames enp0s1 | addresses 10.0.0.11/24 global, fd00::11/64 global | routes 4 default main 0 via 10.0.0.1 src -, 6 default main 1024 via fd00::1 src -`,
      '101: lo 00:00:00:00:00:00 mtu 1500 qlen 1000 group default down master - | alias - altnames - | addresses - | routes -',
      'record eni-1 attached default/web-0 c0 eth0',
      'held eni-1 default/web-0 c0 eth0',
    ]);
  });

  it('has the intention on record before it touches the link (sriov-cni#212)', async () => {
    const machine = await node();
    const phases: [string, string | undefined][] = [];
    machine.interference.before = (call) => {
      if (call.startsWith('links.')) phases.push([call, [...machine.attachments.values()][0]?.phase]);
    };
    await addTo(machine);
    expect(phases.filter(([call]) => ['links.moveIn', 'links.configure'].includes(call))).toEqual([
      ['links.moveIn', 'attaching'],
      ['links.configure', 'attaching'],
    ]);
  });

  it('holds no lock when it is done', async () => {
    const machine = await node();
    await addTo(machine);
    expect(machine.locks.names).toEqual([]);
  });

  it('repeated gives the same answer and changes nothing', async () => {
    const machine = await node();
    const first = await addTo(machine);
    const before = machine.show();
    expect(await addTo(machine)).toEqual(first);
    expect(machine.show()).toBe(before);
  });

  it('repeated sets a NIC up again that the pod has taken down', async () => {
    const machine = await node();
    const first = await addTo(machine);
    const before = machine.show();
    const eth0 = machine.kernel.in(101).find(({ name }) => name === 'eth0');
    Object.assign(eth0 ?? {}, { up: false, mtu: 1300, addresses: [], routes: [] });
    expect(await addTo(machine)).toEqual(first);
    expect(machine.show()).toBe(before);
  });

  it('derives a container ID from the netns where none is given', async () => {
    const machine = await node();
    const { attachment } = await addTo(machine, { containerID: null });
    expect(attachment.containerID).toBe('netns-101');
    expect((await addTo(machine, { containerID: null })).attachment).toEqual(attachment);
  });

  it('takes a derived container ID over from a dead netns that had the same number, and never from a live one', async () => {
    const machine = nodeWith(2);
    const dead = machine.addPod('web-0');
    await addTo(machine, { containerID: null });
    const next = { owner: 'default/web-1', containerID: null, netns: 'web-1' };
    machine.kernel.paths.set('/run/netns/web-1', dead.inode);
    expect((await enimErrorOf(() => addTo(machine, next))).code).toBe('INVALID_ARGUMENT');
    machine.kernel.paths.delete('/run/netns/web-1');

    machine.killPod(dead);
    machine.kernel.devices.set(dead.inode, []);
    machine.kernel.paths.set('/run/netns/web-1', dead.inode);
    const { attachment } = await addTo(machine, next);
    expect(attachment).toMatchObject({ owner: 'default/web-1', containerID: `netns-${dead.inode}` });
    expect(machine.history.find(({ event }) => event === 'released')).toMatchObject({
      owner: 'default/web-0',
      reason: 'add replaced it: its netns was gone, and that of default/web-1 has its number',
    });
    expect((await machine.parts().store.list()).map(({ owner }) => owner)).toEqual(['default/web-1']);
    expect((await machine.parts().provider.list()).filter(({ holder }) => holder !== null)).toHaveLength(1);
  });

  it('gives each container of one owner, and each interface, an ENI of its own', async () => {
    const machine = nodeWith(3);
    machine.addPod('web-0');
    machine.addPod('web-0-new');
    const added = [
      await addTo(machine),
      await addTo(machine, { ifname: 'eth1' }),
      await addTo(machine, { containerID: 'c1', netns: 'web-0-new' }),
    ];
    expect(added.map(({ attachment }) => attachment.eni.id)).toEqual(['eni-1', 'eni-2', 'eni-3']);
  });

  it('does not take another owner for the same container', async () => {
    const machine = await node();
    await addTo(machine);
    const before = machine.show();
    const error = await enimErrorOf(() => addTo(machine, { owner: 'default/other' }));
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      'eth0 of container c0 belongs to default/web-0, not to default/other.',
    ]);
    expect(error.hint).toBe(
      'choose another name with --ifname, or give that one back first: enim del default/web-0 --container-id c0',
    );
    expect(machine.show()).toBe(before);
    machine.addPod('elsewhere');
    const elsewhere = await enimErrorOf(() => addTo(machine, { owner: 'default/other', netns: 'elsewhere' }));
    expect(elsewhere.hint).toBe('name another container with --container-id');
  });

  it('in another netns under the same key gives back first what was in the old one', async () => {
    const machine = await node();
    await addTo(machine);
    machine.addPod('again');
    const { attachment } = await addTo(machine, { netns: 'again' });
    expect(attachment.netns.path).toBe('/run/netns/again');
    expect(machine.attachments.size).toBe(1);
    expect(Object.values(machine.allocations).filter(({ holder }) => holder !== null)).toHaveLength(1);
    expect(machine.kernel.in(101).map(({ name }) => name)).toEqual(['lo']);
  });

  it('does not take for done what somebody has moved into another netns by hand', async () => {
    const machine = await node();
    const { inode } = machine.addPod('again');
    await addTo(machine);
    machine.kernel.in(inode).push(...machine.kernel.in(101).splice(1));
    expect((await addTo(machine, { netns: 'again' })).attachment.netns).toEqual({ path: '/run/netns/again', inode });
  });

  it('does not believe a record of an earlier boot, whose number of a netns may be another’s by now', async () => {
    const machine = await node();
    await addTo(machine);
    machine.bootID = 'boot-2';
    expect((await addTo(machine)).attachment.bootID).toBe('boot-2');
  });

  it('after a reboot makes the attachment anew (containernetworking/plugins#1196)', async () => {
    const machine = await node();
    await addTo(machine);
    machine.reboot();
    machine.addPod('web-0');
    const { attachment, link } = await addTo(machine);
    expect(attachment.bootID).toBe('boot-1+');
    expect(link).toMatchObject({ name: 'eth0', up: true });
    expect(machine.attachments.size).toBe(1);
    await delOf(machine);
    expect(
      machine.kernel
        .in(1)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ens0', 'ens1', 'ens2', 'lo']);
  });

  it('takes the ENI that is wished for', async () => {
    const machine = await node();
    expect((await addTo(machine, { eni: 'eni-2' })).attachment.eni.id).toBe('eni-2');
  });

  it('never takes a NIC that carries the default route, but by force', async () => {
    const machine = await node();
    machine.inventory.unshift(sampleEni(0xff, { id: 'uplink' }));
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-1');
    machine.addPod('db-0');
    const wish = { owner: 'default/db-0', containerID: 'c1', netns: 'db-0', eni: 'uplink' };
    const error = await enimErrorOf(() => addTo(machine, wish));
    expect([error.code, error.exitCode]).toEqual(['UNSAFE', 6]);
    expect(error.message).toContain('it carries the default route');
    expect((await addTo(machine, { ...wish, force: true })).link).toMatchObject({ name: 'eth0', mac: macOf(0xff) });
  });

  it('returns the node’s own addresses and routes when what was taken by force comes home', async () => {
    const machine = await node();
    machine.inventory.unshift(sampleEni(0xff, { id: 'uplink' }));
    const before = machine.show();
    await addTo(machine, { eni: 'uplink', force: true });
    await delOf(machine);
    expect(machine.show()).toBe(before);
  });

  it('brings a NIC that was found under another name home under the one that the inventory prescribes (multi-nic-cni#278)', async () => {
    const machine = await node();
    machine.inventory.splice(0, 1, sampleEni(1, { ifname: 'eni-a' }));
    await addTo(machine);
    await delOf(machine);
    expect(machine.kernel.in(1).map(({ name }) => name)).toContain('eni-a');
  });

  it.each([
    ['a netns that does not exist', { netns: 'none' }, 'NOT_THERE'],
    ['the node’s own netns', { netns: String(process.pid) }, 'INVALID_ARGUMENT'],
    ['an ENI that is not known', { eni: 'none' }, 'NOT_THERE'],
    ['a name that is taken in the netns', { ifname: 'lo' }, 'IFNAME_TAKEN'],
    ['a name that is an altname in the netns', { ifname: 'other' }, 'IFNAME_TAKEN'],
  ])('refuses %s and changes nothing', async (_, request, code) => {
    const machine = await node();
    machine.kernel.in(101)[0]?.altnames.push('other');
    const before = machine.show();
    expect((await enimErrorOf(() => addTo(machine, request))).code).toBe(code);
    expect(machine.show()).toBe(before);
    expect(machine.locks.names).toEqual([]);
  });

  it('takes one that was given back while another took the last one that was free', async () => {
    const machine = nodeWith(2);
    machine.addPod('web-0');
    const { provider } = machine.parts();
    const first = sampleEndpoint({ owner: 'default/first', containerID: 'c1' });
    const second = sampleEndpoint({ owner: 'default/second', containerID: 'c2' });
    await provider.allocate(second, ['eni-2']);
    let isOver = false;
    machine.interference = {
      before: async (call) => {
        if (call !== 'provider.allocate' || isOver) return;
        isOver = true;
        await provider.allocate(first, ['eni-1']);
        await provider.release(second);
      },
    };
    expect((await addTo(machine)).attachment.eni.id).toBe('eni-2');
  });

  it('says which ENIs gc may reclaim, where none is free', async () => {
    const machine = nodeWith(2);
    const dead = machine.addPod('web-0');
    await addTo(machine);
    machine.killPod(dead);
    machine.addPod('web-1');
    await addTo(machine, { netns: 'web-1', containerID: 'c1' });
    machine.addPod('web-2');
    const error = await enimErrorOf(() => addTo(machine, { netns: 'web-2', containerID: 'c2' }));
    expect([error.code, error.message, error.details, error.hint]).toEqual([
      ...['NO_FREE_ENI', 'No ENI is free (2 known: 1 held, 1 orphan).', ['Orphans: eni-1.']],
      'reclaim what is dead, then the same command again: enim gc',
    ]);
    await gcOf(machine);
    expect((await addTo(machine, { netns: 'web-2', containerID: 'c2' })).attachment.eni.id).toBe('eni-1');
  });

  it('gives out the free ones and says NO_FREE_ENI for the rest, however many ask at once', async () => {
    const machine = nodeWith(4);
    const numbers = [0, 1, 2, 3, 4, 5];
    for (const number of numbers) machine.addPod(`web-${number}`);
    const answers = await Promise.allSettled(
      numbers.map((number) =>
        addTo(machine, { owner: `default/web-${number}`, containerID: `c${number}`, netns: `web-${number}` }),
      ),
    );
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.attachment.eni.id] : []));
    const refused = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [(answer.reason as EnimError).code] : [],
    );
    expect([given.sort(), refused]).toEqual([
      ['eni-1', 'eni-2', 'eni-3', 'eni-4'],
      ['NO_FREE_ENI', 'NO_FREE_ENI'],
    ]);
  });

  it('of one attachment many times at once gives one ENI', async () => {
    const machine = nodeWith(3);
    machine.addPod('web-0');
    const added = await Promise.all(Array.from({ length: 5 }, () => addTo(machine)));
    expect(new Set(added.map(({ attachment }) => attachment.eni.id)).size).toBe(1);
    expect(machine.attachments.size).toBe(1);
  });

  it('says that it holds another than the one that is wished for, and leaves that alone', async () => {
    const machine = await node();
    const endpoint = { network: 'enim', containerID: 'c0', ifname: 'eth0', owner: 'default/web-0', uid: null };
    await machine.parts().provider.allocate(endpoint, ['eni-1']);
    const before = machine.show();
    const error = await enimErrorOf(() => addTo(machine, { eni: 'eni-2' }));
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      'default/web-0 holds ENI eni-1 already, from an add that was interrupted.',
    ]);
    expect(machine.show()).toBe(before);
  });

  it('repeated for another ENI than the one that it has says so, and leaves that alone', async () => {
    const machine = await node();
    await addTo(machine, { eni: 'eni-1' });
    const before = machine.show();
    for (const eni of ['eni-2', 'eni-unknown']) {
      const { code, message, hint } = await enimErrorOf(() => addTo(machine, { eni }));
      expect([code, message]).toEqual(['INVALID_ARGUMENT', `eth0 of container c0 is ENI eni-1 already, not ${eni}.`]);
      expect(hint).toContain('enim del default/web-0 --container-id c0');
    }
    expect(machine.show()).toBe(before);
    expect((await addTo(machine, { eni: 'eni-1' })).attachment.eni.id).toBe('eni-1');
  });

  it('leaves alone what it holds whose NIC is not at home', async () => {
    const machine = await node();
    await machine
      .parts()
      .provider.allocate({ network: 'enim', containerID: 'c0', ifname: 'eth0', owner: 'default/web-0', uid: null }, [
        'eni-1',
      ]);
    machine.kernel.in(1).splice(
      machine.kernel.in(1).findIndex(({ name }) => name === 'ens1'),
      1,
    );
    const before = machine.show();
    expect((await enimErrorOf(() => addTo(machine))).code).toBe('LINK_LOST');
    expect(machine.show()).toBe(before);
  });
});

describe('an add for a device', () => {
  it.each<[DeviceSelector]>([
    [{ by: 'name', name: 'ens2' }],
    [{ by: 'name', name: 'enp0s2' }],
    [{ by: 'mac', mac: macOf(2) }],
    [{ by: 'bus', address: '0000:00:12.0' }],
  ])('takes the ENI that it is, and no other: %j', async (device) => {
    const machine = await node();
    const first = await addTo(machine, { device });
    expect(first.attachment.eni.id).toBe('eni-2');
    const before = machine.show();
    // It is not at home any more, where devices are looked for.
    expect(await addTo(machine, { device })).toEqual(first);
    expect(machine.show()).toBe(before);
  });

  it.each<[string, DeviceSelector, string]>([
    ['the name none', { by: 'name', name: 'none' }, 'No device with the name none is at home.'],
    ['the MAC', { by: 'mac', mac: macOf(9) }, `No device with the MAC ${macOf(9)} is at home.`],
    [
      'the path',
      { by: 'kernelpath', path: '/sys/devices/none' },
      'No device with the path /sys/devices/none is at home.',
    ],
    ['the address', { by: 'bus', address: '0000:ff:1f.7' }, 'No device with the address 0000:ff:1f.7 is at home.'],
    ['a device that is no ENI', { by: 'name', name: 'ens0' }, `The device ens0 (MAC ${macOf(0xff)}) is no ENI.`],
  ])('refuses what is not there, and changes nothing: %s', async (_, device, message) => {
    const machine = await node();
    const before = machine.show();
    const error = await enimErrorOf(() => addTo(machine, { device }));
    expect([error.code, error.message]).toEqual(['NOT_THERE', message]);
    expect([machine.show(), machine.locks.names]).toEqual([before, []]);
  });

  it('refuses one that is somebody else’s', async () => {
    const machine = await node();
    await machine.parts().provider.allocate(sampleEndpoint({ owner: 'default/other' }), ['eni-2']);
    const before = machine.show();
    const error = await enimErrorOf(() => addTo(machine, { device: { by: 'name', name: 'ens2' } }));
    expect([error.code, error.message]).toEqual(['NO_FREE_ENI', 'ENI eni-2 is held by default/other, container c1.']);
    expect(machine.show()).toBe(before);
  });

  it('never takes one that the node itself uses, but by force', async () => {
    const machine = await node();
    machine.inventory.push(sampleEni(0xff, { id: 'uplink' }));
    const wish = { device: { by: 'name', name: 'ens0' } } as const;
    expect((await enimErrorOf(() => addTo(machine, wish))).code).toBe('UNSAFE');
    expect((await addTo(machine, { ...wish, force: true })).attachment.eni.id).toBe('uplink');
  });
});

describe('an add for addresses', () => {
  it.each([[['10.0.0.12']], [['10.0.0.12/24']], [['10.0.0.12/8']], [['fd00::12']], [['fd00::12/64', '10.0.0.12']]])(
    'takes the ENI that has all of them, whatever their prefix lengths: %j',
    async (ips) => {
      expect((await addTo(await node(), { ips })).attachment.eni.id).toBe('eni-2');
    },
  );

  it.each([[['10.0.0.99']], [['10.0.0.11', '10.0.0.12']], [['10.0.0.1']], [['10.0.0.12', 'fd00::11']]])(
    'refuses where none has all of them: %j',
    async (ips) => {
      const machine = await node();
      const before = machine.show();
      const error = await enimErrorOf(() => addTo(machine, { ips }));
      expect([error.code, error.message]).toEqual([
        'NOT_THERE',
        `No ENI has the addresses ${ips.join(' and ')} that were asked for.`,
      ]);
      expect(machine.show()).toBe(before);
    },
  );

  it('refuses where the one that has them is somebody else’s', async () => {
    const machine = await node();
    await machine.parts().provider.allocate(sampleEndpoint({ owner: 'default/other' }), ['eni-2']);
    expect((await enimErrorOf(() => addTo(machine, { ips: ['10.0.0.12'] }))).code).toBe('NO_FREE_ENI');
  });

  it('leaves the choice to the device where one is named: the addresses are what it gets', async () => {
    const wish = { device: { by: 'name', name: 'ens2' }, ips: ['10.0.0.99'] } as const;
    expect((await addTo(await node(), wish)).attachment.eni.id).toBe('eni-2');
  });
});

describe('an add with a plan', () => {
  const SETUP: Setup = {
    ...{
      addresses: [{ address: '10.5.0.7/16', gateway: '10.5.0.1' }],
      routes: [{ dst: '10.6.0.0/16', gw: '10.5.0.1' }],
    },
    ...{ mtu: 1300, mac: macOf(0x77), dns: null },
  };

  /** A plan, and what was asked of it. */
  function planned(decide: () => Promise<Setup> = async () => SETUP): { plan: SetupPlan; asked: string[] } {
    const asked: string[] = [];
    const plan: SetupPlan = {
      decide: (eni) => {
        asked.push(`decide ${eni.id}`);
        return decide();
      },
      undo: async () => void asked.push('undo'),
    };
    return { plan, asked };
  }

  it('sets the NIC up as that decides, and records it', async () => {
    const machine = await node();
    const { plan, asked } = planned();
    const { attachment, link } = await addTo(machine, { plan });
    expect(link).toMatchObject({ name: 'eth0', mac: macOf(0x77), permanentMac: macOf(1), mtu: 1300, up: true });
    expect(link.addresses.map(({ address }) => address)).toEqual(['10.5.0.7/16']);
    expect(machine.kernel.in(101).find(({ name }) => name === 'eth0')?.routes).toMatchObject([
      { dst: '10.6.0.0/16', gateway: '10.5.0.1' },
    ]);
    expect([attachment.setup, asked]).toEqual([SETUP, ['decide eni-1']]);
  });

  it('repeated does not decide again, also where the NIC must be set up anew', async () => {
    const machine = await node();
    const first = await addTo(machine, planned());
    const before = machine.show();
    const { plan, asked } = planned();
    expect(await addTo(machine, { plan })).toEqual(first);
    const eth0 = machine.kernel.in(101).find(({ name }) => name === 'eth0');
    Object.assign(eth0 ?? {}, { up: false, mtu: 1500, mac: macOf(1), addresses: [], routes: [] });
    expect(await addTo(machine, { plan })).toEqual(first);
    expect([machine.show(), asked]).toEqual([before, []]);
  });

  it('comes home with its own MAC', async () => {
    const machine = await node();
    const before = machine.show();
    await addTo(machine, planned());
    await delOf(machine);
    expect(machine.show()).toBe(before);
  });

  it('gives the ENI back where nothing can be decided, and has touched no link', async () => {
    const machine = await node();
    const before = machine.show();
    const { plan, asked } = planned(() => Promise.reject(INJECTED));
    await expect(addTo(machine, { plan })).rejects.toBe(INJECTED);
    expect([machine.show(), machine.kernel.changes, machine.locks.names]).toEqual([before, [], []]);
    // What it had reserved before it failed is not known: it must take back that, too.
    expect(asked).toEqual(['decide eni-1', 'undo']);
  });

  it('takes back what was decided, once, where any later step fails', async () => {
    const { calls } = await countSteps(node, (machine) => addTo(machine, planned()));
    for (const [index, call] of calls.entries()) {
      const machine = await node();
      const before = machine.show();
      const { plan, asked } = planned();
      machine.interference.before = (_, at) => {
        if (at === index) throw INJECTED;
      };
      expect((await enimErrorOf(() => addTo(machine, { plan }))).message).toBe(INJECTED.message);
      expect([call, machine.show()]).toEqual([call, before]);
      expect([call, asked]).toEqual([call, asked.length === 0 ? [] : ['decide eni-1', 'undo']]);
    }
  });

  it('takes it back only when the NIC is home: nobody may get addresses that are still in use', async () => {
    const machine = await node();
    let where: string[] = [];
    const { plan } = planned();
    machine.interference.before = (call) => {
      if (call === 'links.configure') throw INJECTED;
    };
    const undo = async (): Promise<void> => {
      where = machine.kernel.in(1).map(({ name }) => name);
    };
    await enimErrorOf(() => addTo(machine, { plan: { ...plan, undo } }));
    expect(where).toContain('ens1');
  });

  it('says what could not be taken back, and keeps the ENI held for gc', async () => {
    const machine = await node();
    const { plan } = planned(() => Promise.reject(INJECTED));
    const undo = () => Promise.reject(new Error('The IPAM plugin is away.'));
    const error = await enimErrorOf(() => addTo(machine, { plan: { ...plan, undo } }));
    expect([error.message, error.details.length]).toEqual([INJECTED.message, 1]);
    expect(error.details[0]).toContain('The IPAM plugin is away.');
    expect(machine.show()).toContain('held eni-1');
    await gcOf(machine);
    expect(machine.show()).not.toContain('held');
  });
});

describe('an add of which any step fails', () => {
  it('leaves nothing changed and says the first error', async () => {
    const { calls } = await countSteps(node, addTo);
    expect(calls).toEqual(
      expect.arrayContaining(['provider.allocate', 'store.put', 'links.moveIn', 'links.configure']),
    );
    for (const [index, call] of calls.entries()) {
      const machine = await node();
      const before = machine.show();
      machine.interference.before = (_, at) => {
        if (at === index) throw INJECTED;
      };
      const error = await enimErrorOf(() => addTo(machine));
      expect([call, error.message, error.details]).toEqual([call, INJECTED.message, []]);
      expect([call, machine.show()]).toEqual([call, before]);
      expect(machine.locks.names).toEqual([]);
    }
  });

  it('because of an `ip` command leaves nothing changed, wherever in its batch that is', async () => {
    const { commands } = await countSteps(node, addTo);
    const changing = commands.flatMap((text, index) => (/ (show|get) /.test(`${text} `) ? [] : [index]));
    expect(changing.length).toBeGreaterThan(8);
    for (const index of changing) {
      const machine = await node();
      const before = machine.show();
      const check = machine.kernel.onCommand;
      let count = -1;
      machine.kernel.onCommand = (text, keepOpen) => {
        count += 1;
        if (count === index) throw new Refusal('RTNETLINK answers: No buffer space available');
        check(text, keepOpen);
      };
      const error = await enimErrorOf(() => addTo(machine));
      expect([commands[index], error.code, error.message]).toEqual([
        commands[index],
        'LINK_FAILED',
        expect.stringContaining('No buffer space available'),
      ]);
      expect([commands[index], machine.show()]).toEqual([commands[index], before]);
    }
  });

  it('leaves nothing changed where the record was written although the writing failed', async () => {
    const machine = await node();
    const before = machine.show();
    machine.interference.after = (call) => {
      if (call === 'store.put') throw INJECTED;
    };
    await expect(addTo(machine)).rejects.toBe(INJECTED);
    expect([machine.show(), machine.kernel.changes]).toEqual([before, []]);
  });

  it('leaves nothing changed where the NIC has moved although the command failed', async () => {
    const machine = await node();
    const before = machine.show();
    machine.interference.after = (call) => {
      if (call === 'links.moveIn') throw INJECTED;
    };
    await expect(addTo(machine)).rejects.toBe(INJECTED);
    expect(machine.show()).toBe(before);
  });

  it('keeps the record, and the ENI held, where the NIC cannot be brought home, and says so; gc finishes it', async () => {
    const machine = await node();
    const before = machine.show();
    machine.interference.before = (call) => {
      if (call === 'links.configure') throw INJECTED;
      if (call === 'links.moveHome') throw new EnimError('LINK_FAILED', 'The way home is shut.');
    };
    const error = await enimErrorOf(() => addTo(machine));
    expect(error.message).toBe(INJECTED.message);
    expect(error.details).toEqual([
      'Then it was impossible to bring ENI eni-1 home: The way home is shut. It stays recorded; "enim gc" finishes it.',
    ]);
    expect(machine.show()).toContain('record eni-1 attaching');
    expect(machine.show()).toContain('held eni-1');
    machine.interference = {};
    machine.killPod({ inode: 101 });
    await gcOf(machine);
    expect(machine.kernel.in(1).map(({ name }) => name)).toEqual(expect.arrayContaining(['ens1']));
    expect(machine.show().replace(/^101.*\n/gm, '')).toBe(before.replace(/^101.*\n/gm, ''));
  });
});

describe('an add that is interrupted', () => {
  it('undoes what it did, or finishes: the NIC is home or attached, never between', async () => {
    const { calls } = await countSteps(node, addTo);
    const whole = await node();
    await addTo(whole);
    for (const [index, call] of calls.entries()) {
      const machine = await node();
      const before = machine.show();
      const controller = new AbortController();
      machine.interference.before = (_, at) => {
        if (at === index) controller.abort();
      };
      const thrown = await addTo(machine, {}, controller.signal).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (thrown === undefined) expect([call, machine.show()]).toEqual([call, whole.show()]);
      else {
        expect([call, (thrown as EnimError).code]).toEqual([call, 'INTERRUPTED']);
        expect([call, machine.show()]).toEqual([call, before]);
      }
    }
  });
});

describe('an add that nobody waits for any more', () => {
  it('takes no NIC away that the pod has, though it is not as it was given', async () => {
    const machine = await node();
    await addTo(machine);
    const nic = machine.kernel.in(101).find(({ name }) => name === 'eth0');
    Object.assign(nic ?? {}, { name: 'renamed' });
    const before = machine.show();
    expect((await enimErrorOf(() => addTo(machine, {}, AbortSignal.abort()))).code).toBe('INTERRUPTED');
    expect(machine.show()).toBe(before);
  });
});

describe('an add that was killed at any step', () => {
  /** Every place to die at. */
  async function deaths(): Promise<readonly [string, (machine: Machine) => Promise<void>][]> {
    const { calls, commands } = await countSteps(node, addTo);
    return [
      ...calls.flatMap((call, index) =>
        (['before', 'after'] as const).map((when): [string, (machine: Machine) => Promise<void>] => [
          `${when} ${index} ${call}`,
          (machine) => dieAtCall(machine, index, when, addTo),
        ]),
      ),
      ...commands.map((command, index): [string, (machine: Machine) => Promise<void>] => [
        `at ip ${index} ${command}`,
        (machine) => dieAtCommand(machine, index, addTo),
      ]),
    ];
  }

  it('is finished by repeating it, with this ENI or another', async () => {
    const whole = await Promise.all(
      ['eni-1', 'eni-2'].map(async (eni) => {
        const machine = await node();
        await addTo(machine, { eni });
        return machine.show();
      }),
    );
    for (const [place, die] of await deaths()) {
      const machine = await node();
      await die(machine);
      await addTo(machine);
      expect([place, whole.includes(machine.show()) || machine.show()]).toEqual([place, true]);
    }
  });

  it('is taken back by del', async () => {
    for (const [place, die] of await deaths()) {
      const machine = await node();
      const before = machine.show();
      await die(machine);
      await delOf(machine);
      expect([place, machine.show()]).toEqual([place, before]);
    }
  });

  it('is taken back by gc once the pod is gone, and harms nothing before that', async () => {
    for (const [place, die] of await deaths()) {
      const machine = await node();
      const before = machine.kernel.show();
      await die(machine);
      const away = machine.kernel.in(101).length;
      await gcOf(machine);
      expect([place, machine.kernel.in(101).length]).toEqual([place, away]);
      machine.killPod({ inode: 101 });
      await gcOf(machine);
      expect([place, machine.show()]).toEqual([place, before.replace(/^101.*\n?/gm, '').replace(/\n$/, '')]);
    }
  });
});

it('a thrown bug keeps its own message', async () => {
  const machine = await node();
  machine.interference.before = (call) => {
    if (call === 'links.configure') throw new TypeError('a bug');
  };
  expect(await thrownBy(() => addTo(machine))).toBeInstanceOf(TypeError);
});
