/** `npm run reference`: makes docs/reference and man anew, from the types, the settings and the commands as they are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.js';
import { BIN, ROOT, runProgram } from './process.js';

await ensure();
runProgram(join(BIN, 'node'), ['scripts/build.js']);
const directory = mkdtempSync(join(ROOT, 'dist/.reference-'));
try {
  const program = join(directory, 'write.mjs');
  const options = ['--bundle', '--platform=node', '--format=esm', '--packages=external', '--log-level=warning'];
  runProgram(join(BIN, 'esbuild'), ['scripts/reference/write.ts', ...options, `--outfile=${program}`]);
  process.stdout.write(runProgram(join(BIN, 'node'), [program]));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
