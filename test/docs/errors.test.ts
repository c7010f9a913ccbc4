import { expect, it } from '@jest/globals';
import { failureDocument } from '../../src/cni/failure.js';
import { failureOf } from '../../src/commands/failure.js';
import { CODES } from '../../src/model/errors.js';
import { textOf } from './pages.js';

const ROW = /^\| `(\w+)` +\| (\d+) +\| (\d+) +\| ([^|]*) +\| ([^|]*) +\|$/gm;
const rows = [...textOf('docs/errors.md').matchAll(ROW)].map(([, code = '', exit, cni, cause = '', cure = '']) => ({
  ...{ code, exit: Number(exit), cni: Number(cni), cause: cause.trim(), cure: cure.trim() },
}));
const bug = new TypeError('x is undefined');

it('docs/errors.md has every code once, with its exit code and its CNI code, and no other', () => {
  const told = rows.map(({ code, exit, cni }) => `${code} ${exit} ${cni}`).sort();
  const { code, exitCode } = failureOf(bug);
  const real = Object.entries(CODES).map(([name, { exit, cni }]) => `${name} ${exit} ${cni}`);
  expect(told).toEqual([...real, `${code} ${exitCode} ${failureDocument(bug, null, null).code}`].sort());
});

it('docs/errors.md says of every code what the cause is, and what to do', () => {
  for (const { code, cause, cure } of rows) {
    expect({ code, cause, cure }).toEqual({
      code,
      cause: expect.stringMatching(/\w/),
      cure: expect.stringMatching(/\w/),
    });
  }
});

it('docs/errors.md has the codes by the number of the plugin as well, and the same', () => {
  const [, section = ''] = textOf('docs/errors.md').split('## By the number of the CNI plugin');
  const told = [...section.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].flatMap(([, cni, codes = '']) =>
    codes.split(' ').map((code) => `${cni} ${code.replaceAll('`', '')}`),
  );
  expect(told.sort()).toEqual(rows.map(({ code, cni }) => `${cni} ${code}`).sort());
});
