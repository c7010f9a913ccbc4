/** The composition root of support bundles: the node's drivers in, a bundle out. replay.ts does the reverse. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pack } from '../bundle/archive.js';
import type { Origin } from '../bundle/manifest.js';
import { redact, redactFile } from '../bundle/redact.js';
import { loadSettings } from '../config/load.js';
import { findLocations, type Locations } from '../config/locations.js';
import { DEFAULTS, type Settings } from '../config/schema.js';
import { createPrograms } from '../exec.js';
import { createRecordingHost } from '../host/record.js';
import { readTail } from '../host/tail.js';
import { type Collected, collect } from '../manager/bundle/collect.js';
import type { NodeRecord, Source } from '../model/bundle.js';
import { EnimError } from '../model/errors.js';
import { recordState } from '../store/record.js';
import { createRecordedState } from '../store/recorded.js';
import { nodeNameOf } from './cluster.js';
import { type ContextOptions, createContext } from './context.js';
import { createPatient } from './patient.js';

/** Bytes that are kept of each log. */
const LOG_LIMIT = 2 ** 20;

/** Lines that are kept of the journal, and the time that it may take. */
const JOURNAL_LINES = 5_000;
const JOURNAL_TIMEOUT_MS = 10_000;

/** Of the variables that enim reads; no other is looked at. */
const VARIABLES = [
  ...['ENIM_CONFIG', 'ENIM_STATE_DIR', 'ENIM_RUN_DIR', 'NODE_NAME', 'KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'PATH'],
];

/** How to make a bundle. */
export interface BundleOptions extends ContextOptions {
  /** Where runtimes look for network configurations. */
  readonly confDir: string;
  /** Further logs. */
  readonly logs: readonly string[];
  readonly enim: Origin['enim'];
  /** Which enim this is, in full. */
  readonly program: unknown;
  /** Told of each part before it is gathered. */
  readonly onStep: (part: string) => void;
}

/** A bundle that is still to be written. */
export interface MadeBundle extends Pick<Collected, 'missing' | 'shortened' | 'findings'> {
  readonly content: Uint8Array;
  /** Names, with those that the bundle has of itself. */
  readonly files: readonly string[];
}

/** Gathers all that there is, takes the secrets out, and packs it. What cannot be read is left out, and said. */
export async function makeBundle(options: BundleOptions): Promise<MadeBundle> {
  const { env, enim, onStep } = options;
  const locations = findLocations(env, options.overrides);
  const patient = createPatient(options);
  const recording = createRecordingHost(patient.host);
  const programs = createPrograms(JOURNAL_TIMEOUT_MS);
  const refuse = (): EnimError => new EnimError('UNSAFE', 'Nothing is changed while a support bundle is made.');
  const { missing, shortened, findings, texts } = await collect(
    {
      patient: { ...patient, host: recording.host },
      openOn(record, stateTexts) {
        const state = { record, texts: stateTexts, directory: locations.stateDir, held: [], refuse };
        const { store } = createRecordedState({ ...state, warn: options.warn });
        return createContext({ ...options, store, settings: settingsOrDefaults(locations) }).parts;
      },
      hostRecord: recording.record,
      host: patient.host,
      node: nodeOf(locations, options, patient.dropIns),
      settings: () => loadSettings(locations.config),
      program: options.program,
      nodeName: async () => nodeNameOf({ env, settings: loadSettings(locations.config) }),
      recordState: () => recordState(locations.stateDir),
      tail: (path) => readTail(path, LOG_LIMIT),
      journal: async () => (patient.host.findProgram('journalctl') === undefined ? null : readJournal(programs)),
      confDir: options.confDir,
      logs: options.logs.map((path) => resolve(path)),
    },
    onStep,
  );
  onStep('the archive');
  const files = new Map([...texts].map(([name, text]) => [name, Buffer.from(redactFile(name, text))]));
  const clean = missing.map(({ part, reason }) => ({ part, reason: redact(reason) }));
  const collected = new Date().toISOString();
  const content = await pack(files, { enim, collected, missing: clean, shortened });
  return { content, files: [...files.keys()].sort(), missing: clean, shortened, findings };
}

/** Of a bundle of this node that is made now. */
export function bundleName(now: Date): string {
  const host =
    hostname()
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^[-.]+/, '') || 'node';
  return `enim-bundle-${host}-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.tar.gz`;
}

/** Wrong ones are said elsewhere. */
function settingsOrDefaults({ config }: Locations): Settings {
  try {
    return loadSettings(config);
  } catch (thrown) {
    if (thrown instanceof EnimError) return DEFAULTS;
    throw thrown;
  }
}

function nodeOf(
  locations: Locations,
  { env, overrides = {} }: ContextOptions,
  dropIns: readonly string[],
): Omit<NodeRecord, 'open'> {
  const sourceOf = (key: keyof Locations, variable: string): Source => {
    if (overrides[key] !== undefined && overrides[key] !== env[variable]) return 'flag';
    return env[variable] ? 'environment' : 'default';
  };
  const { config, stateDir, runDir } = locations;
  return {
    ...{ config: resolve(config), stateDir: resolve(stateDir), runDir: resolve(runDir) },
    sources: {
      config: sourceOf('config', 'ENIM_CONFIG'),
      stateDir: sourceOf('stateDir', 'ENIM_STATE_DIR'),
      runDir: sourceOf('runDir', 'ENIM_RUN_DIR'),
    },
    dropIns,
    environment: VARIABLES.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  };
}

async function readJournal({ run }: ReturnType<typeof createPrograms>): Promise<string> {
  const units = ['enim-agent.service', 'enim-gc.service'].flatMap((unit) => ['--unit', unit]);
  const args = [...units, '--lines', String(JOURNAL_LINES), '--output', 'short-iso', '--no-pager', '--quiet'];
  const { code, stdout, stderr } = await run('journalctl', args);
  if (code === 0) return stdout;
  throw new EnimError('INPUT_FAILED', `journalctl failed (${stderr.trim().split('\n')[0] || `exit code ${code}`}).`);
}
