/** The node that the commands work on: what happens to it and to its pods besides enim, and what is seen of it. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from '../fabric/answers.js';
import { ipBatch, must } from '../fabric/exec.js';
import type { EnimResult } from '../fabric/executable.js';
import type { TestEni } from '../fabric/inventory.js';
import type { RawLink } from '../fabric/links.js';
import { createNode, type Node } from '../fabric/node.js';
import type { Pod } from '../fabric/pod.js';
import { eventually } from '../fabric/poll.js';
import { EXECUTABLE } from '../fabric/requirements.js';
import type { Facts, ModelLink, ModelPod, ModelRecord, Seen } from './model.js';

/** A record, as it stands in the state file. */
interface Recorded {
  readonly containerID: string;
  readonly phase: ModelRecord['phase'];
  readonly bootID: string;
  readonly eni: { readonly id: string; readonly mac: string };
  readonly netns: { readonly path: string };
  readonly snapshot: { readonly ifindex: number };
}

/** How a run of enim ended. */
export interface Ran extends EnimResult {
  readonly killed: boolean;
}

/** A node, its pods by name, and what was done to them. */
export class World {
  readonly #pods = new Map<string, { readonly pod: Pod; readonly pids: number[] }>();
  readonly #living = new Set<string>();
  readonly #bootFile: string;
  #bootID = '';
  /** What was done, a line a command. */
  readonly trace: string[] = [];

  private constructor(readonly node: Node) {
    this.#bootFile = join(node.dir, 'boot_id');
    this.#newBootID();
  }

  static async create(enis: number): Promise<World> {
    return new World(await createNode({ enis }));
  }

  #newBootID(): void {
    this.#bootID = randomUUID();
    writeFileSync(this.#bootFile, `${this.#bootID}\n`);
  }

