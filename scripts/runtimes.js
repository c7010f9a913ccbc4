/**
 * Bun's runtimes of other machines, from the npm registry: Bun itself would fetch them from elsewhere. npm checks them against the
 * lock file. They are kept in dist/.runtimes.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runProgram } from './process.js';
import { OWN, ownRuntime, TARGETS } from './targets.js';

const DIRECTORY = join(ROOT, 'dist/.runtimes');
const STAMP = join(DIRECTORY, '.complete');

/** @returns the path of the runtime of each of these targets, by the target's name; what is missing is installed */
export function installRuntimes(targets) {
  const others = TARGETS.filter((target) => target !== OWN);
  if (targets.some((target) => others.includes(target))) install(others.map(({ runtime }) => runtime));
  const pathOf = (target) =>
    target === OWN ? ownRuntime() : join(DIRECTORY, 'node_modules', target.runtime, 'bin/bun');
  return Object.fromEntries(targets.map((target) => [target.name, pathOf(target)]));
}

function install(names) {
  const lock = lockOf(names);
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  rmSync(DIRECTORY, { recursive: true, force: true });
  mkdirSync(DIRECTORY, { recursive: true });
  const { dependencies } = JSON.parse(lock).packages[''];
  writeFileSync(join(DIRECTORY, 'package.json'), JSON.stringify({ private: true, dependencies }));
  writeFileSync(join(DIRECTORY, 'package-lock.json'), lock);
  // --force: npm refuses packages for another machine.
  runProgram('npm', ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: DIRECTORY });
  writeFileSync(STAMP, lock);
}

/** A lock file for these packages alone, with what ours says of them. */
function lockOf(names) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const paths = names.map((name) => `node_modules/${name}`);
  const dependencies = Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`].version]));
  const entries = paths.map((path) => [path, { version: packages[path].version, integrity: packages[path].integrity }]);
  return JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies }, ...Object.fromEntries(entries) } });
}
