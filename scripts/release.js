/**
 * `npm run release`: everything that a version is published as, in dist/release: the executables, the npm package, what is in them,
 * and the SHA-256 of each. The same commit gives the same bytes.
 *
 * --target NAME, any number of times: only these executables. --out DIR: there instead.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { compile } from './compile.js';
import { ensure } from './ensure.js';
import { BIN, fail, ROOT, runProgram } from './process.js';
import { installRuntimes } from './runtimes.js';
import { createSbom } from './sbom.js';
import { TARGETS } from './targets.js';

const BUNDLES = ['main.cjs', 'plugin.cjs', 'command-line.cjs', 'cluster.cjs'];
const DIST = join(ROOT, 'dist');
const NODE = join(BIN, 'node');

const { targets, out } = options();
await ensure();
runProgram(NODE, ['scripts/build.js']);
const enim = readJson('package.json');
const revision = JSON.parse(runProgram(NODE, ['bin/run.js', 'version', '--json']));
makeAside(out);
report();

function options() {
  try {
    const { values } = parseArgs({
      options: { target: { type: 'string', multiple: true }, out: { type: 'string', default: join(DIST, 'release') } },
    });
    const names = values.target ?? TARGETS.map(({ name }) => name);
    const unknown = names.find((name) => TARGETS.every((target) => target.name !== name));
    if (unknown !== undefined) fail(`no target "${unknown}". There are: ${TARGETS.map(({ name }) => name).join(', ')}`);
    return { targets: TARGETS.filter(({ name }) => names.includes(name)), out: resolve(values.out) };
  } catch (error) {
    fail(error.message);
  }
}

/** A release that failed half way must not lie where a whole one is looked for. */
function makeAside(directory) {
  if (existsSync(directory) && !existsSync(join(directory, 'SHA256SUMS')) && readdirSync(directory).length > 0)
    fail(`${directory} is no release, and would be replaced. Name another directory, or remove it.`);
  mkdirSync(dirname(directory), { recursive: true });
  const aside = mkdtempSync(join(dirname(directory), '.release-'));
  // Also where fail() ends us.
  process.once('exit', () => rmSync(aside, { recursive: true, force: true }));
  make(aside);
  chmodSync(aside, 0o755);
  rmSync(directory, { recursive: true, force: true });
  renameSync(aside, directory);
}

function make(directory) {
  const runtimes = installRuntimes(targets);
  const bundles = BUNDLES.map((name) => join(DIST, name));
  for (const target of targets) {
    const outfile = join(directory, `enim-${enim.version}-${target.name}`);
    compile(bundles, { target, runtime: runtimes[target.name], outfile });
  }
  runProgram('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory]);
  writeFileSync(join(directory, `enim-${enim.version}-man.tar.gz`), manual());
  cpSync(join(DIST, 'THIRD-PARTY-LICENSES.txt'), join(directory, 'THIRD-PARTY-LICENSES.txt'));
  writeJson(join(directory, `enim-${enim.version}.cdx.json`), sbom());
  // Last, for it is the mark of a release.
  writeFileSync(join(directory, 'SHA256SUMS'), sumsOf(directory));
}

/** The man pages as they lie below a `share/man`; the same bytes on every machine. */
function manual() {
  const same = [
    '--sort=name',
    '--format=ustar',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=644',
    '--mtime=@0',
  ];
  const pages = readdirSync(join(ROOT, 'man')).sort();
  const options = ['--create', '--directory=man', ...same, '--transform=s,.*\\.\\(.\\)$,man\\1/&,'];
  return gzipSync(runProgram('tar', [...options, '--', ...pages]), { level: 9 });
}

function sbom() {
  const { commit, date, modified } = revision;
  return createSbom({
    packages: readJson('dist/bundled.json'),
    runtime: { name: 'bun', ...readJson('package-lock.json').packages['node_modules/bun'] },
    revision: commit === null ? null : { commit, date, modified },
  });
}

/** As `sha256sum --check` reads it. */
function sumsOf(directory) {
  const sum = (name) =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
  return readdirSync(directory)
    .sort()
    .map((name) => `${sum(name)}  ${name}\n`)
    .join('');
}

function report() {
  const { commit, modified } = revision;
  const from = commit === null ? 'an unknown commit' : `${commit}${modified ? ', modified' : ''}`;
  process.stdout.write(`enim ${enim.version} of ${from}, in ${out}:\n${readFileSync(join(out, 'SHA256SUMS'), 'utf8')}`);
  if (modified !== false) process.stderr.write('warning: nobody else can make the same: no commit has these files.\n');
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

function writeJson(path, document) {
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
}
