/** Starts the API server of the tests (cluster.ts) in a home's netns. It is TypeScript, so it is bundled first. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../scripts/process.js';

/** Why there can be none; undefined if there can. */
export const NO_API_SERVER = process.env.KUBEBUILDER_ASSETS
  ? undefined
  : 'skipped: KUBEBUILDER_ASSETS does not name the directory of etcd and kube-apiserver';

/**
 * Starts it, with the ENIs as objects.
 *
 * @returns the settings that lead to it
 */
export async function startApiServer(home, directory, enis) {
  const outfile = join(directory, 'cluster.cjs');
  await bundle(outfile);
  const child = fork(outfile, [JSON.stringify(enis)], {
    execPath: 'nsenter',
    execArgv: [`--net=${home.path}`, process.execPath],
  });
  const kubernetes = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The API server's process ended with ${code}.`)));
  });
  return {
    settings: { provider: 'kubernetes', kubernetes },
    /** Changes the status of one ENI after the other, so often in all. */
    async change(times) {
      const changed = new Promise((resolve) => child.once('message', resolve));
      child.send({ change: times });
      await changed;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    },
  };
}

async function bundle(outfile) {
  const { build } = await import('esbuild');
  await build({
    ...{ absWorkingDir: ROOT, entryPoints: ['bench/cluster.ts'], outfile },
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node22', logLevel: 'error' },
    // What the files of the tests take for their own place.
    define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'test/kubernetes')) },
    plugins: [withoutJest],
  });
}

/** The files of the tests can also declare suites, which nobody asks for here; outside of jest its package throws. */
const withoutJest = {
  name: 'without-jest',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@jest\/globals$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
  },
};
