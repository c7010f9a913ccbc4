/**
 * `npm run bench`: installs what is missing, builds, and measures dist/enim against what the kernel itself needs, in network
 * namespaces of its own. See `npm run bench -- --help`.
 */
import { ensure, isRoot } from '../scripts/ensure.js';
import { fail, run } from '../scripts/process.js';
import { parseOptions, USAGE } from './options.js';
import { runInSandbox } from './sandbox.js';

const argv = process.argv.slice(2);
const options = readOptions();
if (options.help) process.stdout.write(USAGE);
else await bench();

function readOptions() {
  try {
    return parseOptions(argv);
  } catch (error) {
    return fail(`${error.message}\n\n${USAGE}`);
  }
}

async function bench() {
  if (!isRoot) fail('npm run bench makes network namespaces and needs root. Try: sudo npm run bench');
  await ensure();
  const { code, output } = await run('node', ['scripts/build.js']);
  if (code !== 0) fail(output);
  process.exitCode = await runInSandbox('bench/main.js', argv);
}
