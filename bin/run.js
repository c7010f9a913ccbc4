#!/usr/bin/env node
/** Starts the bundle on Node.js, for those who installed enim with npm. Nodes run dist/enim, which needs no Node.js. */
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/main.cjs', import.meta.url);

if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write('error: enim is not built yet. Try: npm run build\n');
  process.exitCode = 1;
}
