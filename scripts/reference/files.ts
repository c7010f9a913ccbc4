/** All files of the reference, made from the source, the manifest and the examples. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './documents.js';
import type { Manifest } from './manifest.js';
import { type Schema, schemaFile } from './schema.js';
import { readShapes } from './types.js';

/** Directories in which every file is made here. */
export const GENERATED = ['docs/reference/schemas'] as const;

/** Content by path below `root`. */
export function referenceFiles(root: string): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
  const all = documents(manifest.commands, readShapes(root));
  const schemas = all.map(({ name, schema }) => [`docs/reference/schemas/${schemaFile(name)}`, json(schema)] as const);
  return Object.fromEntries(schemas);
}

function json(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
