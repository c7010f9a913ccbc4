/** One walk: commands and mishaps at random on a node, of which only what must never happen is looked for. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCall } from '../fabric/cni.js';
import type { EnimResult, RunningEnim } from '../fabric/executable.js';
import { inventory, type TestEni } from '../fabric/inventory.js';
import type { RawLink } from '../fabric/links.js';
import type { StateFile } from '../fabric/node.js';
import type { Chance } from './chance.js';
import type { ModelPod } from './model.js';
import { disguised, type World } from './world.js';

/** By hand and by the plugin, each with an interface of its own in the same pods. */
const FACES = { enim: 'eth0', eninet: 'eth1' } as const;
type Network = keyof typeof FACES;

const OWNERS = ['web-0', 'web-1', 'web-2', 'web-3'];

/** Most of what an add has; a run that has fewer is not killed. */
const STEPS = 90;

/** A command that was started, and what it may do to whom. */
interface Started {
  readonly text: string;
  readonly running: RunningEnim;
  /** Attachments, as `network/pod`, of which it says whether they may lose their NIC. */
  readonly loses: readonly string[];
  /** Of an add: the attachment that has a NIC afterwards, if it succeeds. */
  readonly gains: string | null;
  /** MAC of the NIC whose quarantine it begins or ends. */
  readonly quarantine: { readonly mac: string; readonly begins: boolean } | null;
}

interface Sighting {
  readonly at: string;
  readonly link: RawLink;
}

interface Recorded {
  readonly network: string;
  readonly containerID: string;
  readonly phase: string;
  readonly eni: { readonly id: string; readonly mac: string };
  readonly netns: { readonly path: string };
}

/** The beginning of what a command has printed. */
function said({ stdout, stderr }: EnimResult): string {
  const text = (stdout || stderr).trim().slice(0, 1_000);
  return text === '' ? '' : `\n  ${text.replaceAll('\n', '\n  ')}`;
}

function describeLink({ ifindex, ifname, address = '', ifalias = '', linkinfo }: RawLink): string {
  return `${ifindex} ${ifname} ${linkinfo?.info_kind ?? ''} ${address} ${ifalias}`.trimEnd();
}

/** A node, and what was promised to whom. */
export class Walk {
  readonly trace: string[] = [];
  readonly #pods: (ModelPod & { readonly outer: ModelPod | null })[] = [];
  /** The MAC of the NIC that an attachment has for certain, and the netns that its pod has put it into. */
  readonly #has = new Map<string, { readonly mac: string; at: string }>();
  /** What an ADD answered, for the CHECK. */
  readonly #results = new Map<string, unknown>();
  readonly #quarantined = new Set<string>();
  #entries: readonly TestEni[];
  #renamed = 0;

  constructor(
    readonly world: World,
    readonly chance: Chance,
  ) {
    this.#entries = world.node.enis;
  }

  /** One step, and a look at what it has come to. */
  async step(): Promise<void> {
    const mishaps = [
      () => this.#inhabit(),
      () => this.#unmount(),
      () => this.#die(),
      () => this.#die(),
      () => this.#die(),
      () => this.#change(),
      () => this.#change(),
      () => this.#changeMac(),
      () => this.#stack(),
      () => this.#enslave(),
      () => this.#moveOn(),
      () => this.#unplug(),
      () => this.#plug(),
      () => this.#plug(),
      () => this.#keepState(),
      () => this.#keepState(),
      () => this.#putStateBack(),
      () => this.#corruptState(),
      () => this.#editSettings(),
      () => this.#editSettings(),
    ];
    if (this.chance.below(100) < 45) await this.chance.pick(mishaps)();
    else if (this.chance.below(100) < 25) await this.#collect();
    else await this.#run(this.chance.below(100) < 30 ? 2 + this.chance.below(3) : 1);
    await this.#expectPromises();
  }

