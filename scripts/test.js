/**
 * `npm test`: installs what is missing, builds, and runs every check; the first one that fails ends it and shows what it said.
 *
 * ENIM_TEST_RESULTS names a file that gets jest's results as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure, isRoot } from './ensure.js';
import { fail, ROOT, run } from './process.js';

const JEST = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];

/** What is added up of jest's results. */
const COUNTS = ['numPassedTests', 'numFailedTests', 'numPendingTests', 'numTodoTests', 'numRuntimeErrorTestSuites'];

/** Suites on beds that are not made here. Where a bed is named, its suites run after the others, for they take all the processor. */
const BEDS = [
  // A suite starts several machines at once, each of which wants a processor.
  { variable: 'ENIM_VM', directory: 'test/vm', title: 'tests on emulated machines', options: ['--maxWorkers=1'] },
  { variable: 'KUBEBUILDER_ASSETS', directory: 'test/kubernetes', title: 'tests on an API server', options: [] },
  { variable: 'ENIM_RELEASE', directory: 'test/release', title: 'tests of a release', options: [] },
  { variable: 'ENIM_RUNTIME', directory: 'test/runtime', title: 'tests under container runtimes', options: [] },
];

await ensure();
if (!isRoot) say('Not root: tests that make network namespaces are skipped.');

await step('build', 'node', ['scripts/build.js']);
await Promise.all([
  step('types', 'tsc', []),
  step('lint', 'biome', ['check', '--error-on-warnings']),
  step('layers', 'depcruise', ['src']),
  step('unused code', 'knip', []),
]);
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
  const sums = {};
  for (const { title, options } of parts(process.argv.slice(2))) {
    const output = await step(title, 'node', [...JEST, '--json', `--outputFile=${results}`, ...options]);
    sayWhatWasSkipped(output);
    const counts = JSON.parse(readFileSync(results, 'utf8'));
    for (const count of COUNTS) sums[count] = (sums[count] ?? 0) + counts[count];
  }
  writeFileSync(results, JSON.stringify(sums));
  say(`${sums.numPassedTests} tests passed, ${sums.numPendingTests} skipped`);
}

/** The runs of jest, given what was asked for: everything, if that is nothing. */
function parts(wanted) {
  const beds = wanted.length === 0 ? BEDS.filter(({ variable }) => process.env[variable]) : [];
  return [
    { title: 'tests', options: [...wanted, ...beds.map(({ directory }) => `--testPathIgnorePatterns=/${directory}/`)] },
    ...beds.map(({ title, directory, options }) => ({ title, options: [directory, ...options] })),
  ];
}

function sayWhatWasSkipped(output) {
  const reasons = output.split('\n').filter((line) => line.startsWith('skipped: '));
  for (const reason of new Set(reasons)) say(reason);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function say(message) {
  process.stdout.write(`${message}\n`);
}
