import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { answer } from '../fabric/answers.js';
import type { EnimResult } from '../fabric/executable.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, programFault } from '../fabric/requirements.js';

const ROOT = join(import.meta.dirname, '../..');

describeEndToEnd('the npm package', () => {
  let directory: string;
  let files: readonly string[];
  let node: Node;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'enim-package-'));
    const printed = npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', directory);
    const packed = Object.values(
      JSON.parse(printed) as Record<string, { filename: string; files: { path: string }[] }>,
    )[0];
    files = packed?.files.map(({ path }) => path).sort() ?? [];
    npm(directory, 'install', '--offline', '--no-audit', '--no-fund', '--prefix', 'app', `./${packed?.filename}`);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  beforeEach(async () => {
    node = await createNode();
  });

  afterEach(() => node.destroy());

  function npm(cwd: string, ...args: readonly string[]): string {
    return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Runs what npm installed, as somebody does who has Node.js, and nothing of the checkout. */
  const enim = (...args: string[]): Promise<EnimResult> => {
    const path = `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;
    return node.start(['env', `PATH=${path}`, join(directory, 'app/node_modules/.bin/enim'), ...args]).result;
  };

  it('holds the program, what is said of it, and nothing else', () => {
    expect(files).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/run.js',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/cluster.cjs',
      'dist/command-line.cjs',
      'dist/main.cjs',
      'dist/plugin.cjs',
      ...readdirSync(join(ROOT, 'man'))
        .sort()
        .map((name) => `man/${name}`),
      'oclif.manifest.json',
      'package.json',
    ]);
  });

  it('brings no other package with it', () => {
    const lock = JSON.parse(readFileSync(join(directory, 'app/package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/enim']);
  });

  it('runs where only Node.js is', async () => {
    const { stdout, ...version } = await enim('--version');
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(stdout).toContain(`\n  runtime  Node.js ${process.versions.node}\n`);

    const list = answer<{ enis: { id: string; state: string }[] }>(await enim('list', '--json'));
    expect(list.enis).toEqual(node.enis.map(({ id }) => expect.objectContaining({ id, state: 'free' })));
  });
}, [programFault('npm')]);
