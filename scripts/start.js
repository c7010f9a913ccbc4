/** `npm start`: installs what is missing, builds, and shows the main job in a playground. */
import { ensure, isRoot } from './ensure.js';
import { fail, run } from './process.js';

if (!isRoot) fail('npm start makes network namespaces and needs root. Try: sudo npm start');
await ensure();
// Each says before a step that takes its time what it does.
const { code } = await run('node', ['scripts/build.js'], { show: true });
process.exitCode = code || (await run('node', ['scripts/playground.js'], { show: true })).code;
