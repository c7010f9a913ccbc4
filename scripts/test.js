/**
 * `npm test`: installs what is missing, builds, and runs every check; the first one that fails ends it and shows what it said.
 *
 * ENIM_TEST_RESULTS names a file that gets jest's results as JSON.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure, isRoot } from './ensure.js';
import { fail, ROOT, run } from './process.js';

await ensure();
if (!isRoot) say('Not root: tests that make network namespaces are skipped.');

await step('build', 'node', ['scripts/build.js']);
await step('lint', 'biome', ['check', '--error-on-warnings']);
await step('types', 'tsc', []);
await step('layers', 'depcruise', ['src']);
await step('unused code', 'knip', []);
await tests();

async function step(name, program, args) {
  const started = Date.now();
  const { code, output } = await run(program, args);
  if (code !== 0) fail(`${output}\n${name}: FAILED`);
  say(`${name}: good (${seconds(started)})`);
  return output;
}

async function tests() {
  const results = process.env.ENIM_TEST_RESULTS ?? join(ROOT, 'dist/test-results.json');
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const wanted = process.argv.slice(2);
  const output = await step('tests', 'node', [...jest, '--json', `--outputFile=${results}`, ...wanted]);
  summarize(JSON.parse(readFileSync(results, 'utf8')), output);
}

function summarize({ numPassedTests: passed, numPendingTests: skipped }, output) {
  const reasons = output.split('\n').filter((line) => line.startsWith('skipped: '));
  for (const reason of new Set(reasons)) say(reason);
  say(`${passed} tests passed, ${skipped} skipped`);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function say(message) {
  process.stdout.write(`${message}\n`);
}
