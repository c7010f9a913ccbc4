import { expect, test } from '@jest/globals';
import { renderVersion, type VersionDocument } from '../../src/render/version.js';

const BUILD: VersionDocument = {
  version: '1.2.3',
  commit: '0123456789abcdef0123456789abcdef01234567',
  date: '2026-03-02T07:30:00Z',
  modified: false,
  runtime: { name: 'Bun', version: '1.4.5' },
  target: 'linux-arm64-musl',
};

test('the version is the first line, and the build is below it', () => {
  expect(renderVersion(BUILD)).toBe(`enim 1.2.3
  commit   0123456789abcdef0123456789abcdef01234567 of 2026-03-02T07:30:00Z
  runtime  Bun 1.4.5
  target   linux-arm64-musl`);
});

test('a build of files that no commit has says so', () => {
  expect(renderVersion({ ...BUILD, modified: true })).toMatch(/^ {2}commit .* of 2026-03-02T07:30:00Z, modified$/m);
});

test('a build without a repository has an unknown commit', () => {
  const unknown = { ...BUILD, commit: null, date: null, modified: null };
  expect(renderVersion(unknown)).toMatch(/^ {2}commit {3}unknown$/m);
});

test('a bundle runs wherever its Node.js does', () => {
  const bundle = { ...BUILD, runtime: { name: 'Node.js', version: '24.21.0' }, target: null };
  expect(renderVersion(bundle)).toContain('  runtime  Node.js 24.21.0\n  target   any that Node.js runs on');
});
