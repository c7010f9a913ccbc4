/**
 * A whole machine in memory: the manager's parts over a fake kernel, with a log of every call, and with calls that fail or never
 * return at a chosen place.
 */
import type { Hardware } from '../../src/link/bus.js';
import { createLinkDriver, type LinkDriver } from '../../src/link/driver.js';
import type { NetnsHolders } from '../../src/link/holders.js';
import { type NetnsDirectory, netnsPath, type ReachableNetns } from '../../src/link/netns.js';
import type { Parts } from '../../src/manager/parts.js';
import type { Allocations } from '../../src/model/allocation.js';
import type { NetnsRef } from '../../src/model/attachment.js';
import { type Attachment, type AttachmentKey, keyOf } from '../../src/model/attachment.js';
import type { Cordon } from '../../src/model/cordon.js';
import type { Eni } from '../../src/model/eni.js';
import { EnimError } from '../../src/model/errors.js';
import type { HistoryEvent } from '../../src/model/history.js';
import { type Quarantines, withoutNic } from '../../src/model/quarantine.js';
import type { Registry } from '../../src/providers/provider.js';
import { createStaticProvider } from '../../src/providers/static.js';
import type { Lock, Locks } from '../../src/store/lock.js';
import type { Store } from '../../src/store/store.js';
import { HOME, Kernel } from '../link/kernel.js';

/** A call on one of the parts, for example `store.put`. */
type Call = `${'provider' | 'store' | 'locks' | 'links' | 'netns'}.${string}`;

/** What a test does to a call: `index` counts all calls from 0. Called before the call is carried out, and after it. */
interface Interference {
  before?: (call: Call, index: number) => void | Promise<void>;
  after?: (call: Call, index: number) => void | Promise<void>;
}

const FLOW = { bytes: 4_096, packets: 2, errors: 1, dropped: 0 };

export class Machine {
  readonly kernel = new Kernel();
  readonly locks = new MemoryLocks();
  readonly inventory: Eni[] = [];
  readonly attachments = new Map<string, Attachment>();
  allocations: Allocations = {};
  quarantines: Quarantines = {};
  cordon: Cordon | null = null;
  /** What was recorded for people. No call on it can fail, so it is not among the calls. */
  readonly history: HistoryEvent[] = [];
  /** Bus addresses that hardware is plugged in at. */
  readonly bus = new Set<string>();
  /** Cards whose driver was bound anew. */
  readonly rebound: string[] = [];
  /** What differs there from a card with the driver ena. */
  readonly hardware = new Map<string, Partial<Hardware>>();
  /** Processes in each netns, by its inode. */
  readonly pids = new Map<number, number[]>();
  /** Descriptors that have a netns open, by its inode. */
  readonly descriptors = new Map<number, NetnsHolders['descriptors']>();
  /** Every call on a part, in order. */
  readonly calls: Call[] = [];
  /** What the provider can tell besides, as one of a cluster can. */
  registry: Registry | undefined;
  interference: Interference = {};
  bootID = 'boot-1';
  /** Called by each sleep, with its milliseconds. */
  onSleep: (milliseconds: number) => void | Promise<void> = () => {};
  /** What the clock is wrong by at each look, in milliseconds. */
  clockError: () => number = () => 0;
  #now = Date.parse('2026-01-01T00:00:00Z');

  constructor() {
    this.kernel.onCommand = (text, keepOpen) => {
      if (/ show| get /.test(text)) return;
      if (keepOpen.length === 0 || !keepOpen.every((fd) => this.locks.isHeld(fd)))
        throw new Error(`Changed without a lock: ip ${text}`);
    };
  }

