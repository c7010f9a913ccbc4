/** Installs what is missing: the npm dependencies, and as root on Debian the programs that enim and its tests start. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BIN, fail, ROOT, run } from './process.js';

/** Program → its Debian package. */
const PROGRAMS = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  flock: 'util-linux',
  ping: 'iputils-ping',
  tcpdump: 'tcpdump',
};

/** Is this process root? */
export const isRoot = process.getuid?.() === 0;

/** Ends the process with a message if the npm dependencies cannot be installed; a missing program is only said. */
export async function ensure() {
  await ensureDependencies();
  await ensurePrograms();
}

async function ensureDependencies() {
  if (areDependenciesCurrent()) return;
  say('installing the npm dependencies, which takes up to a minute');
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund']);
  if (code !== 0) fail(`${output}\nnpm ci failed.`);
  if (!existsSync(join(BIN, 'node')))
    fail(`${output}\nnpm did not run the install script of "node". Try: npm rebuild node bun`);
}

/** npm keeps its own record of what it installed; other platforms' packages are in the lock file only. */
function areDependenciesCurrent() {
  const record = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(record) || !existsSync(join(BIN, 'node')) || !existsSync(join(BIN, 'bun'))) return false;
  const wanted = packagesIn(join(ROOT, 'package-lock.json'));
  const installed = packagesIn(record);
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? optional === true : found.version === version;
  });
}

function packagesIn(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

async function ensurePrograms() {
  const missing = Object.keys(PROGRAMS).filter((program) => !isInPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PROGRAMS[program]))];
  if (!isRoot || !isInPath('apt-get')) {
    say(`missing: ${missing.join(', ')}; install ${packages.join(', ')} (apt-get install ${packages.join(' ')})`);
    return;
  }
  say(`installing ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  const { code, output } = await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env });
  if (code !== 0) say(`${output}\napt-get could not install ${packages.join(', ')}.`);
}

function isInPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function say(message) {
  process.stderr.write(`${message}\n`);
}
