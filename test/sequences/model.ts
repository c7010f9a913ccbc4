/**
 * The reference: what a node must be like after each command, by what docs/concepts.md promises. It knows nothing of how enim does it. Where
 * a command was killed it cannot know how far that had come; it then takes over what is seen, if it may have come of that command.
 */
import { expect } from '@jest/globals';
import type { EniAnswer } from '../fabric/answers.js';

/** A pod; its name is also the ID of its container. */
export interface ModelPod {
  readonly name: string;
  /** Pods of one owner follow each other. */
  readonly owner: string;
  /** `unnamed`: no path leads to its netns any more, but a process lives in it. */
  life: 'named' | 'unnamed' | 'dead';
  inhabited: boolean;
}

/** `home`, `nowhere`, or the name of a pod. */
type Place = string;

/** A record of the state file. */
export interface ModelRecord {
  readonly container: string;
  readonly phase: 'attaching' | 'attached' | 'releasing';
  readonly boot: 'this' | 'earlier';
  /** Whether the netns is recorded by its own path or by that of a process in it. */
  readonly by: 'name' | 'process';
}

/** A NIC as the kernel shows it. */
export interface ModelLink {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** The container that its label names. */
  readonly label: string | null;
}

/** What kernel and state file say of one ENI. */
export interface Facts {
  readonly at: Place;
  readonly link: ModelLink | null;
  readonly record: ModelRecord | null;
  /** The container that the provider takes for its holder. */
  readonly holder: string | null;
}

/** One ENI. */
export interface ModelEni {
  readonly id: string;
  /** What its NIC looks like at home. The MTU is as it was plugged in, unless the record that knew it was lost. */
  readonly home: { readonly name: string; readonly mac: string; mtu: number };
  now: Facts;
}

/** All that is seen of an ENI, `enim list` included. */
export type Seen = Facts & { readonly state: EniAnswer['state']; readonly listed: string | null };

/** The MTU of a NIC that was just plugged in. */
const MTU = 1500;

/** Which attachments a del means. */
export interface DelRequest {
  readonly owner: string;
  readonly container: string | null;
  /** The pod that `--netns` names. */
  readonly netns: ModelPod | null;
}

/** What an add must answer: an exit code, and if that is 0 one of these ENIs. */
export interface AddAnswers {
  readonly exit: number;
  readonly choices: readonly ModelEni[];
}

/** The node. */
export class Model {
  readonly pods: ModelPod[] = [];
  readonly enis: readonly ModelEni[];

  constructor(enis: readonly { readonly id: string; readonly mac: string; readonly ifname: string }[]) {
    this.enis = enis.map(({ id, mac, ifname }) => {
      const home = { name: ifname, mac, mtu: MTU };
      return { id, home, now: { at: 'home', link: { ...home, label: null }, record: null, holder: null } };
    });
  }

  /** What must be seen. */
  expected(): Record<string, Seen> {
    return Object.fromEntries(this.enis.map(({ id, now }) => [id, { ...now, ...this.#listed(now) }]));
  }

  /** The living pod of an owner that has a path. */
  reachable(owner: string): ModelPod | undefined {
    return this.pods.find((pod) => pod.owner === owner && pod.life === 'named');
  }

  /** The NICs in a pod. */
  inside({ name }: ModelPod): readonly ModelEni[] {
    return this.enis.filter(({ now }) => now.at === name);
  }

  #pod(name: string): ModelPod | undefined {
    return this.pods.find((pod) => pod.name === name);
  }

  /** Whether the path that is recorded leads to the pod's netns. */
  #leadsThere({ container, by, boot }: ModelRecord): boolean {
    const pod = this.#pod(container);
    return boot === 'this' && (by === 'name' ? pod?.life === 'named' : pod?.inhabited === true);
  }

  #isInhabited({ at, record }: Facts): boolean {
    return record?.boot === 'this' && at === record.container && this.#pod(at)?.inhabited === true;
  }

  #listed(now: Facts): Pick<Seen, 'state' | 'listed'> {
    const { at, record, holder } = now;
    const state = (): EniAnswer['state'] => {
      if (record === null) {
        if (holder !== null) return 'orphan';
        return at === 'home' ? 'free' : at === 'nowhere' ? 'missing' : 'orphan';
      }
      if (record.phase === 'releasing') return 'releasing';
      if (at === 'nowhere') return 'missing';
      if (!this.#leadsThere(record) && !this.#isInhabited(now)) return 'orphan';
      return at === 'home' && record.phase === 'attached' ? 'orphan' : 'used';
    };
    return { state: state(), listed: record?.container ?? holder };
  }

  // What the node does.

  /** The netns goes, and the NICs in it: cards come home under these names, virtual ones die. */
  die(pod: ModelPod, names: ReadonlyMap<string, string>): void {
    for (const eni of this.inside(pod)) {
      const name = names.get(eni.id);
      if (name === undefined) this.unplug(eni);
      else this.#changeLink(eni, 'home', { name });
    }
    pod.life = 'dead';
    pod.inhabited = false;
  }

  /** Somebody in the pod changes the NIC. */
  change(eni: ModelEni, change: Partial<ModelLink>): void {
    // Without a record nobody knows what it was.
    if (eni.now.record === null) eni.home.mtu = change.mtu ?? eni.home.mtu;
    this.#changeLink(eni, eni.now.at, change);
  }

  #changeLink(eni: ModelEni, at: Place, change: Partial<ModelLink>): void {
    const { link } = eni.now;
    if (link !== null) eni.now = { ...eni.now, at, link: { ...link, ...change } };
  }

