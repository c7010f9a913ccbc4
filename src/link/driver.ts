/**
 * The link driver: what enim does to the kernel, each effect named by what it changes. Nothing here decides; nothing here knows
 * of providers or of the store.
 */
import type { Programs } from '../exec.js';
import type { Attachment, NetnsRef } from '../model/attachment.js';
import type { Counters } from '../model/counters.js';
import type { DeviceSelector } from '../model/device.js';
import { EnimError } from '../model/errors.js';
import { labelOf } from '../model/label.js';
import {
  type Link,
  type LinkRoute,
  type LinkSnapshot,
  lowersOf,
  namesOf,
  type Restored,
  wordFor,
} from '../model/link.js';
import type { Setup } from '../model/setup.js';
import type { Together } from '../together.js';
import { arrange, lookAtRouting, type Routing, type Step } from './arrange.js';
import { driverOf, type Hardware, hardwareAt, rebind } from './bus.js';
import { configurationFaults, planConfigure, sysctlsFor } from './configure.js';
import { findDevice, isDevice } from './device.js';
import { writeSysctls } from './inside.js';
import type { Kernel } from './kernel.js';
import { type Moved, moveHome } from './move.js';
import { openKernel } from './open.js';
import { type Beside, giveNameBack, namesOfOthers } from './rename.js';
import { settle } from './settle.js';
import { planRestore, remainingDifferences, takeSnapshot } from './snapshot.js';
import { findSquatter } from './squatter.js';
import { lookAround, type Surroundings } from './surroundings.js';
import { putBackSysctls, readSysctls } from './sysctls.js';

/** What the node's own traffic needs, as seen in one look. */
export interface NodeUse {
  /** Default routes of all tables and both families. */
  readonly defaultRoutes: readonly LinkRoute[];
  /** Device that leads to the peer of the SSH session that we run in, if any. */
  readonly sshDevice: string | null;
  /** Names and altnames of all links at home. */
  readonly names: ReadonlySet<string>;
  /** For each link that sits on another (a VLAN, a macvlan), the name of that one. */
  readonly lowers: ReadonlyMap<string, string>;
}

/** The links at home, and what the node itself needs of them. */
export interface HomeView {
  readonly links: readonly Link[];
  readonly use: NodeUse;
}

/** How a restoration went. */
export interface Restoration {
  /** The link as it is now. */
  readonly link: Link;
  /** What differed and was put back. */
  readonly restored: readonly Restored[];
  /** What could not be put back, for example a name that another device has by now. */
  readonly remaining: readonly Restored[];
}

/** What the manager may see of the kernel's links, without a lock. */
export interface LinkDriver {
  lookHome(): Promise<HomeView>;
  /** The links in a netns; undefined once it is gone. That it may not be entered is thrown: nothing is known of what is in it. */
  lookInto(netns: NetnsRef): Promise<readonly Link[] | undefined>;
  /** The routes in a netns that the NIC of this name leads to; for one that is up. */
  routesInto(netns: NetnsRef, ifname: string): Promise<readonly LinkRoute[]>;
  /** All rules at home, the routes through these devices, and the sysctls at these paths. */
  lookAtRouting(devices: readonly string[], sysctls: readonly string[]): Promise<Routing>;
  /** What is around these links, at home (null) or in a netns; undefined once that is gone. */
  lookAround(netns: NetnsRef | null, links: readonly Link[]): Promise<Surroundings | undefined>;
  /** The link at home that a network configuration names. */
  findDevice(selector: DeviceSelector, home: readonly Link[]): Promise<Link | undefined>;
  /** Whether a link in a pod is that device. */
  isDevice(selector: DeviceSelector, link: Link): Promise<boolean>;
  /** What is missing from a NIC that `configure` set up; clauses such as "10.0.0.10/24 is not on it". */
  faults(link: Link, setup: Setup): readonly string[];
  /** What `restore` would put back. */
  differences(link: Link, snapshot: LinkSnapshot, home: readonly Link[]): readonly Restored[];
  /** What is plugged in at this bus address, whichever netns its link is in; undefined if nothing is. */
  hardwareAt(busAddress: string): Promise<Hardware | undefined>;
  /** What went through a NIC, at home (null) or in a netns; null if it, or the netns, is not there any more. */
  counters(netns: NetnsRef | null, ifname: string): Promise<Counters | null>;
  /** The kernel driver of a card, or the kind of a virtual device. */
  driverOf(link: Link): Promise<string | null>;
  /**
   * What may be done to links under a lock.
   *
   * @param fd the lock's: the processes that do the work inherit it, so that it does not end before the work
   */
  under(lock: { readonly fd: number }): LinkWork;
}

