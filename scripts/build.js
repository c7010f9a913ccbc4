/**
 * Builds the bundles in dist/ (for Node.js), oclif.manifest.json, dist/enim (the executable of all of them), and what is said of the
 * packages in them. Does nothing if they are there and nothing they are made from has changed, the commit included: the program says it.
 * So a commit costs one build, and a change to what is no source none.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findBundled, licencesOf } from './bundled.js';
import { compile } from './compile.js';
import { BIN, fail, ROOT, runProgram } from './process.js';
import { findRevision } from './revision.js';
import { OWN, ownRuntime } from './targets.js';

const DIST = join(ROOT, 'dist');
const MANIFEST = join(ROOT, 'oclif.manifest.json');
const STAMP = join(DIST, '.made-from');
/**
 * Where the program starts is apart from what it may never load, for a smaller file starts sooner: the work of the CNI plugin, which an
 * agent may do; the command line; and the client of the Kubernetes API, which the settings have to choose.
 */
const BUNDLES = {
  'main.cjs': 'src/main.ts',
  'plugin.cjs': 'src/cni/main.ts',
  'command-line.cjs': 'src/commands/main.ts',
  'cluster.cjs': 'src/cluster/connect.ts',
};

const OUTPUTS = [...Object.keys(BUNDLES), 'bundled.json', 'THIRD-PARTY-LICENSES.txt', 'enim'];

const SOURCES = [
  'src',
  ...['build.js', 'bundled.js', 'compile.js', 'manifest.ts', 'print-manifest.ts', 'targets.js', 'usage.ts'].map(
    (name) => `scripts/${name}`,
  ),
  'package.json',
  'package-lock.json',
];

/**
 * What oclif needs only on Windows, or to find plugins and commands on disk. We hand it the commands, so this would be megabytes
 * that nothing calls, start-up time, and look-ups of packages in whatever directory the executable is started in.
 */
const UNUSED = ['lilconfig', 'minimatch', 'tinyglobby', 'typescript', 'wsl-utils'];

/**
 * Of the Kubernetes client we take the kubeconfig alone: this is what it would need for its own requests, for proxies, and for what
 * enim does not do. Without it and without the classes of all API objects the bundle has 0.1 MB instead of 1.9, and loads in a tenth
 * of the time.
 */
const UNUSED_OF_CLIENT = [
  ...['form-data', 'hpagent', 'isomorphic-ws', 'jsonpath-plus', 'openid-client', 'socks', 'socks-proxy-agent'],
  ...['stream-buffers', 'tar-fs', 'undici'],
];

const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const revision = findRevision(ROOT, SOURCES);
const source = fingerprint();
if (!isCurrent(source)) {
  process.stderr.write('building dist/enim and its bundles, which takes up to a minute\n');
  await build(source);
}

function isCurrent(source) {
  const made = [STAMP, MANIFEST, ...OUTPUTS.map((name) => join(DIST, name))];
  return made.every((path) => existsSync(path)) && readFileSync(STAMP, 'utf8') === `${source} ${hash(MANIFEST)}`;
}

async function build(source) {
  mkdirSync(DIST, { recursive: true });
  // Everything is made aside and renamed into place: a running dist/enim cannot be written to, and two builds do not mix.
  const aside = mkdtempSync(join(DIST, '.build-'));
  try {
    await updateManifest(aside);
    const metafiles = [];
    for (const [name, entry] of Object.entries(BUNDLES)) metafiles.push(await bundle(entry, join(aside, name)));
    describe(aside, findBundled(metafiles));
    const bundles = Object.keys(BUNDLES).map((name) => join(aside, name));
    compile(bundles, { target: OWN, runtime: ownRuntime(), outfile: join(aside, 'enim') });
    for (const name of OUTPUTS) renameSync(join(aside, name), join(DIST, name));
    writeFileSync(STAMP, `${source} ${hash(MANIFEST)}`);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function describe(aside, packages) {
  writeFileSync(join(aside, 'bundled.json'), `${JSON.stringify(packages, null, 2)}\n`);
  writeFileSync(join(aside, 'THIRD-PARTY-LICENSES.txt'), licencesOf(packages));
}

async function updateManifest(aside) {
  const program = join(aside, 'print-manifest.cjs');
  await bundle('scripts/print-manifest.ts', program);
  const current = runProgram(join(BIN, 'node'), [program]);
  if (existsSync(MANIFEST) && readFileSync(MANIFEST, 'utf8') === current) return;
  if (process.env.CI) fail('oclif.manifest.json does not fit the commands. Try: npm run build, and commit it');
  writeFileSync(MANIFEST, current);
}

async function bundle(entry, outfile) {
  // Only now: this file must be readable before the dependencies are installed.
  const { build: esbuild } = await import('esbuild');
  const { metafile } = await esbuild({
    metafile: true,
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    // A module of Node.js is loaded when the first of ours that needs it is; `import` would load them all at the start, 5 ms.
    format: 'cjs',
    target: 'node22',
    external: ['bun:*'],
    define: {
      // By this a process and the agent know whether they are of the same build.
      ENIM_VERSION: JSON.stringify(VERSION),
      ENIM_SOURCE: JSON.stringify(source.slice(0, 16)),
      ENIM_COMMIT: JSON.stringify(revision?.commit ?? null),
      ENIM_DATE: JSON.stringify(revision?.date ?? null),
      ENIM_MODIFIED: JSON.stringify(revision?.modified ?? null),
    },
    plugins: [absent([...UNUSED, ...UNUSED_OF_CLIENT]), withoutEffects('@kubernetes/client-node')],
    minifyWhitespace: true,
    minifySyntax: true,
    // Names are seen in traces. To shorten them and note the long ones costs a call for each function, also where it runs.
    minifyIdentifiers: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return metafile;
}

/** An esbuild plugin that puts an empty module in the place of each of these packages. */
function absent(packages) {
  return {
    name: 'absent',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(${packages.join('|')})$`) }, ({ path }) => ({ path, namespace: 'absent' }));
      onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
    },
  };
}

/** An esbuild plugin that lets esbuild leave out those modules of a package of which nothing is used; its package.json does not. */
function withoutEffects(name) {
  const within = `/node_modules/${name}/`;
  return {
    name: 'without-effects',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === within || !(path === name || from.importer.includes(within))) return undefined;
        const { kind, resolveDir, importer } = from;
        const found = await build.resolve(path, { kind, resolveDir, importer, pluginData: within });
        return found.path.includes(within) ? { ...found, sideEffects: false } : found;
      });
    },
  };
}

function fingerprint() {
  const digest = createHash('sha256').update(JSON.stringify(revision));
  for (const path of SOURCES.flatMap((each) => filesIn(join(ROOT, each)))) digest.update(`${path} ${hash(path)}\n`);
  return digest.digest('hex');
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hash(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