  /** All pods die, everything is plugged in, and gc has to bring it home. */
  async end(): Promise<void> {
    for (const pod of this.#living()) await this.#kill(pod);
    for (const eni of await this.#missing()) await this.world.plug(eni);
    this.#entries = this.world.node.enis;
    this.#writeSettings();
    await this.#enim(['provider', 'release', 'ops/reserve']);
    await this.#collect();
    await this.#collect();
  }

  // Commands.

  async #run(count: number): Promise<void> {
    const started: Started[] = [];
    for (let each = 0; each < count; each += 1) started.push(await this.#start());
    const before = await this.#places();
    for (const { loses, gains } of started) for (const key of gains === null ? loses : [gains]) this.#has.delete(key);
    const results = await Promise.all(started.map(({ running }) => running.result));
    await this.world.waitForOrphans();
    const places = await this.#places();
    for (const [index, { text, gains }] of started.entries()) {
      const result = results[index] as EnimResult;
      this.trace.push(`${text}: ${result.signal ?? `exit code ${result.code}`}${said(result)}`);
      if (/^\s+at .*[:(]/m.test(result.stderr)) throw new Error(`It fell over: ${result.stderr}`);
      const isAlone = !started.some(
        (other) => other.loses.includes(gains ?? '') || (other.gains === gains && other.text !== text),
      );
      if (gains === null || result.code !== 0 || !isAlone) continue;
      const [network = '', name = ''] = gains.split('/');
      const ifname = FACES[network as Network];
      const [mac] = [...places].find(([, { at, link }]) => at === name && link.ifname === ifname) ?? [];
      if (mac === undefined) throw new Error(`${text} has succeeded, and ${name} has no NIC ${ifname}.`);
      if (this.#quarantined.has(mac) && before.get(mac)?.at !== name)
        throw new Error(`${text} gave ${mac}, which is in quarantine.`);
      this.#has.set(gains, { mac, at: name });
      this.#results.set(gains, results[index]?.json);
    }
    for (const [index, { quarantine }] of started.entries()) {
      if (quarantine === null) continue;
      this.#quarantined.delete(quarantine.mac);
      if (count === 1 && quarantine.begins && results[index]?.code === 0) this.#quarantined.add(quarantine.mac);
    }
    // Whoever has drained it has cordoned it.
    if (started.some(({ text }) => text.includes('drain') || text.includes(' cordon'))) await this.#enim(['uncordon']);
  }

  async #start(): Promise<Started> {
    const { node } = this.world;
    const env = this.chance.below(100) < 35 ? { ENIM_FAILPOINT: String(1 + this.chance.below(STEPS)) } : {};
    const killed = 'ENIM_FAILPOINT' in env ? ` (killed at ${env.ENIM_FAILPOINT})` : '';
    const command = (args: readonly string[], loses: readonly string[] = [], gains: string | null = null): Started => ({
      ...{ text: `enim ${args.join(' ')}${killed}`, loses, gains, quarantine: null },
      running: node.startEnim(args, { env }),
    });
    const call = (
      verb: string,
      pod: ModelPod | null,
      loses: readonly string[],
      gains: string | null,
      network: Record<string, unknown> = {},
    ): Started => {
      const name = pod?.name ?? 'none';
      const netns = pod?.life === 'named' ? this.world.path(pod) : '';
      const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${pod?.owner ?? 'x'};K8S_POD_UID=${name}`;
      const running = startCall(node, verb, { containerID: name, netns, ifname: FACES.eninet, args, network, env });
      return { text: `${verb} ${name}${killed}`, running, loses, gains, quarantine: null };
    };
    const add = async (): Promise<Started> => {
      const pod = await this.#anyPod();
      const wish = this.chance.below(100) < 15 ? ['--eni', this.chance.pick(this.world.node.enis).id] : [];
      const args = [
        'add',
        `default/${pod.owner}`,
        '--netns',
        this.world.path(pod),
        '--container-id',
        pod.name,
        ...wish,
      ];
      return command(args, [], `enim/${pod.name}`);
    };
    const cniAdd = async (): Promise<Started> => {
      const pod = await this.#anyPod();
      return call('ADD', pod, [], `eninet/${pod.name}`);
    };
    const del = async (): Promise<Started> => {
      const pod = this.chance.pick([...this.#pods, await this.#anyPod()]);
      const how = this.chance.below(100) < 70 ? ['--container-id', pod.name] : [];
      const loses = this.#pods.filter(
        ({ owner, name }) => owner === pod.owner && (how.length === 0 || name === pod.name),
      );
      return command(
        ['del', `default/${pod.owner}`, ...how],
        loses.flatMap(({ name }) => Object.keys(FACES).map((network) => `${network}/${name}`)),
      );
    };
    const cniDel = async (): Promise<Started> => {
      const pod = this.chance.pick([...this.#pods, await this.#anyPod()]);
      return call('DEL', pod, [`eninet/${pod.name}`], null);
    };
    const cniGc = async (): Promise<Started> => {
      const valid = this.#living().filter(() => this.chance.below(100) < 80);
      const loses = this.#pods.filter((pod) => !valid.includes(pod)).map(({ name }) => `eninet/${name}`);
      const attachments = valid.map(({ name }) => ({ containerID: name, ifname: FACES.eninet }));
      return call('GC', null, loses, null, { 'cni.dev/valid-attachments': attachments });
    };
    const check = async (): Promise<Started> => {
      const pod = await this.#anyPod();
      return call('CHECK', pod, [], null, {
        prevResult: this.#results.get(`eninet/${pod.name}`) ?? { cniVersion: '1.1.0' },
      });
    };
    const quarantine = async (): Promise<Started> => {
      const { id, mac } = this.chance.pick(this.#entries);
      const begins = this.chance.below(2) === 0;
      const args = begins ? ['quarantine', id, '--reason', 'a test'] : ['restore', id];
      return { ...command(['provider', ...args]), quarantine: { mac, begins } };
    };
    const fixed = [
      ['gc', '--grace', '0s'],
      ['adopt', '--yes'],
      ['drain', '--timeout', '0s', '--grace', '0s'],
      ['cordon'],
      ['list'],
      ['doctor', '--fix'],
      ['provider', 'allocate', 'ops/reserve'],
      ['provider', 'release', 'ops/reserve'],
      ['provider', 'release', `default/${this.chance.pick(OWNERS)}`],
    ];
    const others = async (): Promise<Started> => command(this.chance.pick(fixed));
    return this.chance.pick([
      add,
      add,
      add,
      add,
      cniAdd,
      cniAdd,
      cniAdd,
      cniAdd,
      del,
      del,
      cniDel,
      cniDel,
      cniGc,
      check,
      quarantine,
      others,
      others,
      others,
    ])();
  }

  async #enim(args: readonly string[]): Promise<EnimResult> {
    const result = await this.world.node.enim(args);
    this.trace.push(`enim ${args.join(' ')}: exit code ${result.code}${said(result)}`);
    return result;
  }

  /** One gc, alone: whatever is dead is home then, and of what is home nothing is recorded. */
  async #collect(): Promise<void> {
    const { code, stdout, stderr } = await this.#enim(['gc', '--grace', '0s']);
    if (code !== 0) throw new Error(`gc ended with ${code}: ${stdout}${stderr}`);
    const places = await this.#places();
    const records = this.#records();
    const recorded = new Set(records.map(({ network, containerID }) => `${network};container=${containerID}`));
    for (const eni of this.world.node.enis) {
      const record = records.find((each) => each.eni.mac === eni.mac);
      const where = places.get(eni.mac);
      const isAlive = existsSync(record?.netns.path ?? '');
      if (where === undefined && record !== undefined && !isAlive) throw new Error(`${eni.id} is gone, and recorded.`);
      if (where?.at !== 'home' || !this.#entries.some(({ mac }) => mac === eni.mac)) continue;
      const { ifname, address, ifalias = '' } = where.link;
      if (record !== undefined) throw new Error(`${eni.id} is home, and recorded for ${record.containerID}.`);
      // The label of one that has another NIC by now goes with that.
      const [, whose = ''] = /network=(.*;container=[^;]*)/.exec(ifalias) ?? [];
      if (recorded.has(whose)) continue;
      if (ifname !== eni.ifname || address !== eni.mac || ifalias !== '')
        throw new Error(`${eni.id} is home as ${ifname} ${address} ${ifalias}, not as ${eni.ifname} ${eni.mac}.`);
    }
  }

  // Mishaps.

  #living(): readonly (ModelPod & { readonly outer: ModelPod | null })[] {
    return this.#pods.filter(({ life }) => life !== 'dead');
  }

  async #anyPod(): Promise<ModelPod> {
    const owner = this.chance.pick(OWNERS);
    const living = this.#pods.find((pod) => pod.owner === owner && pod.life === 'named' && pod.outer === null);
    return living ?? this.#startPod(owner, null);
  }

  async #startPod(owner: string, outer: ModelPod | null): Promise<ModelPod> {
    const pod = { name: `${owner}.${this.#pods.length}`, owner, life: 'named' as const, inhabited: false, outer };
    await this.world.startPod(pod.name);
    this.#pods.push(pod);
    this.trace.push(`pod ${pod.name} starts`);
    return pod;
  }

  async #inhabit(): Promise<void> {
    const pods = this.#living().filter(({ life, inhabited }) => life === 'named' && !inhabited);
    if (pods.length === 0) return;
    const pod = this.chance.pick(pods);
    await this.world.startProcess(pod);
    pod.inhabited = true;
    this.trace.push(`a process starts in ${pod.name}`);
  }

  async #unmount(): Promise<void> {
    const pods = this.#living().filter(({ life, inhabited }) => life === 'named' && inhabited);
    if (pods.length === 0) return;
    const pod = this.chance.pick(pods);
    await this.world.unmount(pod);
    Object.assign(pod, { life: 'unnamed' });
    this.trace.push(`the path of ${pod.name} goes`);
  }

  async #die(): Promise<void> {
    const pods = this.#living();
    if (pods.length > 0) await this.#kill(this.chance.pick(pods));
  }

  async #kill(pod: ModelPod): Promise<void> {
    await this.world.die(pod, this.chance.pick(['cards', 'cards', 'virtual']));
    Object.assign(pod, { life: 'dead', inhabited: false });
    this.trace.push(this.world.trace.at(-1) ?? '');
    this.#forgetAt(pod.name);
  }

  #forgetAt(at: string): void {
    for (const [key, has] of this.#has) if (has.at === at) this.#has.delete(key);
  }

  async #anyInside(): Promise<(Sighting & { readonly mac: string }) | undefined> {
    const inside = [...(await this.#places())].filter(([, { at }]) => at !== 'home');
    if (inside.length === 0) return undefined;
    const [mac, sighting] = this.chance.pick(inside);
    return { mac, ...sighting };
  }

  async #change(): Promise<void> {
    const nic = await this.#anyInside();
    if (nic === undefined) return;
    const { at, link, mac } = nic;
    const own = this.world.node.enis.find((eni) => eni.mac === mac)?.ifname ?? '';
    const what = this.chance.pick(['down', 'name', 'mtu', 'alias', 'flush']);
    const set: Record<string, readonly (readonly string[])[]> = {
      down: [['link', 'set', 'dev', link.ifname, 'down']],
      mtu: [['link', 'set', 'dev', link.ifname, 'mtu', '1400']],
      flush: [['address', 'flush', 'dev', link.ifname]],
      alias: [['link', 'property', 'add', 'dev', link.ifname, 'altname', `other-${own}`]],
      name: [
        ['link', 'set', 'dev', link.ifname, 'down'],
        ['link', 'set', 'dev', link.ifname, 'name', `net-${own}`],
      ],
    };
    for (const args of set[what] ?? []) await this.world.ip(at, ...args).catch(() => undefined);
    this.trace.push(`in ${at} ${link.ifname}: ${what}`);
  }

  /** Of one that is recorded where it is: a veth has no permanent MAC, and nothing else tells then which it is. */
  async #changeMac(): Promise<void> {
    const nic = await this.#anyInside();
    const pod = this.#living().find(({ name }) => name === nic?.at);
    if (nic === undefined || pod === undefined || pod.life !== 'named') return;
    const record = this.#records().find(({ eni }) => eni.mac === nic.mac);
    if (record?.netns.path !== this.world.path(pod)) return;
    await this.world.change(nic.at, nic.link.ifname, { mac: disguised(nic.mac) });
    this.trace.push(`in ${nic.at} ${nic.link.ifname} gets another MAC`);
  }

