import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeEndToEnd, EXECUTABLE } from '../fabric/requirements.js';

const ROOT = join(import.meta.dirname, '../..');

interface Sbom {
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly hashes: readonly { alg: string; content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The release of this machine's executable alone: for that nothing has to be fetched. */
describeEndToEnd('a release', () => {
  let directory: string;
  let out: string;
  let executable: string;
  let built: { readonly version: string; readonly target: string };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'enim-release-'));
    out = join(directory, 'out');
    built = JSON.parse(execFileSync(EXECUTABLE, ['version', '--json'], { encoding: 'utf8' })) as typeof built;
    executable = `enim-${built.version}-${built.target}`;
    expect(release('--target', built.target, '--out', out)).toMatchObject({ status: 0 });
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const release = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/release.js'), ...args], { encoding: 'utf8' });

  const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

  const sbom = () => JSON.parse(readFileSync(join(out, `enim-${built.version}.cdx.json`), 'utf8')) as Sbom;

  it('has the executable, the npm package, what is in them, the man pages, and the sum of each', () => {
    const others = [
      'SHA256SUMS',
      'THIRD-PARTY-LICENSES.txt',
      `enim-${built.version}-man.tar.gz`,
      `enim-${built.version}.cdx.json`,
      `enim-${built.version}.tgz`,
    ];
    expect(readdirSync(out).sort()).toEqual([...others, executable].sort());

    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
    expect(sums.map((line) => line.split('  ')[1])).toEqual(
      readdirSync(out)
        .filter((name) => name !== 'SHA256SUMS')
        .sort(),
    );
    expect(spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out }).status).toBe(0);
  });

  it('has the same bytes as a build in another directory', () => {
    expect(sha256(join(out, executable))).toBe(sha256(join(ROOT, 'dist/enim')));
  });

  it('has the man pages as they lie below a share/man', () => {
    const archive = join(out, `enim-${built.version}-man.tar.gz`);
    const pages = readdirSync(join(ROOT, 'man')).map((name) => `man${name.at(-1)}/${name}`);
    expect(execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trimEnd().split('\n').sort()).toEqual(
      pages.sort(),
    );
    const page = execFileSync('tar', ['-xzOf', archive, 'man5/enim.5'], { encoding: 'utf8' });
    expect(page).toBe(readFileSync(join(ROOT, 'man/enim.5'), 'utf8'));
  });

  it('has an executable that says what it is', () => {
    const { status, stdout } = spawnSync(join(out, executable), ['version', '--json'], { encoding: 'utf8' });
    expect({ status, document: JSON.parse(stdout) }).toEqual({ status: 0, document: built });
  });

  it('lists the packages that are in the bundles, and no tools', () => {
    const names = sbom().components.map((component) => component['bom-ref'].replace(/@[^@]*$/, ''));

    expect(names).toEqual(
      expect.arrayContaining(['bun', '%40oclif/core', 'valibot', 'js-yaml'].map((name) => `pkg:npm/${name}`)),
    );
    // The last two are dependencies of what is bundled, and left out of the bundles.
    for (const absent of ['esbuild', 'jest', 'typescript', 'undici', 'openid-client'])
      expect(names).not.toContain(`pkg:npm/${absent}`);
  });

  it('names each package once, with the hash that the registry has of it and with what it uses', () => {
    const { components, dependencies } = sbom();
    const refs = components.map((component) => component['bom-ref']);

    expect(new Set(refs).size).toBe(refs.length);
    for (const { hashes } of components)
      expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    expect(dependencies.map(({ ref }) => ref)).toEqual([`pkg:npm/enim@${built.version}`, ...refs]);
    const reached = new Set([`pkg:npm/enim@${built.version}`]);
    for (const ref of reached)
      for (const use of dependencies.find((each) => each.ref === ref)?.dependsOn ?? []) reached.add(use);
    expect([...reached].sort()).toEqual(dependencies.map(({ ref }) => ref).sort());
  });

  it('has the licences of all that it lists but Bun', () => {
    const licences = readFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const { 'bom-ref': ref } of sbom().components.filter((each) => !each['bom-ref'].startsWith('pkg:npm/bun@'))) {
      const [, name, version] = /^pkg:npm\/(.+)@([^@]+)$/.exec(ref) ?? [];
      expect(licences).toContain(`\n${decodeURIComponent(name ?? '')} ${version} (`);
    }
  });

  it('is made of no machine that there is no runtime for', () => {
    const { status, stderr } = release('--target', 'linux-mips', '--out', join(directory, 'mips'));

    expect(status).toBe(1);
    expect(stderr).toContain('no target "linux-mips". There are: linux-x64, ');
    expect(readdirSync(directory)).not.toContain('mips');
  });

  it('takes the place of no directory that is no release', () => {
    const precious = join(directory, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'thesis.txt'), 'years of work');
    const { status, stderr } = release('--target', built.target, '--out', precious);

    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('is no release') });
    expect(readdirSync(precious)).toEqual(['thesis.txt']);
  });
});