/** What the manager does to links; what it takes to be in a netns is kept until it is closed. */
export interface LinkWork extends LinkDriver {
  /** Readies home and the netns for being looked at. */
  prepare(netns: NetnsRef): void;
  /**
   * One link at home by its name, or `if5` by its index; undefined if it is not there. For one that was seen a moment ago, or is to be
   * there: of all links there may be hundreds.
   */
  lookAt(name: string): Promise<Link | undefined>;
  /** What a link at home looks like, with the routes through it. */
  snapshot(link: Link): Promise<LinkSnapshot>;
  /**
   * Labels the NIC and moves it from home into the netns, under the attachment's ifname.
   *
   * @param names of all links at home, as they were just seen
   */
  moveIn(link: Link, netns: NetnsRef, attachment: Attachment, names: ReadonlySet<string>): Promise<void>;
  /** Labels a NIC that is in the netns already. */
  label(link: Link, netns: NetnsRef, attachment: Attachment): Promise<void>;
  /** Gives the NIC its addresses, MTU and routes, announces it, and returns it as it then is. */
  configure(netns: NetnsRef, ifname: string, setup: Setup): Promise<Link>;
  /**
   * Moves the NIC from the netns to home, under `name`, or under a free name where that is taken; what the pod has put on it goes.
   *
   * @throws EnimError NOT_THERE if the netns is gone, NOT_PERMITTED, LINK_FAILED
   */
  moveHome(link: Link, netns: NetnsRef, name: string): Promise<Moved>;
  /**
   * Makes the NIC, at home, equal to its snapshot.
   *
   * @param beside what is done to a NIC that has its name, and is on its own way home, is done by this
   */
  restore(link: Link, snapshot: LinkSnapshot, beside: Beside): Promise<Restoration>;
  /** Carries out, at home, what is to be done around the node's ENIs. */
  arrange(steps: readonly Step[]): Promise<void>;
  /** Ends the card's link, wherever it is, and begins a new one at home: the last resort for a NIC that cannot be reached. */
  rebind(busAddress: string): Promise<void>;
  /** Leaves every netns; before the lock is released, or so that none lives on because of us. What is asked later enters anew. */
  close(): Promise<void>;
}

interface DriverOptions {
  /** Address of the SSH client that we were called by, if any. */
  readonly sshPeer?: string | null;
  /** Whether this process does several things at once; not unless told. */
  readonly isConcurrent?: boolean;
  /** Looks for all who want to see the same at the same time; everybody looks himself unless given. */
  readonly together?: Together | undefined;
}

/** @param programs starts programs */
export function createLinkDriver(programs: Programs, options: DriverOptions = {}): LinkDriver {
  const { sshPeer = null, isConcurrent = false, together } = options;
  const once: Use = async (work) => {
    const kernel = openKernel(programs, [], isConcurrent);
    try {
      return await work(kernel);
    } finally {
      await kernel.close();
    }
  };
  const driver = (use: Use): LinkDriver => ({
    lookHome: () => share(use, `home, as seen by ${sshPeer}`, (kernel) => lookHome(kernel, sshPeer)),
    lookInto: (netns) =>
      share(use, `links in ${netns.inode} at ${netns.path}`, (kernel) => ifThere(kernel.links(netns))),
    routesInto: async (netns, ifname) =>
      (await use((kernel) => kernel.routes(netns, { dev: ifname }))).filter(({ dev }) => dev === ifname),
    lookAtRouting: (devices, sysctls) => use((kernel) => lookAtRouting(kernel, devices, sysctls)),
    lookAround: (netns, around) => use((kernel) => ifThere(lookAround(kernel, netns ?? 'home', around))),
    findDevice,
    isDevice,
    faults: configurationFaults,
    differences,
    hardwareAt,
    counters: async (netns, ifname) =>
      (await use((kernel) => ifThere(kernel.counters(netns ?? 'home', ifname)))) ?? null,
    driverOf,
    under({ fd }) {
      const kernel = openKernel(programs, [fd], isConcurrent);
      return {
        ...driver((work) => work(kernel)),
        ...changes(programs, kernel, fd),
        prepare: (netns) => kernel.prepare(['home', netns]),
        close: kernel.close,
      };
    },
  });
  /** A look that is shared leaves every netns at its end: whoever asked for it may have left before it began. */
  function share<T>(use: Use, what: string, work: (kernel: Kernel) => Promise<T>): Promise<T> {
    return together === undefined ? use(work) : together(what, () => once(work));
  }

  return driver(once);
}