  /** Time passes with every look at the clock, so that no two records have the same. */
  readonly clock = (): Date => {
    this.#now += 1;
    return new Date(this.#now + this.clockError());
  };

  /** A netns with one process in it. */
  addPod(name: string, pid = 4_000 + this.pids.size): { path: string; inode: number } {
    const path = `/run/netns/${name}`;
    const inode = this.kernel.addNetns(path);
    this.kernel.addDevice({ name: 'lo', mac: '00:00:00:00:00:00', ifindex: 1 }, inode);
    this.pids.set(inode, [pid]);
    return { path, inode };
  }

  /** The pod ends without a DEL: its netns goes, and the cards in it go home as the kernel has them. */
  killPod({ inode }: { inode: number }): void {
    this.pids.delete(inode);
    this.kernel.in(inode).splice(0, 1);
    this.kernel.endNetns(inode);
  }

  /** The machine is started anew: no netns outlives that. */
  reboot(): void {
    this.bootID = `${this.bootID}+`;
    for (const inode of [...this.kernel.devices.keys()]) if (inode !== HOME) this.killPod({ inode });
  }

  /** What the kernel does to a card whose driver is bound anew: its link ends wherever it is, and a new one begins at home. */
  rebind(bus: string): void {
    for (const [inode, devices] of this.kernel.devices) {
      const card = devices.find((device) => device.bus === bus);
      if (card === undefined) continue;
      devices.splice(devices.indexOf(card), 1);
      const ifindex = 1 + Math.max(...[...this.kernel.devices.values()].flat().map((device) => device.ifindex));
      this.kernel.addDevice({ name: `eth${ifindex}`, mac: card.permanentMac, bus, ifindex });
      this.rebound.push(`${bus} from ${inode}`);
      return;
    }
  }

  /** The parts as one process has them. */
  parts(): Parts {
    const driver = createLinkDriver(this.kernel);
    const hardware = {
      hardwareAt: async (address: string) => {
        if (!this.bus.has(address)) return undefined;
        const isPci = address.includes(':');
        const own = isPci ? { pciAddress: address, virtio: null } : { pciAddress: null, virtio: address };
        return { ...own, driver: 'ena', hasLink: true, isNic: true, ...this.hardware.get(address) };
      },
      driverOf: async () => null,
      counters: async (netns: NetnsRef | null, ifname: string) => {
        const device = this.kernel.in(netns?.inode ?? HOME).find(({ name }) => name === ifname);
        if (device === undefined) return null;
        return { received: { ...FLOW, packets: 3, bytes: device.received ?? FLOW.bytes }, sent: FLOW };
      },
    };
    const under: LinkDriver['under'] = (lock) =>
      this.#observed('links', { ...driver.under(lock), ...hardware, rebind: async (bus: string) => this.rebind(bus) });
    const links = { ...driver, ...hardware, under };
    const store = this.#store();
    const provider = createStaticProvider({
      inventory: this.inventory,
      discover: async () => [],
      ledger: store.ledger,
      clock: this.clock,
    });
    return {
      provider: {
        ...this.#observed('provider', provider),
        ...(this.registry === undefined ? {} : { registry: this.registry }),
      },
      store: this.#observed('store', store),
      cordon: {
        find: () => this.cordon,
        update: async (change) => {
          this.cordon = change(this.cordon);
          return this.cordon;
        },
      },
      history: {
        record: async (event) => void this.history.push(structuredClone(event)),
        read: async () => ({ events: structuredClone(this.history), ignored: 0 }),
      },
      locks: this.#observed('locks', {
        acquire: (lock: string) => this.locks.acquire(lock),
        tryAcquire: (lock: string) => this.locks.tryAcquire(lock),
        settle: (lock: string) => this.locks.settle(lock),
        settleAll: (beginning: string) => this.locks.settleAll(beginning),
      }),
      links: this.#observed('links', links),
      netns: this.#observed('netns', this.#netns()),
      clock: this.clock,
      sleep: async (milliseconds) => {
        this.#now += milliseconds;
        await this.onSleep(milliseconds);
      },
      bootID: this.bootID,
      network: 'enim',
    };
  }

  /** Kernel, records and allocations as text, without times that pass by themselves. */
  show(): string {
    const records = [...this.attachments.values()].map(
      ({ eni, phase, owner, containerID, ifname }) => `record ${eni.id} ${phase} ${owner} ${containerID} ${ifname}`,
    );
    const held = Object.values(this.allocations).flatMap(({ eni, holder }) =>
      holder === null ? [] : [`held ${eni.id} ${holder.owner} ${holder.containerID} ${holder.ifname}`],
    );
    return [this.kernel.show(), ...records.sort(), ...held.sort()].join('\n');
  }

  /** Each method of a part that has an effect, written down and open to interference; the others as they are. */
  #observed<T extends object>(name: 'provider' | 'store' | 'locks' | 'links' | 'netns', part: T): T {
    const unobserved = new Set(['faults', 'differences', 'under', 'prepare', 'close', 'pathOf']);
    const observed = Object.entries(part).map(([method, value]) => {
      if (typeof value !== 'function' || unobserved.has(method)) return [method, value];
      const watched = async (...args: unknown[]): Promise<unknown> => {
        const call: Call = `${name}.${method}`;
        const index = this.calls.push(call) - 1;
        await this.interference.before?.(call, index);
        const result: unknown = await (value as (...args: unknown[]) => unknown).apply(part, args);
        await this.interference.after?.(call, index);
        return result;
      };
      return [method, watched];
    });
    return Object.fromEntries(observed) as T;
  }

  #store(): Store {
    const copy = <T>(value: T): T => structuredClone(value);
    return {
      list: async () => [...this.attachments.values()].map(copy).sort((a, b) => (a.since < b.since ? -1 : 1)),
      find: async (key: AttachmentKey) => copy(this.attachments.get(keyOf(key))),
      put: async (attachment: Attachment) => void this.attachments.set(keyOf(attachment), copy(attachment)),
      forget: async (key: AttachmentKey) => void this.attachments.delete(keyOf(key)),
      quarantine: {
        list: async () => copy(this.quarantines),
        put: async (eni, quarantine) => {
          const others = withoutNic(this.quarantines, { id: eni, mac: quarantine.mac ?? '' });
          this.quarantines = { ...others, [eni]: quarantine };
        },
        lift: async (eni) => {
          const before = Object.keys(this.quarantines).length;
          this.quarantines = withoutNic(this.quarantines, eni);
          return Object.keys(this.quarantines).length < before;
        },
      },
      ledger: {
        read: async () => copy(this.allocations),
        update: async (change) => {
          const { allocations, result } = change(copy(this.allocations));
          this.allocations = copy(allocations);
          return copy(result);
        },
      },
    };
  }

  #netns(): NetnsDirectory {
    const find = async (path: string) => {
      const inode = this.kernel.paths.get(path);
      return inode === undefined ? undefined : { path, inode };
    };
    return {
      pathOf: netnsPath,
      find,
      get: async (text) => {
        const found = await find(netnsPath(text));
        if (found === undefined) throw new EnimError('NOT_THERE', `The netns ${netnsPath(text)} does not exist.`);
        if (found.inode === HOME) throw new EnimError('INVALID_ARGUMENT', `The netns ${text} is the node’s own.`);
        return found;
      },
      findAll: async () => {
        const named = [...this.kernel.paths].filter(([, inode]) => inode !== HOME);
        return named.map(([path, inode]): ReachableNetns => ({ path, inode, pids: this.pids.get(inode) ?? [] }));
      },
      processes: async () => new Map(this.pids),
      holders: async (inodes) => new Map(inodes.map((inode) => [inode, this.#holdersOf(inode)])),
    };
  }

  #holdersOf(inode: number): NetnsHolders {
    const named = [...this.kernel.paths].filter(([path, each]) => each === inode && !path.startsWith('/proc/'));
    return {
      paths: named.map(([path]) => ({ path, deleted: false })),
      processes: (this.pids.get(inode) ?? []).map((pid) => ({ pid, command: `command-${pid}` })),
      descriptors: this.descriptors.get(inode) ?? [],
    };
  }
}

