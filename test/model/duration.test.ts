import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatAge, parseDuration, parseInterval } from '../../src/model/duration.js';
import { enimErrorOf } from './thrown.js';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['2s', 2_000],
    ['1.5s', 1_500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text, '--grace')).toBe(milliseconds);
  });

  it.each(['', '2', '-2s', '2 s', 's', '2s!', '1e3s', 'x2s', '2S', '1.s'])(
    'refuses %j, naming the field and its value',
    async (text) => {
      const error = await enimErrorOf(() => parseDuration(text, '--grace'));
      expect([error.code, error.message]).toEqual([
        'INVALID_ARGUMENT',
        `--grace is ${JSON.stringify(text)}, which is not a duration.`,
      ]);
    },
  );

  it('adds up its terms', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999 }), fc.nat({ max: 999 }), (minutes, milliseconds) => {
        expect(parseDuration(`${minutes}m${milliseconds}ms`, 'x')).toBe(minutes * 60_000 + milliseconds);
      }),
    );
  });
});

describe('parseInterval', () => {
  it('reads what is long enough', () => {
    expect(parseInterval('100ms', '--every')).toBe(100);
  });

  it.each(['0', '0s', '99ms'])('refuses %s, which would be no pause, and names one that is', async (text) => {
    expect(await enimErrorOf(() => parseInterval(text, '--every'))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `--every is "${text}", which is shorter than 100ms.`,
      hint: 'use --every 30s',
    });
  });

  it('reads as much as a day', () => {
    expect(parseInterval('1d', '--every')).toBe(86_400_000);
  });

  it('refuses more, of which a timer would make no time at all', async () => {
    expect(await enimErrorOf(() => parseInterval('30d', '--every'))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: '--every is "30d", which is longer than 24h.',
    });
  });
});

describe('formatAge', () => {
  it.each([
    [-5, '0s'],
    [999, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [7_199_999, '119m'],
    [7_200_000, '2h'],
    [172_799_999, '47h'],
    [172_800_000, '2d'],
  ])('%d ms is %s', (milliseconds, age) => {
    expect(formatAge(milliseconds)).toBe(age);
  });
});