/** Gives some work the kernel that it is to be done with. */
type Use = <T>(work: (kernel: Kernel) => Promise<T>) => Promise<T>;

async function lookHome(kernel: Kernel, sshPeer: string | null): Promise<HomeView> {
  const links = await kernel.links('home');
  return {
    links,
    use: {
      defaultRoutes: await kernel.routes('home', { to: 'everywhere' }),
      sshDevice: sshPeer === null ? null : await kernel.wayTo('home', sshPeer),
      names: namesOf(links),
      lowers: lowersOf(links),
    },
  };
}

/** Undefined where the netns is gone. */
async function ifThere<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (thrown) {
    if (thrown instanceof EnimError && thrown.code === 'NOT_THERE') return undefined;
    throw thrown;
  }
}

function changes(
  programs: Programs,
  kernel: Kernel,
  fd: number,
): Omit<LinkWork, keyof LinkDriver | 'prepare' | 'close'> {
  /** A link that is down has none. */
  const routesThrough = async (link: Link): Promise<LinkRoute[]> =>
    link.up ? kernel.routes('home', { dev: link.name }) : [];

  const lookAt = async (name: string): Promise<Link | undefined> => (await kernel.links('home', name))[0];

  const findByIndex = async ({ ifindex }: Link): Promise<Link | undefined> => {
    const first = await lookAt(`if${ifindex}`);
    if (first === undefined || first.ifindex === ifindex) return first;
    return (await kernel.links('home')).find((each) => each.ifindex === ifindex);
  };

  return {
    rebind,
    lookAt,
    arrange: (steps) => arrange(kernel, steps),

    async snapshot(link) {
      return takeSnapshot(link, await routesThrough(link), readSysctls(link.name));
    },

    async moveIn(link, netns, attachment, names) {
      // Udev renames a plugged card within 100 ms, and then the next one may get the name.
      const dev = wordFor(link, names);
      const commands = [
        ['link', 'set', 'dev', dev, 'alias', labelOf(attachment)],
        ['link', 'set', 'dev', dev, 'netns', netns.path, 'name', attachment.ifname],
      ];
      await kernel.change('home', commands, { into: netns });
    },

    async label(link, netns, attachment) {
      const others = (await kernel.links(netns)).filter(({ ifindex }) => ifindex !== link.ifindex);
      const dev = wordFor(link, namesOf(others));
      await kernel.change(netns, [['link', 'set', 'dev', dev, 'alias', labelOf(attachment)]]);
    },

    async configure(netns, ifname, setup) {
      await writeSysctls(programs, netns, sysctlsFor(setup, ifname), [fd]);
      await kernel.change(netns, planConfigure(setup, ifname));
      return settle(kernel, netns, ifname, setup);
    },

    moveHome: (link, netns, name) => moveHome(kernel, link, netns, name),

    async restore(link, snapshot, beside) {
      const { commands, restored } = await giveNameBack(kernel, link, snapshot, beside);
      // What cannot be put back (a bridge that is gone, say) must not keep the rest from it; what remains is reported.
      await kernel.change('home', commands, { force: true });
      const now = await findByIndex(link);
      if (now === undefined)
        throw new EnimError('LINK_LOST', `The NIC ${link.name} left home while it was being restored.`);
      const lost = putBackSysctls(now.name, snapshot.sysctls);
      const remaining = remainingDifferences(now, snapshot, await routesThrough(now));
      return { link: now, restored, remaining: [...remaining, ...lost] };
    },
  };
}

/** What `restore` would put back. Pure. */
export function differences(link: Link, snapshot: LinkSnapshot, home: readonly Link[]): readonly Restored[] {
  const squatter = findSquatter(home, link, snapshot.name);
  const others = home.filter(({ ifindex }) => ifindex !== squatter?.ifindex);
  return planRestore(link, snapshot, namesOfOthers(others, link)).restored;
}