/** Locks of one machine; a process that dies drops all of its own. */
class MemoryLocks implements Locks {
  readonly #held = new Map<string, number>();
  readonly #waiting: { name: string; go: () => void }[] = [];
  #fd = 100;

  isHeld(fd: number): boolean {
    return [...this.#held.values()].includes(fd);
  }

  /** Names of the locks that are held. */
  get names(): string[] {
    return [...this.#held.keys()];
  }

  /** What the kernel does when the holder dies. */
  dropAll(): void {
    for (const name of this.names) this.#free(name);
  }

  async acquire(name: string): Promise<Lock> {
    while (this.#held.has(name)) await new Promise<void>((go) => this.#waiting.push({ name, go }));
    return this.#take(name);
  }

  async tryAcquire(name: string): Promise<Lock | undefined> {
    return this.#held.has(name) ? undefined : this.#take(name);
  }

  async settle(name: string): Promise<void> {
    (await this.acquire(name)).release();
  }

  async settleAll(beginning: string): Promise<void> {
    await Promise.all(this.names.filter((name) => name.startsWith(beginning)).map((name) => this.settle(name)));
  }

  #take(name: string): Lock {
    this.#fd += 1;
    const fd = this.#fd;
    this.#held.set(name, fd);
    const release = (): void => {
      if (this.#held.get(name) === fd) this.#free(name);
    };
    return { fd, release, retire: release };
  }

  #free(name: string): void {
    this.#held.delete(name);
    const index = this.#waiting.findIndex((waiting) => waiting.name === name);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.go();
  }
}
