/**
 * The agent: one process that stays, does the calls of the CNI plugin, and gc and sync on timers. Nothing depends on it. What it knows is
 * on disk before it counts; killed at any moment it leaves what a killed command leaves, and the plugin goes on without it.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUILD } from '../build.js';
import { createContext, createKept } from '../compose/context.js';
import { createPatient } from '../compose/patient.js';
import { createWatch } from '../compose/watch.js';
import type { Locations } from '../config/locations.js';
import type { Log } from '../log.js';
import type { Monitor } from '../metrics/watch.js';
import type { LogLevel } from '../model/loglevel.js';
import type { Observe } from '../model/observation.js';
import { createStrayWatch } from './astray.js';
import { createCalls } from './calls.js';
import { createCurrent } from './current.js';
import { LOOK_MS, lookAtItself } from './itself.js';
import { createListener } from './listener.js';
import { openMonitor } from './monitor.js';
import { createNudge, type Nudge } from './nudge.js';
import { type Judgment, observed } from './observe.js';
import { beTheOnlyOne } from './only.js';
import { makeStateDir, socketIn } from './places.js';
import { takePrecedence } from './precedence.js';
import { createProbes, createPulse } from './probes.js';
import { collect, makeReady, type RoundSettings } from './rounds.js';
import { listen } from './server.js';
import { repeat } from './timer.js';

/** How the agent is to run. */
export interface AgentOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly overrides: Partial<Locations>;
  /** Between two rounds of gc, in milliseconds; 0 is never, null is what the settings say. */
  readonly gcEvery: number | null;
  /** The same for sync. */
  readonly syncEvery: number | null;
  /** For what is under way when the agent is told to end, in milliseconds. */
  readonly grace: number;
  /** Makes the log, which asks with each line for the least that it says. */
  readonly openLog: (level: () => LogLevel) => Log;
  /** Instead of what the settings say. */
  readonly logLevel: LogLevel | null;
  /** Who counts, and answers those who ask; null is nobody. */
  readonly monitor: Monitor | null;
  readonly signals: AgentSignals;
}

/** What the agent is told from outside. */
export interface AgentSignals {
  /** Aborted when it is to end. */
  readonly stop: AbortSignal;
  /** Calls back whenever the settings are to be read anew. */
  onReload(reload: () => void): void;
}

/** What it did. */
export interface AgentSummary {
  /** Calls of the CNI plugin. */
  readonly calls: number;
  /** Rounds of gc. */
  readonly rounds: number;
  /** Calls, and rounds of gc and sync, that had not ended within the grace. What they had done is recorded. */
  readonly unfinished: number;
}

/** For an agent that was killed a moment ago, and whose last request the kernel is still busy with, in milliseconds. */
const WAIT_FOR_LAST_MS = 500;

/** The part of the grace in which calls may end by themselves; in the rest they are undone. */
const BY_THEMSELVES = 0.8;

/**
 * Runs until it is told to stop.
 *
 * @throws EnimError INVALID_CONFIG, BUSY if there is an agent already, STATE_UNWRITABLE
 */
