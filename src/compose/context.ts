/**
 * The composition root: settings and environment in, a manager's parts out. What few need (installing, bundles, examining) is in the
 * files beside it: the CNI plugin, which is to start fast, does without.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSettings, rememberSettings } from '../config/load.js';
import { findLocations, type Locations } from '../config/locations.js';
import type { Settings } from '../config/schema.js';
import { createPrograms } from '../exec.js';
import { createDelegate, type Delegate } from '../ipam/delegate.js';
import { createLinkDriver, type LinkDriver } from '../link/driver.js';
import { netnsDirectory } from '../link/netns.js';
import type { Parts } from '../manager/parts.js';
import { survey } from '../manager/survey.js';
import type { DeviceSelector } from '../model/device.js';
import { discover, toEni } from '../model/discover.js';
import type { Eni } from '../model/eni.js';
import type { Observe } from '../model/observation.js';
import type { Waits } from '../model/waiting.js';
import type { Heard } from '../providers/kubernetes/watch/watch.js';
import { later } from '../providers/later.js';
import type { Provider } from '../providers/provider.js';
import { createStaticProvider } from '../providers/static.js';
import { createCordonRecord } from '../store/cordon.js';
import { createHistory } from '../store/history.js';
import { createLocks } from '../store/lock.js';
import { createStateFile, createStore, type StateFile, type Store } from '../store/store.js';
import { createTurns, type Turns } from '../store/turns.js';
import { apart, createTogether, type Together } from '../together.js';
import { createKubernetes, type NodeParts } from './cluster.js';

/** Longest time that a program we start may take; beyond it the kernel hangs, and so would we. */
export const TOOL_TIMEOUT_MS = 60_000;

/** What the faces give. */
export interface ContextOptions {
  readonly env: NodeJS.ProcessEnv;
  /** From flags; wins over the environment. */
  readonly overrides?: Partial<Locations>;
  /** What this process does, for those who wait for its locks: `enim add default/web-0`. */
  readonly purpose: string;
  /** Longest wait for a lock, in milliseconds; wins over the settings. */
  readonly lockWait?: number | null;
  /** A device that is an ENI although neither inventory nor rules say so: a network configuration names it. */
  readonly device?: DeviceSelector | null;
  /** Gets warnings that do not stop the work. */
  readonly warn: (message: string) => void;
  /** Hears of what the work waits for. */
  readonly waits?: Waits | undefined;
  /** Instead of what the file says. */
  readonly settings?: Settings;
  /** Instead of the state on disk, for whoever looks at it without mending it. */
  readonly store?: Store;
  /** What a process that stays has kept from earlier contexts. */
  readonly kept?: Kept | undefined;
  /** Whether it needs no word that the settings which were named are not there. */
  readonly mayLackSettings?: boolean;
  /** What a watch has heard. The provider then answers from it where it is fresh, which is for those who only look. */
  readonly heard?: (() => Heard | undefined) | undefined;
}

/** What a process that stays keeps between its operations. All of it can be lost: files and kernel say the same. */
export interface Kept {
  /** Hears of requests to an API server and of waits for locks. */
  readonly observe: Observe;
  readonly settings: (path: string) => Settings;
  readonly turns: Turns;
  readonly together: Together;
  readonly stateFile: (directory: string) => StateFile;
}

/** Nothing yet. */
export function createKept(observe: Observe = () => undefined): Kept {
  const files = new Map<string, StateFile>();
  return {
    observe,
    settings: rememberSettings(),
    turns: createTurns(),
    together: createTogether(),
    stateFile(directory) {
      const file = files.get(directory) ?? createStateFile();
      files.set(directory, file);
      return file;
    },
  };
}

/** Everything that a command needs. */
export interface Context {
  readonly locations: Locations;
  readonly settings: Settings;
  /** What further composition roots start from. */
  readonly node: NodeParts;
  readonly parts: Parts;
  /** Calls another IPAM plugin. */
  readonly delegate: Delegate;
}

/**
 * Reads the settings and puts the drivers together; the kernel and the state are not touched yet.
 *
 * @throws EnimError INVALID_CONFIG
 */
export function createContext(options: ContextOptions): Context {
  const { env, overrides, purpose, lockWait, device = null, warn, waits, kept = createKept() } = options;
  // For one thing at a time there is nothing to share, and nothing to remember.
  const together = options.kept?.together;
  const locations = findLocations(env, overrides);
  warnOfNoSettings(options, locations);
  const readSettings = options.kept?.settings ?? loadSettings;
  const settings = options.settings ?? readSettings(locations.config);
  const wait = lockWait ?? settings.lockWait;
  const programs = createPrograms(TOOL_TIMEOUT_MS);
  const clock = (): Date => new Date();
  const waiting = createPrograms(wait + TOOL_TIMEOUT_MS);
  const locks = createLocks(waiting, {
    directory: locations.runDir,
    wait,
    purpose,
    isConcurrent: options.kept !== undefined,
    turns: kept.turns,
    observe: kept.observe,
    waits,
  });
  const file = kept.stateFile(locations.stateDir);
  const store = options.store ?? createStore({ directory: locations.stateDir, locks, clock, warn, file });
  const cordon = createCordonRecord({ directory: locations.stateDir, locks });
  const history = createHistory({ directory: locations.stateDir, locks, warn });
  const links = createLinkDriver(programs, {
    sshPeer: env.SSH_CONNECTION?.split(' ')[0] ?? null,
    isConcurrent: options.kept !== undefined,
    together,
  });
  const node = { env, settings, locations, locks, clock, observe: kept.observe, waits, together };
  const provider =
    settings.provider === 'kubernetes'
      ? later('kubernetes', () => createKubernetes({ ...node, heard: options.heard }))
      : createStatic({ settings, store, links, device, clock });
  const parts: Parts = {
    ...{ provider, store, cordon, history, locks, links, clock },
    netns: { ...netnsDirectory, findAll: () => (together ?? apart)('every netns', netnsDirectory.findAll) },
    sleep: (milliseconds, signal) =>
      sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    bootID: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    network: settings.network,
  };
  return { locations, settings, node, parts, delegate: createDelegate(programs) };
}

/** Whoever names a file means that it is there; that of the default need not be. An agent does not say it with each call and round. */
function warnOfNoSettings({ kept, mayLackSettings, overrides, env, warn }: ContextOptions, locations: Locations): void {
  const isNamed = (overrides?.config ?? env.ENIM_CONFIG ?? '') !== '';
  if (kept !== undefined || mayLackSettings === true || !isNamed || existsSync(locations.config)) return;
  warn(`There is no file ${locations.config}: without settings the defaults hold.`);
}

interface StaticParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly links: LinkDriver;
  readonly device: DeviceSelector | null;
  readonly clock: () => Date;
}

function createStatic({ settings, store, links, device, clock }: StaticParts): Provider {
  const rules = settings.static.discover;
  // A device in a pod is in the ledger; it needs not be looked for again and again.
  let named: Promise<Eni[]> | undefined;
  const discoverNamed = async (selector: DeviceSelector): Promise<Eni[]> => {
    const { links: home } = await links.lookHome();
    const link = await links.findDevice(selector, home);
    return link === undefined ? [] : [toEni({ link, driver: null, refusals: [] })];
  };
  const discoverAll = async (): Promise<readonly Eni[]> => {
    if (device === null) return rules === null ? [] : discover(await survey(links), rules);
    named ??= discoverNamed(device);
    return named;
  };
  return createStaticProvider({
    inventory: settings.static.enis,
    discover: discoverAll,
    ledger: store.ledger,
    clock,
  });
}
