/** Which packages are in the bundles, as esbuild saw it: what is left out of them is in no release, and in no list of what is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.js';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * @param metafiles esbuild's, one a bundle
 * @returns of each package, by its path in the lock file: name, version, licence, integrity, and `uses`, the paths of those it imports;
 *   enim itself has the path `""`
 */
export function findBundled(metafiles) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const uses = new Map();
  for (const { inputs, outputs } of metafiles) {
    for (const [file, { bytesInOutput }] of Object.values(outputs).flatMap((output) => Object.entries(output.inputs))) {
      if (bytesInOutput === 0) continue;
      const owner = ownerOf(file);
      if (!uses.has(owner)) uses.set(owner, new Set());
      for (const { path } of inputs[file].imports) uses.get(owner).add(ownerOf(path));
    }
  }
  return [...uses.keys()].sort().map((path) => {
    const { version, license, integrity } = packages[path];
    const used = [...uses.get(path)].filter((use) => use !== path && uses.has(use)).sort();
    return { path, name: nameOf(path), version, license, integrity, uses: used };
  });
}

/** The licences of the packages in one text, as they ask for. */
export function licencesOf(packages) {
  const others = packages.filter(({ path }) => path !== '');
  const texts = others.map(({ path, name, version, license }) => {
    const files = readdirSync(join(ROOT, path)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const text = files.sort().map((file) => readFileSync(join(ROOT, path, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...text].join('\n\n');
  });
  return `${['enim contains these packages, under these licences.', ...texts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The package that a file belongs to, by its path in the lock file. */
function ownerOf(file) {
  return PACKAGE.exec(file)?.[0] ?? '';
}

function nameOf(path) {
  return path === '' ? 'enim' : path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
