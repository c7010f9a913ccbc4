/** Sysctls of interfaces at home as files: looked at, and of those that a NIC loses in a move: put back when it has returned. */
import { readFileSync, writeFileSync } from 'node:fs';
import { failpoint } from '../failpoint.js';
import { errnoOf } from '../model/errors.js';
import type { LinkSnapshot, Restored } from '../model/link.js';
import { SET_IN_PODS, sysctlPath } from './configure.js';

type Sysctls = LinkSnapshot['sysctls'];

/** The values in these files, by their paths; those that there are not are left out. */
export function readFiles(paths: readonly string[]): Map<string, string> {
  return new Map(
    paths.flatMap((path) => {
      const value = read(path);
      return value === undefined ? [] : [[path, value] as const];
    }),
  );
}

/** The values of those that are set in pods, and that the kernel has: without IPv6 there are fewer. */
export function readSysctls(ifname: string): Sysctls {
  return Object.fromEntries(
    SET_IN_PODS.flatMap((key) => {
      const value = read(sysctlPath(key, ifname));
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/**
 * Puts them back.
 *
 * @returns what could not be
 */
export function putBackSysctls(ifname: string, wanted: Sysctls): Restored[] {
  return Object.entries(wanted).flatMap(([key, value]) => {
    const path = sysctlPath(key, ifname);
    const now = read(path);
    if (now === value || isWritten(path, value)) return [];
    return [{ what: `sysctl ${key}`, from: now ?? '-', to: value }];
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return undefined;
  }
}

function isWritten(path: string, value: string): boolean {
  failpoint('set', path);
  try {
    writeFileSync(path, value);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return false;
  }
  failpoint('have set', path);
  return true;
}
