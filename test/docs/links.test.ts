import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from '@jest/globals';
import { PAGES, pathOf, textOf } from './pages.js';

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

it.each(PAGES)('every link of %s inside the repository leads to a file, and to a heading of it', (page) => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  const broken = links.flatMap(([link, path = '', anchor]) => {
    const target = path === '' ? page : relative('.', join(dirname(page), path));
    if (!existsSync(pathOf(target))) return [link];
    return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link];
  });
  expect(broken).toEqual([]);
});

it('every page of docs/ is in its index', () => {
  const index = textOf('docs/README.md');
  const missing = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md').filter(
    (page) => !index.includes(`](${relative('docs', page)})`),
  );
  expect(missing).toEqual([]);
});

it('each thread of docs/field-problems.md is named by the test that the page leads to', () => {
  const rows = textOf('docs/field-problems.md')
    .split('\n')
    .filter((line) => line.includes('](https://'));
  const unnamed = rows.flatMap((row) => {
    const tests = [...row.matchAll(/\]\(\.\.\/(test\/[^)]*)\)/g)].map(([, path = '']) => textOf(path)).join();
    return [...row.matchAll(/\[(?:[\w.-]+\/)?([\w.-]+#\d+)\]/g)]
      .map(([, thread = '']) => thread)
      .filter((thread) => !tests.includes(thread));
  });
  expect(unnamed).toEqual([]);
  expect(rows.length).toBeGreaterThan(20);
});

it('README.md can be read in one go', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(170);
});
