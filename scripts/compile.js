/** Makes an executable of the bundles. The same bundles and the same Bun make the same bytes, in whatever directory. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BIN, runProgram } from './process.js';

const OPTIONS = [
  '--compile',
  '--bytecode',
  // A call ends before compiled code has paid for itself: so it costs a tenth less time and a quarter less CPU (docs/decisions/001-bun-compile.md).
  '--compile-jit-policy=20',
  // Without these two the executable would load .env and bunfig.toml of whatever directory it is started in.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  // Bun would write the directory of the build into it.
  `--define=__dirname=${JSON.stringify('/$bunfs/root')}`,
];

/**
 * @param bundles their paths, the one first where the program starts
 * @param target one of TARGETS; `runtime`: the program of Bun for it; `outfile`: what is made
 */
export function compile(bundles, { target, runtime, outfile }) {
  const { name, compile: platform } = target;
  const options = [`--target=${platform}`, '--compile-executable-path', runtime, `--define=ENIM_TARGET="${name}"`];
  // Bun writes the name of what it makes, and from there the way to each bundle, into it as well.
  const aside = mkdtempSync(join(dirname(outfile), '.compile-'));
  try {
    for (const bundle of bundles) copyFileSync(bundle, join(aside, basename(bundle)));
    const names = bundles.map((bundle) => basename(bundle));
    // NODE_ENV and BUN_OPTIONS of whoever builds would get into it, too.
    const env = { PATH: process.env.PATH };
    runProgram(join(BIN, 'bun'), ['build', ...OPTIONS, ...options, ...names, '--outfile', 'enim'], { cwd: aside, env });
    // At once, as an installation writes it: Linux keeps that in memory in large pages, and what Bun has written in small ones, from
    // which a call starts 1.5 ms later (ext4 since Linux 6.16).
    writeFileSync(outfile, readFileSync(join(aside, 'enim')), { mode: 0o755 });
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
