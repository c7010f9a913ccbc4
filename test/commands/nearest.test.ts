import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearest } from '../../src/commands/nearest.js';

const COMMANDS = ['add', 'del', 'gc', 'list', 'provider', 'config'];

describe('nearest', () => {
  test.each([
    ['lst', 'list'],
    ['prov', 'provider'],
    ['confg', 'config'],
    ['dell', 'del'],
    ['xyzzy', undefined],
    ['l', undefined],
    ['', undefined],
  ])('for "%s" is %s', (typed, expected) => {
    expect(nearest(typed, COMMANDS)).toBe(expected);
  });

  test('is one of the candidates or nothing, and a candidate is nearest to itself', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ minLength: 1 })), (typed, candidates) => {
        const found = nearest(typed, candidates);
        expect(found === undefined || candidates.includes(found)).toBe(true);
        for (const each of candidates) expect(nearest(each, candidates)).toBe(each);
      }),
    );
  });
});
