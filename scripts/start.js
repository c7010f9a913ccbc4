/** `npm start`: installs what is missing, builds, and shows the main job in a playground. */
import { ensure, isRoot } from './ensure.js';
import { fail, run } from './process.js';

if (!isRoot) fail('npm start makes network namespaces and needs root. Try: sudo npm start');
await ensure();
const { code, output } = await run('node', ['scripts/build.js']);
if (code !== 0) fail(output);
process.exitCode = (await run('node', ['scripts/playground.js'], { show: true })).code;