  async #stack(): Promise<void> {
    const nic = await this.#anyInside();
    if (nic === undefined) return;
    const what = this.chance.pick([['macvlan'], ['vlan', 'id', '7'], ['ipvlan']]);
    const name = `on${this.chance.below(1_000)}`;
    await this.world
      .ip(nic.at, 'link', 'add', 'link', nic.link.ifname, 'name', name, 'type', ...what)
      .catch(() => undefined);
    this.trace.push(`in ${nic.at} a ${what[0]} ${name} is made on ${nic.link.ifname}`);
  }

  async #enslave(): Promise<void> {
    const nic = await this.#anyInside();
    if (nic === undefined) return;
    await this.world.ip(nic.at, 'link', 'add', 'name', 'br0', 'type', 'bridge').catch(() => undefined);
    await this.world.ip(nic.at, 'link', 'set', 'dev', nic.link.ifname, 'master', 'br0').catch(() => undefined);
    this.trace.push(`in ${nic.at} ${nic.link.ifname} becomes a member of br0`);
  }

  /** To a netns within the pod. */
  async #moveOn(): Promise<void> {
    const nic = await this.#anyInside();
    const outer = this.#pods.find(({ name }) => name === nic?.at);
    if (nic === undefined || outer === undefined || nic.link.address !== nic.mac) return;
    const inner = await this.#startPod(outer.owner, outer);
    await this.world.ip(nic.at, 'link', 'set', 'dev', nic.link.ifname, 'netns', this.world.path(inner));
    this.trace.push(`${nic.link.ifname} goes from ${nic.at} to ${inner.name}`);
    for (const has of this.#has.values()) if (has.mac === nic.mac) has.at = inner.name;
  }

  async #unplug(): Promise<void> {
    const places = await this.#places();
    const enis = this.world.node.enis.filter(({ mac }) => places.has(mac));
    if (enis.length === 0) return;
    const eni = this.chance.pick(enis);
    await this.world.unplug(eni);
    this.trace.push(`${eni.ifname} is pulled out`);
    for (const [key, has] of this.#has) if (has.mac === eni.mac) this.#has.delete(key);
  }

  async #missing(): Promise<readonly TestEni[]> {
    const places = await this.#places();
    return this.world.node.enis.filter(({ mac }) => !places.has(mac));
  }

  async #plug(): Promise<void> {
    const enis = await this.#missing();
    if (enis.length === 0) return;
    const eni = this.chance.pick(enis);
    await this.world.plug(eni).catch(() => undefined);
    this.trace.push(`${eni.ifname} is plugged in`);
  }

  get #copy(): string {
    return join(this.world.node.dir, 'state.copy');
  }

  async #keepState(): Promise<void> {
    if (!existsSync(this.world.node.stateFile)) return;
    copyFileSync(this.world.node.stateFile, this.#copy);
    this.trace.push('the state is copied');
  }

  async #isAnyDisguised(): Promise<boolean> {
    return [...(await this.#places())].some(([mac, { link }]) => link.address !== mac);
  }

  async #putStateBack(): Promise<void> {
    if (!existsSync(this.#copy) || (await this.#isAnyDisguised())) return;
    mkdirSync(this.world.node.stateDir, { recursive: true, mode: 0o700 });
    copyFileSync(this.#copy, this.world.node.stateFile);
    this.trace.push(`the state is as it was when it was copied: ${this.#describeRecords()}`);
    this.#distrustReleasing();
  }

  async #corruptState(): Promise<void> {
    if (await this.#isAnyDisguised()) return;
    const { stateFile, stateDir } = this.world.node;
    if (!existsSync(stateDir)) return;
    const how = this.chance.pick(['corrupted', 'deleted', 'lost']);
    if (how === 'corrupted') writeFileSync(stateFile, '{"version": 3');
    if (how === 'deleted') rmSync(stateFile, { force: true });
    if (how === 'lost') rmSync(stateDir, { recursive: true, force: true });
    this.trace.push(`the state is ${how}`);
    // So that what takes its place can be seen.
    await this.#enim(['list']);
    this.trace.push(`  ${this.#describeRecords()}`);
    this.#distrustReleasing();
  }

  /** A release that is recorded goes on, whatever came after it. */
  #distrustReleasing(): void {
    this.#quarantined.clear();
    for (const { network, containerID, phase } of this.#records())
      if (phase === 'releasing') this.#has.delete(`${network}/${containerID}`);
  }

  async #editSettings(): Promise<void> {
    const entry = this.chance.pick(this.#entries);
    const other = this.chance.pick(this.#entries);
    const removed = this.world.node.enis.filter(({ mac }) => !this.#entries.some((each) => each.mac === mac));
    this.#renamed += 1;
    const name = `eni-n${this.#renamed}`;
    const edits = {
      rename: () => this.#entries.map((each) => (each === entry ? { ...each, id: name } : each)),
      swap: () =>
        this.#entries.map((each) =>
          each === entry ? { ...each, id: other.id } : each === other ? { ...each, id: entry.id } : each,
        ),
      remove: () => (this.#entries.length > 1 ? this.#entries.filter((each) => each !== entry) : this.#entries),
      add: () => [...this.#entries, ...removed],
    };
    const what = this.chance.pick(Object.keys(edits) as (keyof typeof edits)[]);
    const entries = edits[what]();
    if (new Set(entries.map(({ id }) => id)).size < entries.length) return;
    this.#entries = entries;
    this.#writeSettings();
    this.trace.push(`settings, ${what}: ${this.#entries.map(({ id, ifname }) => `${id} is ${ifname}`).join(', ')}`);
  }

  #writeSettings(): void {
    this.world.node.writeSettings(inventory(this.#entries));
  }

  // What is seen.

  #state(): StateFile | undefined {
    try {
      return this.world.node.state();
    } catch {
      return undefined;
    }
  }

  #records(): readonly Recorded[] {
    return Object.values(this.#state()?.attachments ?? {}) as unknown as Recorded[];
  }

  #describeRecords(): string {
    return (
      this.#records()
        .map(({ network, containerID, eni, phase }) => `${network}/${containerID} ${eni.id} ${phase}`)
        .join(', ') || 'no records'
    );
  }

  /** Where each NIC is, by its MAC at home. */
  async #places(): Promise<ReadonlyMap<string, Sighting>> {
    const inPods = await Promise.all(
      this.#living().map(async ({ name }) => ({ at: name, links: await this.world.links(name) })),
    );
    const places = new Map<string, Sighting>();
    for (const { at, links } of [{ at: 'home', links: await this.world.node.links() }, ...inPods]) {
      for (const link of links) {
        const [known] = this.world.eniOf(link);
        if (known !== undefined) places.set(known.eni.mac, { at, link });
      }
    }
    return places;
  }

  /** The links and the state, as they are now, a line each. */
  async describe(): Promise<string[]> {
    const places = [{ at: 'home', links: await this.world.node.links() }];
    for (const { name } of this.#living()) places.push({ at: name, links: await this.world.links(name) });
    const { stateFile } = this.world.node;
    return [
      ...places.flatMap(({ at, links }) => links.map((link) => `${at}: ${describeLink(link)}`)),
      existsSync(stateFile) ? readFileSync(stateFile, 'utf8').trim() : 'no state',
    ];
  }

  /** What must hold whatever came before. */
  async #expectPromises(): Promise<void> {
    const places = await this.#places();
    for (const [key, { mac, at }] of this.#has) {
      const seen = places.get(mac);
      if (seen?.at !== at) throw new Error(`${key} had ${mac} in ${at}, and it is in ${seen?.at ?? 'no netns'} now.`);
    }
    const macs = this.#records().map(({ eni }) => eni.mac);
    if (new Set(macs).size < macs.length) throw new Error(`A NIC is recorded twice: ${this.#describeRecords()}`);
    const holders = Object.values(this.#state()?.allocations ?? {}).flatMap(({ holder, ...entry }) =>
      holder === null ? [] : [{ mac: (entry as unknown as Recorded).eni.mac, whose: JSON.stringify(holder) }],
    );
    for (const what of ['mac', 'whose'] as const)
      if (new Set(holders.map((each) => each[what])).size < holders.length)
        throw new Error(`The ledger holds twice: ${JSON.stringify(holders)}`);
  }
}
