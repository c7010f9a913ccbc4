import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const useStore = `import { store } from '../store/store.js';\nexport const use = store;`;
const useStoreType = `import type { Store } from '../store/store.js';\nexport type Use = Store;`;

const SOURCES = {
  'store/store.ts': 'export interface Store { readonly path: string }\nexport const store = 1;',
  'model/eni.ts': useStore,
  'link/link.ts': useStoreType,
  'manager/add.ts': useStoreType,
  'manager/del.ts': useStore,
  'commands/add.ts': useStore,
  'commands/list.ts': `import { readFileSync } from 'node:fs';\nexport const use = readFileSync;`,
  'cni/plugin.ts': `export { use } from './request.js';`,
  'cni/request.ts': `import { run } from '@oclif/core';\nexport const use = run;`,
};

let project: string;
let broken: readonly string[];

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'enim-layers-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    cpSync(join(ROOT, file), join(project, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  for (const [path, source] of Object.entries(SOURCES)) {
    const file = join(project, 'src', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source);
  }
  broken = cruise();
}, 30_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** What is found in the project: `RULE: FILE`. */
function cruise(): string[] {
  const args = [join(ROOT, 'node_modules/.bin/depcruise'), 'src', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

// With a version of TypeScript that it does not know, dependency-cruiser sees no imports and finds everything in order.
describe('the check of the layers', () => {
  test('lets the manager have the types of a driver', () => {
    expect(broken.filter((each) => each.endsWith('src/manager/add.ts'))).toEqual([]);
  });

  test.each([
    ['a model that knows the store', 'ground-level: src/model/eni.ts'],
    ['a driver that imports its sibling', 'drivers-look-down: src/link/link.ts'],
    ['a manager that imports a driver', 'manager-takes-types: src/manager/del.ts'],
    ['a command that imports a driver', 'only-compose-names-drivers: src/commands/add.ts'],
    ['a command that reads files', 'faces-have-no-effects: src/commands/list.ts'],
    ['oclif in the reach of the CNI plugin', 'hot-path-is-light: src/cni/plugin.ts'],
  ])('finds %s', (_, violation) => {
    expect(broken).toContain(violation);
  });
});