  /**
   * Runs enim, and waits until nothing that it has started is at work any more.
   *
   * @param step of ENIM_FAILPOINT, at which it is killed
   */
  async enim(args: readonly string[], step: number | null = null): Promise<Ran> {
    const env = step === null ? {} : { ENIM_FAILPOINT: String(step) };
    const result = await this.node.start([...this.#inThisBoot(), EXECUTABLE, ...args, '--json'], { env }).result;
    const killed = result.signal === 'SIGKILL';
    this.trace.push(`enim ${args.join(' ')}: ${killed ? `killed at step ${step}` : `exit code ${result.code}`}`);
    if (killed) await this.waitForOrphans();
    return { ...result, killed };
  }

  /** The kernel has one boot ID at a time; a mount namespace of its own shows the process another one. */
  #inThisBoot(): string[] {
    const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
    return ['unshare', '--mount', 'sh', '-c', script, this.#bootFile];
  }

  /** What killed processes have started holds the locks that it has inherited for as long as it works. */
  async waitForOrphans(): Promise<void> {
    const locks = existsSync(this.node.runDir) ? readdirSync(this.node.runDir) : [];
    for (const name of locks) await must('flock', [join(this.node.runDir, name), 'true']);
  }

  path(pod: ModelPod): string {
    return this.#entry(pod.name).pod.path;
  }

  #entry(name: string): { readonly pod: Pod; readonly pids: number[] } {
    const entry = this.#pods.get(name);
    if (entry === undefined) throw new Error(`There is no pod ${name}.`);
    return entry;
  }

  async startPod(name: string): Promise<void> {
    this.#pods.set(name, { pod: await this.node.pod(name), pids: [] });
    this.#living.add(name);
    this.trace.push(`pod ${name} starts`);
  }

  async startProcess({ name }: ModelPod): Promise<void> {
    const { pod, pids } = this.#entry(name);
    pids.push((await pod.holdByProcess()).pid);
    this.trace.push(`a process starts in ${name}`);
  }

  async unmount({ name }: ModelPod): Promise<void> {
    await this.#entry(name).pod.unmount();
    this.trace.push(`the path of ${name} goes`);
  }

  /** Runs `ip` inside, also where only a process leads there. */
  async ip(name: string, ...args: string[]): Promise<string> {
    const { pod, pids } = this.#entry(name);
    return must('nsenter', [`--net=${pod.named ? pod.path : `/proc/${pids[0]}/ns/net`}`, 'ip', ...args]);
  }

  /** The links in a pod. */
  async links(name: string): Promise<RawLink[]> {
    return JSON.parse(await this.ip(name, '-j', '-d', 'address', 'show')) as RawLink[];
  }

  /**
   * The netns of a pod goes.
   *
   * @param nics as cards come home by themselves, under the name that they have there if it is free; otherwise they die with it
   * @returns the names of those that came home, by the ID of the ENI
   */
  async die({ name }: ModelPod, nics: 'cards' | 'virtual'): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    const dying: string[] = [];
    for (const { ifname, ifindex, address, eni } of (await this.links(name)).flatMap((link) => this.eniOf(link))) {
      const home = await this.node.links();
      const taken = home.some((each) => each.ifname === ifname);
      const target = taken ? `dev${ifindex}` : ifname;
      if (nics === 'virtual') dying.push(`peer-${eni.ifname}`);
      else {
        // With another MAC and another index nothing tells at home which veth it is; a card has a permanent MAC besides.
        const left = address === eni.mac ? undefined : this.#indexAtHome(eni);
        const isOther = left !== undefined && (left !== ifindex || home.some((each) => each.ifindex === ifindex));
        if (isOther) await this.change(name, ifname, { mac: eni.mac });
        await this.ip(name, 'link', 'set', 'dev', ifname, 'netns', this.node.netns, 'name', target);
      }
      if (nics === 'cards') names.set(eni.id, target);
    }
    await this.#entry(name).pod.destroy();
    this.#living.delete(name);
    await eventually('that the NICs of a pod die with it', async () => {
      const peers = await this.node.links(this.node.fabric);
      return !peers.some(({ ifname }) => dying.includes(ifname));
    });
    const fates = [...names].map(([id, as]) => `, ${id} is home as ${as}`).join('');
    this.trace.push(`pod ${name} dies${fates}`);
    return names;
  }

