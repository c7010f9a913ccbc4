/** What the tests on real network namespaces need. Without it a suite is skipped, and says why in one line. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, jest } from '@jest/globals';

/** The executable that end-to-end tests run: the built one, never the source; ENIM_EXECUTABLE names another build of it. */
export const EXECUTABLE = process.env.ENIM_EXECUTABLE || join(import.meta.dirname, '../../dist/enim');

/** Milliseconds that a test may take on a machine that is busy with others. */
const TIMEOUT = 120_000;

/** A suite that makes network namespaces; skipped without root or iproute2. */
export function describeAsRoot(title: string, body: () => void): void {
  describeWith(title, [rootFault(), programFault('ip'), programFault('nsenter')], body);
}

/**
 * A suite that runs the built executable on a fabric; skipped without root, iproute2 or dist/enim.
 *
 * @param faults why what it needs besides is missing
 */
export function describeEndToEnd(title: string, body: () => void, faults: readonly (string | undefined)[] = []): void {
  const built = isExecutable(EXECUTABLE) ? undefined : `${EXECUTABLE} is not built (npm run build)`;
  describeWith(title, [rootFault(), programFault('ip'), programFault('nsenter'), built, ...faults], body);
}

/** A suite that is skipped if anything is missing; `faults` say what. */
export function describeWith(title: string, faults: readonly (string | undefined)[], body: () => void): void {
  const reasons = faults.filter((fault) => fault !== undefined);
  if (reasons.length === 0) {
    jest.setTimeout(TIMEOUT);
    describe(title, body);
    return;
  }
  const reason = reasons.join('; ');
  process.stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(`${title} (skipped: ${reason})`, body);
}

function rootFault(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'not root';
}

/** Why a program cannot be started; undefined if it can. */
export function programFault(program: string): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter);
  return path.some((directory) => isExecutable(join(directory, program)))
    ? undefined
    : `no program "${program}" in PATH`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