  unplug(eni: ModelEni): void {
    eni.now = { ...eni.now, at: 'nowhere', link: null };
  }

  /** A NIC that is plugged in anew knows nothing of what was set on it. */
  plug(eni: ModelEni): void {
    if (eni.now.record === null) eni.home.mtu = MTU;
    eni.now = { ...eni.now, at: 'home', link: { name: eni.home.name, mac: eni.home.mac, mtu: MTU, label: null } };
  }

  reboot(): void {
    for (const pod of this.pods) {
      pod.life = 'dead';
      pod.inhabited = false;
    }
    for (const eni of this.enis) {
      const { record } = eni.now;
      if (record !== null) eni.now = { ...eni.now, record: { ...record, boot: 'earlier' } };
      this.plug(eni);
    }
  }

  /** With the state file goes what the NICs looked like at home; the labels tell only the name. */
  loseState(): void {
    for (const eni of this.enis) {
      eni.now = { ...eni.now, record: null, holder: null };
      if (eni.now.link !== null) eni.home.mtu = eni.now.link.mtu;
    }
  }

  // What enim does.

  /** ENIs that an add may change. */
  addTouches(pod: ModelPod, wish: ModelEni | null): readonly ModelEni[] {
    return this.enis.filter((eni) => {
      const mine = heldBy(eni.now);
      return mine === pod.name || (mine === null && (wish === null || eni === wish));
    });
  }

  /** Does what an add does before it chooses an ENI, and says what it then must answer. */
  add(pod: ModelPod, wish: ModelEni | null): AddAnswers {
    const own = this.enis.find(({ now }) => now.record?.container === pod.name);
    if (own !== undefined) {
      const { at, link, record } = own.now;
      if (at === pod.name && link?.name === 'eth0' && record?.phase !== 'releasing') return { exit: 0, choices: [own] };
      this.giveBack(own);
    }
    if (this.inside(pod).some(({ now }) => now.link?.name === 'eth0')) return { exit: 2, choices: [] };
    const isMine = ({ now }: ModelEni): boolean => [null, pod.name].includes(heldBy(now));
    if (wish !== null && !isMine(wish)) return { exit: 3, choices: [] };
    if (wish !== null && wish.now.at !== 'home') return { exit: 4, choices: [] };
    const fit = this.enis.filter((eni) => isMine(eni) && eni.now.at === 'home' && (wish === null || eni === wish));
    if (fit.length === 0) return { exit: 3, choices: [] };
    const held = this.enis.find(({ now }) => now.holder === pod.name);
    if (held === undefined) return { exit: 0, choices: fit };
    return fit.includes(held) ? { exit: 0, choices: [held] } : { exit: 1, choices: [] };
  }

  /** The pod has the ENI. */
  attach(eni: ModelEni, pod: ModelPod): void {
    const { at, record, holder } = eni.now;
    const isIn = record !== null && at === pod.name;
    this.#changeLink(eni, pod.name, isIn ? {} : { name: 'eth0', label: pod.name });
    eni.now = {
      ...eni.now,
      record: isIn
        ? { ...record, phase: 'attached' }
        : { container: pod.name, phase: 'attached', boot: 'this', by: 'name' },
      holder: isIn ? holder : pod.name,
    };
  }

