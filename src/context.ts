/**
 * The composition root: settings and environment in, a manager's parts out. The only place that names concrete drivers.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSettings } from './config/load.js';
import { findLocations, type Locations } from './config/locations.js';
import type { Settings } from './config/schema.js';
import { createPrograms } from './exec.js';
import { createLinkDriver } from './link/driver.js';
import { netnsDirectory } from './link/netns.js';
import type { Parts } from './manager/parts.js';
import { survey } from './manager/survey.js';
import { discover } from './model/discover.js';
import { createStaticProvider } from './providers/static.js';
import { createLocks } from './store/lock.js';
import { createStore } from './store/store.js';

/** Longest time that a program we start may take; beyond it the kernel hangs, and so would we. */
const TOOL_TIMEOUT_MS = 60_000;

/** What the faces give. */
export interface ContextOptions {
  readonly env: NodeJS.ProcessEnv;
  /** From flags; wins over the environment. */
  readonly overrides?: Partial<Locations>;
  /** What this process does, for those who wait for its locks: `enim add default/web-0`. */
  readonly purpose: string;
  /** Gets warnings that do not stop the work. */
  readonly warn: (message: string) => void;
}

/** Everything that a command needs. */
export interface Context {
  readonly locations: Locations;
  readonly settings: Settings;
  readonly parts: Parts;
}

/**
 * Reads the settings and puts the drivers together; the kernel and the state are not touched yet.
 *
 * @throws EnimError INVALID_CONFIG
 */
export function createContext({ env, overrides, purpose, warn }: ContextOptions): Context {
  const locations = findLocations(env, overrides);
  const settings = loadSettings(locations.config);
  const clock = (): Date => new Date();
  const waiting = createPrograms(settings.lockWait + TOOL_TIMEOUT_MS);
  const locks = createLocks(waiting, { directory: locations.runDir, wait: settings.lockWait, purpose });
  const store = createStore({ directory: locations.stateDir, locks, clock, warn });
  const links = createLinkDriver(createPrograms(TOOL_TIMEOUT_MS), env.SSH_CONNECTION?.split(' ')[0] ?? null);
  const rules = settings.static.discover;
  const provider = createStaticProvider({
    inventory: settings.static.enis,
    discover: async () => (rules === null ? [] : discover(await survey(links), rules)),
    ledger: store.ledger,
    clock,
  });
  const parts: Parts = {
    ...{ provider, store, locks, links, clock },
    netns: netnsDirectory,
    sleep: (milliseconds, signal) =>
      sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    bootID: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    network: settings.network,
  };
  return { locations, settings, parts };
}
