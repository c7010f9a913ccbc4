/**
 * Whether agent and client mean the same by the same words: settings, state, locks, the pod's netns, directories of plugins, and the
 * netns that both are at home in. They may be in mount, PID and network namespaces of their own.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { findLocations, type Locations } from '../config/locations.js';
import { makeDirectory } from '../directory.js';
import { EnimError, errnoOf } from '../model/errors.js';
import type { Place } from './protocol.js';

export type { Locations };

const HOME = '/proc/self/ns/net';

/** Our view of all files. */
const MOUNTS = '/proc/self/ns/mnt';

/** Where the network configuration of a call and its environment say that settings, state and locks are; undefined if it cannot be read. */
export function locationsOf(env: NodeJS.ProcessEnv, stdin: string): Locations | undefined {
  const network = networkOf(stdin);
  if (network === undefined) return undefined;
  const given = (['config', 'stateDir', 'runDir'] as const)
    .map((key) => [key, network[key]] as const)
    .filter((each): each is Given => typeof each[1] === 'string' && each[1] !== '');
  return findLocations(env, Object.fromEntries(given));
}

/** A place that the network configuration names. */
type Given = readonly [key: 'config' | 'stateDir' | 'runDir', path: string];

function networkOf(stdin: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const network: unknown = JSON.parse(stdin);
    return typeof network === 'object' && network !== null ? { ...network } : undefined;
  } catch {
    return undefined;
  }
}

/** The agent's socket. */
export function socketIn(runDir: string): string {
  return join(runDir, 'agent.sock');
}

/**
 * Makes the directory of the state, where nobody has: of one that is missing nothing tells whether agent and client mean the same, and
 * they would make two.
 *
 * @throws EnimError STATE_UNWRITABLE, NOT_PERMITTED
 */
export function makeStateDir(stateDir: string): void {
  try {
    makeDirectory(stateDir, 0o700);
  } catch (thrown) {
    const errno = errnoOf(thrown) ?? String(thrown);
    const code = errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'STATE_UNWRITABLE';
    throw new EnimError(code, `The state directory ${stateDir} cannot be made (${errno}).`, {
      hint:
        code === 'NOT_PERMITTED' ? 'run enim as root' : `make ${stateDir} a writable directory, or set ENIM_STATE_DIR`,
      cause: thrown,
    });
  }
}

/** What places are found by. */
interface Named {
  readonly env: NodeJS.ProcessEnv;
  /** The network configuration. */
  readonly stdin: string;
  readonly locations: Locations;
  /** Name of the client's executable. */
  readonly program: string;
}

/** What a call depends on, as we see it. */
export function placesOf({ env, stdin, locations, program }: Named): Place[] {
  const { config, stateDir, runDir } = locations;
  const named = [env.CNI_NETNS ?? '', ...(env.CNI_PATH ?? '').split(':')].filter((path) => path.startsWith('/'));
  const all = writesElsewhere(stdin, program) ? [MOUNTS] : [];
  return [HOME, config, stateDir, runDir, ...named, ...all].map((path) => [path, identityOf(path)]);
}

/** Whether the call writes to a log, which need not be there yet, or to what another IPAM plugin keeps, which only that one knows. */
function writesElsewhere(stdin: string, program: string): boolean {
  const { logFile, ipam } = networkOf(stdin) ?? {};
  const delegate = (ipam as { readonly type?: unknown } | null | undefined)?.type ?? '';
  return (typeof logFile === 'string' && logFile !== '') || (delegate !== '' && delegate !== program);
}

/** Whether all of it is the same for us. */
export function areOurs(places: readonly Place[]): boolean {
  return places.every(([path, identity]) => identityOf(path) === identity);
}

/** Tells two files apart, whatever they are called; null where there is none to be seen. */
export function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