  /** Exit code of a del, and the ENIs that it brings home. */
  del({ owner, container, netns }: DelRequest): { readonly exit: number; readonly enis: readonly ModelEni[] } {
    const isMeant = (name: string | null): boolean =>
      name !== null && this.#pod(name)?.owner === owner && (container === null || name === container);
    const isThere = ({ container: name, by }: ModelRecord): boolean =>
      container !== null || netns === null || (by === 'name' && name === netns.name);
    const held = this.enis.filter(({ now: { record, holder } }) =>
      record === null ? isMeant(holder) : isMeant(record.container) && isThere(record),
    );
    if (new Set(held.map(({ now }) => heldBy(now))).size > 1) return { exit: 2, enis: [] };
    if (held.length > 0 || netns === null) return { exit: 0, enis: held.map((eni) => this.#firstOf(eni)) };
    return { exit: 0, enis: this.inside(netns).filter(({ now }) => isMeant(now.link?.label ?? null)) };
  }

  /** Without a record, one that the provider gave counts no more than one that carries the label. */
  #firstOf(held: ModelEni): ModelEni {
    const { record, holder } = held.now;
    if (record !== null) return held;
    const isAlike = ({ now }: ModelEni): boolean =>
      now.record === null && (now.holder ?? now.link?.label ?? null) === holder;
    return this.enis.find(isAlike) ?? held;
  }

  /** The NIC is home as it was, and the ENI free. */
  giveBack(eni: ModelEni): void {
    const { at, link } = eni.now;
    const container = whose(eni.now);
    for (const each of this.enis) if (each.now.holder === container) each.now = { ...each.now, holder: null };
    const home = link === null ? null : { ...eni.home, label: null };
    eni.now = { at: at === 'nowhere' ? at : 'home', link: home, record: null, holder: null };
  }

  /** What gc has to do with an ENI, if anything. */
  fate({ now }: ModelEni): 'reclaim' | 'record' | null {
    const { at, record } = now;
    if (record !== null) {
      if (record.boot === 'earlier' || record.phase === 'releasing') return 'reclaim';
      if (at === record.container) return this.#leadsThere(record) || this.#isInhabited(now) ? null : 'reclaim';
      return at === 'nowhere' && this.#leadsThere(record) ? null : 'reclaim';
    }
    const container = whose(now);
    // A second record would take the place of that of the other.
    if (container === null || this.#isRecorded(container)) return null;
    return at === 'home' || at === 'nowhere' ? 'reclaim' : 'record';
  }

  #isRecorded(container: string): boolean {
    return this.enis.some(({ now }) => now.record?.container === container);
  }

  /** ENIs in a pod that cannot be recorded again, for their container has another by now. */
  get outrun(): readonly ModelEni[] {
    return this.enis.filter(({ now }) => now.record === null && this.#pod(now.at) && this.#isRecorded(now.at));
  }

  /** What may change with these: the provider knows containers, not ENIs. */
  relatives(enis: readonly ModelEni[]): readonly ModelEni[] {
    const containers = enis.map(({ now }) => whose(now));
    return this.enis.filter((eni) => enis.includes(eni) || (eni.now.holder && containers.includes(eni.now.holder)));
  }

  /** The NIC that is in a pod is recorded again. */
  recordAgain(eni: ModelEni): void {
    const pod = this.#pod(eni.now.at);
    if (pod === undefined) throw new Error(`${eni.id} is in no pod.`);
    const by = pod.life === 'named' ? 'name' : 'process';
    // The provider gives an endpoint one ENI.
    const held = this.enis.some(({ now }) => now.holder === pod.name);
    eni.now = {
      ...eni.now,
      record: { container: pod.name, phase: 'attached', boot: 'this', by },
      holder: held ? eni.now.holder : pod.name,
    };
  }

  /**
   * Takes over what is seen after a kill. ENIs that the command was not about are as they were; the others are whose they were, or
   * nobody's, or the pod's that the command was for; and none is in a pod without a record.
   */
  settle(seen: Readonly<Record<string, Facts>>, touched: readonly ModelEni[], heir: ModelPod | null = null): void {
    for (const eni of this.enis) {
      const { id, now: before, home } = eni;
      const after = seen[id] as Facts;
      if (!touched.includes(eni)) expect({ [id]: after }).toEqual({ [id]: before });
      const { record, holder, link, at } = before;
      const owners = [null, record?.container, holder, link?.label, heir?.name];
      expect(owners).toContain(after.record?.container ?? null);
      expect(owners).toContain(after.holder);
      expect(owners).toContain(after.link?.label ?? null);
      expect([at, at === 'nowhere' ? at : 'home', heir?.name]).toContain(after.at);
      if (at !== 'nowhere') {
        expect([link?.mac, home.mac]).toContain(after.link?.mac);
        expect([link?.mtu, home.mtu]).toContain(after.link?.mtu);
        expect([link?.name, home.name, 'eth0']).toContain(after.link?.name);
      }
      if (after.at !== at && after.at !== 'home') expect(after.record?.container).toBe(after.at);
      eni.now = after;
    }
    const containers = this.enis.flatMap(({ now: { record } }) => (record === null ? [] : [record.container]));
    expect(containers).toEqual([...new Set(containers)]);
  }
}

/** Who has an ENI. */
function heldBy({ record, holder }: Facts): string | null {
  return record?.container ?? holder;
}

/** The same, or, where that is not known any more, who had it. */
function whose(now: Facts): string | null {
  return heldBy(now) ?? now.link?.label ?? null;
}
