/** enim on real (emulated) PCI cards: they have no kind, do not die with a netns, and can be pulled out. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AddAnswer } from '../fabric/answers.js';
import { type Card, describeInVm, play, type Story } from './bed.js';

const A = '02:00:5e:10:00:01';
const B = '02:00:5e:10:00:02';
const C = '02:00:5e:10:00:03';
const VIRTIO = '02:00:5e:10:00:04';

interface InitAnswer {
  readonly enis: readonly { readonly id: string; readonly mac: string; readonly pciAddress?: string }[];
}

interface DelAnswer {
  readonly returned: readonly {
    readonly link: { readonly name: string } | null;
    readonly restored: readonly unknown[];
    readonly remaining: readonly unknown[];
  }[];
}

describeInVm('enim with PCI cards', () => {
  let life: Story;
  let death: Story;
  let unplug: Story;
  let kill: Story;

  beforeAll(async () => {
    [life, death, unplug, kill] = await Promise.all([play('life'), play('death'), play('unplug'), play('kill')]);
  });

  describe('in a pod’s life', () => {
    it('finds the cards with their bus addresses; virtio’s is not that of a slot', () => {
      const { enis } = life.answer<InitAnswer>('init');
      expect(enis.map(({ mac }) => mac)).toEqual([A, B, C, VIRTIO]);
      for (const { mac, pciAddress } of enis) {
        if (mac === VIRTIO) expect(pciAddress).toBeUndefined();
        else expect(pciAddress).toBe(life.cards('before')[mac]?.parent);
      }
    });

    it('gives one to a pod as eth0, with address and route', () => {
      expect(life.answer<AddAnswer>('add')).toMatchObject({ mac: A, interface: { name: 'eth0' } });
      expect(life.cards('pod')).toEqual({
        [A]: expect.objectContaining({ name: 'eth0', up: true, mtu: 1450, addresses: ['10.0.0.1/24'] }),
      });
      expect(life.answer('route')).toMatchObject([{ dst: '10.0.0.0/24', dev: 'eth0' }]);
    });

    it('lets pods reach each other through the wire, vmxnet3 and virtio', () => {
      expect(life.step('ping')).toMatchObject({ code: 0 });
      expect(life.step('ping-virtio')).toMatchObject({ code: 0 });
    });

    it('lists who has which', () => {
      const states = ['eth0', 'eth1', 'eth2', 'eth3'].map((id) => life.eni('list-used', id)?.state);
      expect(states).toEqual(['used', 'used', 'free', 'used']);
    });

    it('brings it home as it was: name, MTU, alias, up', () => {
      expect(life.answer<DelAnswer>('del')).toMatchObject({ returned: [{ link: { name: 'eth0' }, remaining: [] }] });
      expect(life.cards('after')[A]).toEqual(life.cards('before')[A]);
    });

    it('undoes what the pod changed, and says so, also that the name was taken meanwhile', () => {
      const [returned] = life.answer<DelAnswer>('del-changed').returned;
      expect(returned?.restored).toEqual([
        { what: 'XDP program', from: 'xdpgeneric', to: '-' },
        { what: 'MAC', from: '02:00:5e:99:00:02', to: B },
        { what: 'MTU', from: '1300', to: '1500' },
        { what: 'link mode', from: 'dormant', to: 'default' },
        { what: 'gso_max_size', from: '30000', to: '65536' },
      ]);
      expect(returned?.remaining).toEqual([{ what: 'name', from: 'enim0', to: 'eth1' }]);
      expect(life.cards('after')[B]).toEqual({ ...life.cards('before')[B], name: 'enim0' });
    });

    it('reclaims a virtio card whose pod died', () => {
      expect(life.eni('list-virtio', 'eth3')).toMatchObject({ state: 'orphan', link: { name: 'dev5', netns: null } });
      expect(life.verdict('gc-virtio', 'eth3')).toMatchObject({ action: 'reclaim', done: true });
      expect(life.cards('after')[VIRTIO]).toEqual(life.cards('before')[VIRTIO]);
    });
  });

  describe('of which one came home under the name of another', () => {
    it('gives both their own', () => {
      expect(life.cards('robbed')[C]?.name).toBe('eth0');
      expect(life.cards('robbed')[A]?.name).toMatch(/^dev\d+$/);
      for (const id of ['eth0', 'eth2'])
        expect(life.verdict('gc-robbed', id)).toMatchObject({ action: 'reclaim', done: true });
      expect(life.cards('settled')).toEqual(life.cards('after'));
    });
  });

  describe('of pods that died without a word, on a node with udev', () => {
    it('sees the kernel send both home, of which one only can keep the pod’s name', () => {
      const names = [A, B].map((mac) => death.cards('returned')[mac]?.name);
      expect(names.sort()).toEqual([expect.stringMatching(/^dev\d+$/), 'eth0']);
      for (const id of ['ens8', 'ens9']) expect(death.eni('list-orphan', id)?.state).toBe('orphan');
    });

    it('gives them their names back although udev made these altnames of theirs', () => {
      expect(death.cards('returned')[A]?.altnames).toContain('ens8');
      expect(death.cards('returned')[B]?.altnames).toContain('ens9');
      for (const id of ['ens8', 'ens9'])
        expect(death.verdict('gc', id)).toMatchObject({ action: 'reclaim', done: true });
      expect(death.cards('restored')).toEqual(death.cards('before'));
    });

    it('brings a card home whose netns dies in the middle of a del (sriov-cni#126, kubernetes/kubernetes#89440)', () => {
      for (const tenths of [2, 4, 6])
        expect(death.answer<DelAnswer>(`del-dying-${tenths}`).returned).toMatchObject([{ remaining: [] }]);
      expect(death.cards('home-dying')).toEqual(death.cards('before'));
    });

    it('waits for a card that is nowhere, until its netns is really gone', () => {
      const mac = death.answer<AddAnswer>('add-held').mac;
      expect(death.cards('nowhere')).not.toHaveProperty([mac]);
      expect(death.answer<DelAnswer>('del-nowhere').returned).toMatchObject([{ remaining: [] }]);
      expect(death.cards('after')).toEqual(death.cards('before'));
    });

    it('brings home by its driver, where that is forced, a card that nobody ever frees', () => {
      expect(death.step('del-stuck')).toMatchObject({ code: 1, answer: { error: { code: 'LINK_LOST' } } });
      const [returned] = death.answer<DelAnswer>('del-forced').returned;
      const mac = death.answer<AddAnswer>('add-stuck').mac;
      const { ifindex: _, ...before } = death.cards('before')[mac] ?? { ifindex: 0 };
      expect(death.cards('forced')[mac]).toMatchObject(before);
      expect(returned?.remaining).toEqual([]);
    });

    it('frees those whose names at home others have by now, as a name or an altname, and leaves the others theirs', () => {
      for (const [id, mac] of [
        ['ens8', A],
        ['ens9', B],
      ] as const) {
        expect(death.verdict('gc-taken', id)).toMatchObject({ action: 'reclaim', done: true });
        expect(death.eni('list-taken', id)).toMatchObject({ state: 'free', link: { netns: null } });
        const { name, ...look } = death.cards('forced')[mac] as Card;
        expect(death.cards('taken')[mac]).toMatchObject({ mtu: look.mtu, alias: look.alias, up: look.up });
        expect(death.cards('taken')[mac]?.name).toMatch(/^(eth0|dev\d+)$/);
        expect(name).toBe(id);
      }
      const others = death.answer<{ ifname: string; altnames?: string[] }[]>('taken');
      expect(others).toContainEqual(expect.objectContaining({ ifname: 'other', altnames: ['ens9'] }));
      expect(others.filter(({ ifname }) => ifname === 'ens8')).toHaveLength(1);
    });

    it('gives one its name back with the next del, when it is free again', () => {
      expect(death.answer<DelAnswer>('del-free').returned).toMatchObject([{ link: { name: 'ens8' }, remaining: [] }]);
      expect(death.cards('free')[A]).toEqual(death.cards('forced')[A]);
    });
  });

  describe('that are pulled out', () => {
    it('misses them, at home and in the pod', () => {
      expect(unplug.eni('list-unplugged', 'eth0')).toMatchObject({ state: 'missing', link: null });
      expect(unplug.eni('list-unplugged', 'eth1')).toMatchObject({ state: 'missing', link: null });
    });

    it('frees what the pod had', () => {
      expect(unplug.answer<DelAnswer>('del-unplugged').returned).toMatchObject([{ link: null, remaining: [] }]);
    });

    it('knows one again that is plugged in again, under another ifindex', () => {
      const before = unplug.answer<AddAnswer>('add').interface.ifindex;
      const now = unplug.eni('list-replugged', 'eth0');
      expect(now).toMatchObject({ state: 'free', link: { name: 'eth0', netns: null } });
      expect(now?.link?.ifindex).not.toBe(before);
      expect(unplug.answer<AddAnswer>('add-replugged').mac).toBe(A);
      expect(unplug.cards('pod')[A]).toMatchObject({ name: 'eth0', up: true, addresses: ['10.0.0.1/24'] });
    });

    it('does not take another card in the same slot for the one that was pulled out', () => {
      expect(unplug.eni('list-replaced', 'eth0')).toMatchObject({ state: 'missing', link: null });
      expect(unplug.answer<DelAnswer>('del-replaced').returned).toMatchObject([{ link: null, remaining: [] }]);
      expect(unplug.cards('home')[C]).toMatchObject({ alias: null, up: false });
    });
  });

  describe('that are plugged in again in another slot', () => {
    const where = `the NIC with MAC ${B} is eth1 at 0000:00:10.0, not at 0000:00:09.0`;

    it('are missing, and it is said where they are', () => {
      expect(unplug.eni('list-moved', 'eth1')).toMatchObject({ state: 'missing', link: null, note: where });
      expect(unplug.step('add-moved')).toMatchObject({
        answer: { error: { code: 'NOT_THERE', message: `ENI eth1: ${where}.` } },
      });
    });

    it('are known there once the inventory was made anew, by their own ID', () => {
      expect(unplug.eni('list-known', 'eth1')).toMatchObject({ state: 'free', link: { name: 'eth1', netns: null } });
    });
  });

  describe('when an add is killed', () => {
    it('was really killed each time', () => {
      for (const name of ['unmoved', 'moving', 'moved', 'configured']) expect(kill.step(name).code).toBe(137);
    });

    it('before the card moved: gc', () => {
      expect(kill.verdict('gc-unmoved', 'eth0')).toMatchObject({ action: 'reclaim', done: true });
      expect(kill.cards('home-unmoved')).toEqual(kill.cards('before'));
    });

    it('while its last command still moves the card: del', () => {
      expect(kill.answer<DelAnswer>('del-moving').returned).toMatchObject([{ link: { name: 'eth0' }, remaining: [] }]);
      expect(kill.cards('home-moving')).toEqual(kill.cards('before'));
    });

    it('when the card had moved: the same add again finishes it, and del', () => {
      expect(kill.answer<AddAnswer>('add-again').mac).toBe(A);
      expect(kill.cards('pod-again')[A]).toMatchObject({ name: 'eth0', up: true, addresses: ['10.0.0.1/24'] });
      expect(kill.cards('home-again')).toEqual(kill.cards('before'));
    });

    it('when the card was set up, and then the pod dies: gc', () => {
      expect(kill.verdict('gc-dead', 'eth0')).toMatchObject({ action: 'reclaim', done: true });
      expect(kill.cards('home-dead')).toEqual(kill.cards('before'));
    });

    it.each([
      [2, 'home'],
      [3, 'netns'],
    ])('in the kernel’s hands, before and after the move: del (%d: the card is in its %s)', (moment, at) => {
      expect(kill.step(`own-${moment}`).code).toBe(137);
      expect(kill.answer<{ nics: unknown }>(`where-own-${moment}`).nics).toMatchObject([{ at }]);
      expect(kill.answer<DelAnswer>(`del-own-${moment}`).returned).toMatchObject([{ remaining: [] }]);
      expect(kill.cards(`home-own-${moment}`)).toEqual(kill.cards('before'));
    });
  });
});