export async function runAgent(options: AgentOptions): Promise<AgentSummary> {
  const { env, overrides, grace, signals } = options;
  let level: LogLevel = 'info';
  const log = options.openLog(() => options.logLevel ?? level);
  const { monitor } = options;
  const kept = createKept((observation) => monitor?.observe(observation));
  const warn = (message: string): void => log('warn', message);
  const purpose = 'enim agent';
  const { locations, settings, parts } = createContext({
    ...{ env, overrides, purpose, warn, kept, lockWait: WAIT_FOR_LAST_MS },
  });
  level = settings.agent.logLevel;
  const lock = await beTheOnlyOne(parts.locks, locations.runDir);
  makeStateDir(locations.stateDir);
  takePrecedence();
  const counts = { calls: 0, rounds: 0 };
  const observe: Observe = (observation) => {
    monitor?.observe(observation);
    if (observation.kind !== 'work') return;
    const { work, outcome, milliseconds } = observation;
    if (work === 'gc') counts.rounds += 1;
    else if (work !== 'sync') counts.calls += 1;
    log(outcome === 'done' ? 'debug' : 'info', `${work} ${outcome}`, { milliseconds: Math.round(milliseconds) });
  };
  const calls = createCalls({ own: BUILD, kept, clock: () => new Date(), observe });
  const now = (): number => performance.now();
  const nudges = { gc: createNudge({ sleep: quietly, now }), sync: createNudge({ sleep: quietly, now }) };
  const listener = createListener({
    open: (of, tell, onNews) => createWatch({ env, settings: of }, tell, onNews),
    observe: (observation) => monitor?.observe(observation),
    onNews(news) {
      if (news.gc) nudges.gc.nudge();
      if (news.sync) nudges.sync.nudge();
    },
    log,
  });
  const source = { read: () => kept.settings(locations.config), isThere: () => existsSync(locations.config) };
  const current = createCurrent(source, settings, {
    log,
    changed(latest, before) {
      level = latest.agent.logLevel;
      // Or a wait by the old interval would go on, and by the new one it would be overdue.
      if (latest.agent.gcEvery !== before.agent.gcEvery) nudges.gc.nudge();
      if (latest.agent.syncEvery !== before.agent.syncEvery) nudges.sync.nudge();
      listener.follow(latest);
    },
  });
  let fault: unknown;
  signals.onReload(() => current.reload());

  const gcEvery = (): number => options.gcEvery ?? current.settings().agent.gcEvery;
  const syncEvery = (): number => options.syncEvery ?? current.settings().agent.syncEvery;
  const hasSync = (): boolean => current.settings().provider === 'kubernetes';
  const stop = abortedBy(signals.stop);
  const pulse = createPulse(now, gcEvery);
  const { heard } = listener;
  const patient = createPatient({ env, overrides: locations, purpose: 'enim agent, metrics', warn, kept, heard });
  const probes = createProbes({
    ...{ patient, pulse, gcEvery, syncEvery: () => (hasSync() ? syncEvery() : 0) },
    stop: signals.stop,
  });

  const socket = socketIn(locations.runDir);
  const server = await listen(socket, { ...BUILD, ...calls, pid: process.pid });
  const endMonitor = await openMonitor(monitor, probes, log);
  log('info', 'ready', { pid: process.pid, socket, ...BUILD });
  const isAstray = createStrayWatch(now);
  const settingsOfRound = (): RoundSettings => {
    current.look();
    return { env, locations, settings: current.settings(), kept, log, heard };
  };
  const gcRound = async (): Promise<void> => {
    await observed(observe, 'gc', () => collect(settingsOfRound(), stop.signal), itself);
    pulse.beat();
  };
  const syncRound = async (): Promise<void> => {
    const settings = settingsOfRound();
    if (!hasSync()) return;
    await observed(observe, 'sync', () => makeReady(settings, stop.signal), itself);
  };
  const ownRound = async (): Promise<void> => lookAtItself({ socket, isFound: server.isFound, isAstray });
  // Whatever goes wrong in a round, the others end as well, and calls that are under way come to their end.
  let underWay = 3;
  const again = (round: () => Promise<void>, every: () => number, { sleep }: Pick<Nudge, 'sleep'>): Promise<void> =>
    repeat(round, { every, sleep, random: Math.random }, stop.signal)
      .catch((thrown: unknown) => {
        fault ??= thrown;
        stop.abort();
      })
      .finally(() => {
        underWay -= 1;
      });
  const rounds = Promise.all([
    again(gcRound, gcEvery, nudges.gc),
    again(syncRound, syncEvery, nudges.sync),
    again(ownRound, () => LOOK_MS, { sleep: quietly }),
  ]);
  listener.follow(settings);
  // A round may be waiting for a lock or for a server; nobody is accepted meanwhile.
  await Promise.race([rounds, aborted(stop.signal)]);

  log('info', 'stopping', { underWay: calls.count() });
  listener.stop();
  calls.close();
  server.stop();
  const rest = Promise.all([rounds, calls.idle()]);
  await Promise.race([rest, quietly(grace * BY_THEMSELVES)]);
  calls.hurry();
  await Promise.race([rest, quietly(grace * (1 - BY_THEMSELVES))]);
  const summary = { ...counts, unfinished: calls.count() + underWay };
  log('info', 'stopped', summary);
  endMonitor();
  lock.release();
  if (fault !== undefined) throw fault;
  return summary;
}

const itself = (judgment: Judgment): Judgment => judgment;

/** A controller that a signal aborts, too. */
function abortedBy(signal: AbortSignal): AbortController {
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  else signal.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Sleeps; that it is woken is no error. */
async function quietly(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, {
    ref: signal !== undefined,
    ...(signal === undefined ? {} : { signal }),
  }).catch(() => undefined);
}
