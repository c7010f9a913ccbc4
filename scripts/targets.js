/** The machines that executables are made for, each with the package of the npm registry that has Bun's runtime for it. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { BIN } from './process.js';

/** `name` is in the names of a release's files, and `enim version` prints it; `compile` is what Bun calls it. */
export const TARGETS = [
  { name: 'linux-x64', compile: 'bun-linux-x64', runtime: '@oven/bun-linux-x64' },
  { name: 'linux-x64-musl', compile: 'bun-linux-x64-musl', runtime: '@oven/bun-linux-x64-musl' },
  { name: 'linux-arm64', compile: 'bun-linux-arm64', runtime: '@oven/bun-linux-aarch64' },
  { name: 'linux-arm64-musl', compile: 'bun-linux-arm64-musl', runtime: '@oven/bun-linux-aarch64-musl' },
];

/** The target that is this machine; its runtime is the Bun that compiles. */
export const OWN = TARGETS.find(({ name }) => name === ownName());

/** The runtime of this machine: a real path, for the program in node_modules/.bin is a link. */
export function ownRuntime() {
  return realpathSync(join(BIN, 'bun'));
}

function ownName() {
  process.report.excludeNetwork = true;
  const { glibcVersionRuntime } = process.report.getReport().header;
  return `linux-${process.arch}${glibcVersionRuntime === undefined ? '-musl' : ''}`;
}
