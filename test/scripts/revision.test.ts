import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../../scripts/revision.js');

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'enim-revision-'));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/main.ts'), 'one');
  writeFileSync(join(root, 'README.md'), 'one');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid'];
  return execFileSync('git', [...identity, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_DATE: '2026-03-01T23:30:00-08:00', TZ: 'Asia/Tokyo' },
  }).trim();
}

function commitAll(): string {
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'test');
  return git('rev-parse', 'HEAD');
}

/** What the script says of src/ in a directory. It is plain JavaScript, so it is asked in a process of its own. */
function findRevision(directory = root): unknown {
  const ask = `console.log(JSON.stringify((await import(${JSON.stringify(SCRIPT)})).findRevision(${JSON.stringify(directory)}, ['src'])))`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', ask], { encoding: 'utf8' }));
}

describe('the revision of a build', () => {
  test('is the commit, with its date in UTC', () => {
    const commit = commitAll();
    expect(findRevision()).toEqual({ commit, date: '2026-03-02T07:30:00Z', modified: false });
  });

  test('says if what the program is made of was changed, or something added to it', () => {
    commitAll();
    writeFileSync(join(root, 'src/main.ts'), 'two');
    expect(findRevision()).toMatchObject({ modified: true });

    git('checkout', '--', 'src');
    writeFileSync(join(root, 'src/new.ts'), 'new');
    expect(findRevision()).toMatchObject({ modified: true });
  });

  test('stays the same if something else is changed, so that nothing is built anew for it', () => {
    commitAll();
    const before = findRevision();
    writeFileSync(join(root, 'README.md'), 'two');
    expect(findRevision()).toEqual(before);
  });

  test('is unknown without a repository, and in a directory of somebody else’s', () => {
    expect(findRevision()).toBeNull();
    commitAll();
    mkdirSync(join(root, 'node_modules/enim/src'), { recursive: true });
    expect(findRevision(join(root, 'node_modules/enim'))).toBeNull();
  });
});
