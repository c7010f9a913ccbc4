/** All files of the reference, made from the source, the manifest and the examples. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Configuration } from '../../src/cni/configuration.js';
import { SettingsFile } from '../../src/config/schema.js';
import { documents } from './documents.js';
import { errorsPage } from './errors.js';
import { jsonPage } from './json.js';
import { manPages } from './man.js';
import type { Manifest } from './manifest.js';
import { type Schema, schemaFile } from './schema.js';
import { settingsPage } from './settings.js';
import { readShapes } from './types.js';
import { schemaOf } from './valibot.js';

/** Directories in which every file is made here. */
export const GENERATED = ['docs/reference/schemas', 'man'] as const;

/** Content by path below `root`. */
export function referenceFiles(root: string): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
  const all = documents(manifest.commands, readShapes(root));
  const schemas = all.map(({ name, schema }) => [`docs/reference/schemas/${schemaFile(name)}`, json(schema)] as const);
  const settings = schemaOf(SettingsFile);
  const { description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { description: string };
  const manual = manPages({ manifest, description, settings, exits: exits(root) });
  return {
    ...Object.fromEntries(schemas),
    'docs/errors.md': errorsPage(readFileSync(join(root, 'docs/errors.md'), 'utf8')),
    'docs/reference/json.md': jsonPage(all, examples(root)),
    'docs/reference/settings.md': settingsPage(settings, schemaOf(Configuration)),
    ...Object.fromEntries(Object.entries(manual).map(([name, page]) => [`man/${name}`, page])),
  };
}

function json(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Documents of real runs, by the names of their schemas. */
function examples(root: string): Readonly<Record<string, unknown>> {
  const directory = join(root, 'docs/reference/examples');
  const read = (file: string): unknown => JSON.parse(readFileSync(join(directory, file), 'utf8'));
  return Object.fromEntries(readdirSync(directory).map((file) => [file.replace('.json', ''), read(file)]));
}

/** What each exit code says, and what a script should do, as `docs/errors.md` has it. @throws Error if it has no such table */
function exits(root: string): [string, string][] {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| ([0-6]) +\| ([^|`]*?) +\| ([^|`]*?) +\|$/gm)];
  const codes = rows.map(([, code = '', says = '', advice = '']): [string, string] => [code, `${says}: ${advice}`]);
  if (codes.map(([code]) => code).join('') !== '0123456') throw new Error('docs/errors.md has no table of exit codes.');
  return codes;
}
