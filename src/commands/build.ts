/** What the program says of itself. */
import { REVISION, TARGET } from '../build.js';
import type { VersionDocument } from '../render/version.js';

/** @param version of the package */
export function buildDocument(version: string): VersionDocument {
  const { bun, node } = process.versions;
  return {
    version,
    commit: REVISION?.commit ?? null,
    date: REVISION?.date ?? null,
    modified: REVISION?.modified ?? null,
    runtime: bun === undefined ? { name: 'Node.js', version: node } : { name: 'Bun', version: bun },
    target: TARGET ?? null,
  };
}
