/** Writes the reference below the directory that it is started in. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATED, referenceFiles } from './files.js';

const root = process.cwd();
const files = referenceFiles(root);
for (const directory of GENERATED) rmSync(join(root, directory), { recursive: true, force: true });
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
process.stdout.write(`${Object.keys(files).length} files of the reference are current\n`);
