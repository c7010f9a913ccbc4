import { describe, expect, test } from '@jest/globals';
import { type Failure, failureDocument, renderFailure } from '../../src/render/failure.js';
import { styleFor } from '../../src/render/style.js';

const FAILURE: Failure = {
  code: 'BUSY',
  message: 'the state is locked.',
  details: ['by enim gc (pid 4711)\nsince 3 s'],
  hint: 'enim list',
  exitCode: 5,
  trace: 'EnimError: …\n    at lock',
};
const PIPED = { width: null, debug: false };
const plain = styleFor({ isTTY: false }, {});
const coloured = styleFor({ isTTY: true }, {});

describe('renderFailure', () => {
  test('says what, why, and what now', () => {
    expect(renderFailure(FAILURE, { style: plain, ...PIPED })).toBe(
      'error: the state is locked.\n  by enim gc (pid 4711)\n  since 3 s\n  Try: enim list',
    );
  });

  test('says no more than there is', () => {
    expect(renderFailure({ ...FAILURE, details: [], hint: null }, { style: plain, ...PIPED })).toBe(
      'error: the state is locked.',
    );
  });

  test('shows the control characters of a value, and does not obey them', () => {
    const failure = { ...FAILURE, message: 'the owner is "a\nb\u001b[2J\u009b".', details: [], hint: 'x\ty' };
    expect(renderFailure(failure, { style: plain, ...PIPED })).toBe(
      'error: the owner is "a\\nb\\u001b[2J\\u009b".\n  Try: x\\ty',
    );
  });

  test('ends with the trace for those who look for a bug', () => {
    expect(renderFailure(FAILURE, { style: plain, ...PIPED, debug: true })).toMatch(
      /Try: enim list\nEnimError: …\n {4}at lock$/,
    );
  });
});

test('the document has no trace', () => {
  const { trace: _, ...error } = FAILURE;
  expect(JSON.parse(failureDocument(FAILURE))).toEqual({ error });
});

describe('colour', () => {
  test.each([
    ['on a terminal', { isTTY: true }, {}, true],
    ['with an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, true],
    ['not with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['not on a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
    ['not in a pipe', {}, { FORCE_COLOR: '1' }, false],
  ])('is used %s', (_, stream, env, used) => {
    expect(styleFor(stream, env).red('x') !== 'x').toBe(used);
  });

  test('carries no meaning that the words lack', () => {
    expect(renderFailure(FAILURE, { style: coloured, ...PIPED })).toContain(' the state is locked.\n');
  });
});
