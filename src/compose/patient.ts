/** The composition root of examining: the node as `doctor` and the metrics see it, with whatever is wrong. */
import { resolve } from 'node:path';
import { findLocations } from '../config/locations.js';
import { createPrograms } from '../exec.js';
import { createHost } from '../host/linux.js';
import { DROP_IN_PATHS } from '../install/unmanaged.js';
import type { Patient } from '../manager/doctor/patient.js';
import { readCordon } from '../store/cordon.js';
import { inspectState } from '../store/inspect.js';
import { lockFileName } from '../store/lockfile.js';
import { type ContextOptions, createContext, TOOL_TIMEOUT_MS } from './context.js';

/** Puts together what `doctor` needs; nothing is read yet, for whatever is read may be what is wrong. */
export function createPatient(options: ContextOptions): Patient {
  const { env, overrides } = options;
  const { config, stateDir, runDir } = findLocations(env, overrides);
  return {
    ...{ config: resolve(config), stateDir: resolve(stateDir), runDir: resolve(runDir) },
    host: createHost({ programs: createPrograms(TOOL_TIMEOUT_MS), path: env.PATH ?? '' }),
    clock: () => new Date(),
    inspectState: () => inspectState(stateDir),
    findCordon: () => readCordon(stateDir),
    lockFileName,
    dropIns: DROP_IN_PATHS.map((path) => `/${path}`),
    open: () => createContext({ ...options, mayLackSettings: true }).parts,
  };
}