  /** The index that its record has of the time before it left. */
  #indexAtHome({ mac }: TestEni): number | undefined {
    const records = Object.values(this.node.state()?.attachments ?? {}) as unknown as Recorded[];
    return records.find(({ eni }) => eni.mac === mac)?.snapshot.ifindex;
  }

  /** Sets something on a NIC that is down meanwhile. */
  async change(name: string, ifname: string, change: Partial<ModelLink>): Promise<void> {
    const set = Object.entries(change).flatMap(([key, value]) => [key === 'mac' ? 'address' : key, String(value)]);
    await this.ip(name, 'link', 'set', 'dev', ifname, 'down');
    await this.ip(name, 'link', 'set', 'dev', ifname, ...set);
    await this.ip(name, 'link', 'set', 'dev', change.name ?? ifname, 'up');
    this.trace.push(`in ${name} ${ifname} gets ${set.join(' ')}`);
  }

  async unplug({ ifname }: { readonly ifname: string }): Promise<void> {
    await ipBatch(this.node.fabric, [`link del dev peer-${ifname}`]);
    this.trace.push(`${ifname} is pulled out`);
  }

  async plug({ ifname, mac }: TestEni): Promise<void> {
    await ipBatch(this.node.fabric, [
      `link add name peer-${ifname} type veth peer name ${ifname} netns ${this.node.netns} address ${mac}`,
      `link set dev peer-${ifname} master uplink up`,
    ]);
    this.trace.push(`${ifname} is plugged in`);
  }

  /** All pods are gone, and every NIC is as new. */
  async reboot(): Promise<void> {
    this.trace.push('the node reboots');
    await Promise.all([...this.#living].map((name) => this.#entry(name).pod.destroy()));
    this.#living.clear();
    const plugged = (await this.node.links(this.node.fabric)).map(({ ifname }) => ifname);
    for (const eni of this.node.enis) {
      // One that is dying with its pod goes by itself.
      if (plugged.includes(`peer-${eni.ifname}`)) await this.unplug(eni).catch(() => undefined);
    }
    for (const eni of this.node.enis) await this.plug(eni);
    rmSync(this.node.runDir, { recursive: true, force: true });
    this.#newBootID();
  }

  loseState(): void {
    rmSync(this.node.stateDir, { recursive: true, force: true });
    this.trace.push('the state is lost');
  }

  /** All that is seen, by the ID of the ENI. */
  async see(): Promise<Record<string, Seen>> {
    const facts = await this.facts();
    const listed = await list({ ...this.node, enim: (args) => this.enim(args.filter((each) => each !== '--json')) });
    this.trace.pop();
    return Object.fromEntries(
      listed.map(({ id, state, attachment }) => {
        const seen = { ...(facts[id] as Facts), state, listed: attachment?.containerID ?? null };
        return [id, seen];
      }),
    );
  }

  /** What kernel and state file say. */
  async facts(): Promise<Record<string, Facts>> {
    const living = [...this.#living];
    const inPods = await Promise.all(living.map(async (at) => ({ at, links: await this.links(at) })));
    const places = [{ at: 'home', links: await this.node.links() }, ...inPods];
    const found = places.flatMap(({ at, links }) =>
      links.flatMap((link) => this.eniOf(link).map(({ eni }) => ({ at, link, eni }))),
    );
    const state = this.node.state();
    const records = Object.values(state?.attachments ?? {}) as unknown as Recorded[];
    return Object.fromEntries(
      this.node.enis.map(({ id }) => {
        const [nic, ...others] = found.filter(({ eni }) => eni.id === id);
        const [record, ...further] = records.filter(({ eni }) => eni.id === id);
        if (others.length > 0) throw new Error(`The NIC of ${id} is in ${nic?.at} and in ${others[0]?.at}.`);
        if (further.length > 0) throw new Error(`${id} is recorded ${further.length + 1} times.`);
        const holder = state?.allocations[id]?.holder as { containerID: string } | null | undefined;
        const facts: Facts = {
          at: nic?.at ?? 'nowhere',
          link: nic === undefined ? null : linkOf(nic.link),
          record: record === undefined ? null : this.#recordOf(record),
          holder: holder?.containerID ?? null,
        };
        return [id, facts];
      }),
    );
  }

  #recordOf({ containerID, phase, bootID, netns }: Recorded): ModelRecord {
    const boot = bootID === this.#bootID ? 'this' : 'earlier';
    return { container: containerID, phase, boot, by: netns.path.startsWith('/proc/') ? 'process' : 'name' };
  }

  /** The ENI that the link is, if any; what a pod has put on it may have its MAC. */
  eniOf({ address = '', ifname, ifindex, linkinfo }: RawLink): (Pick<RawLink, 'ifname' | 'ifindex'> & {
    address: string;
    eni: TestEni;
  })[] {
    if (linkinfo?.info_kind !== 'veth') return [];
    const eni = this.node.enis.find(({ mac }) => [mac, disguised(mac)].includes(address));
    return eni === undefined ? [] : [{ ifname, ifindex, address, eni }];
  }
}

/** The MAC that a pod gives to the NIC with this one. */
export function disguised(mac: string): string {
  return mac.replace(/^02:/, '0a:');
}

function linkOf({ ifname, address = '', mtu, ifalias = '' }: RawLink): ModelLink {
  const label = /^enim:.*;container=([^;]*)/.exec(ifalias)?.[1] ?? null;
  if (label === null && ifalias !== '') throw new Error(`The NIC ${ifname} has the alias ${ifalias}.`);
  return { name: ifname, mac: address, mtu, label };
}
