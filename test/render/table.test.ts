import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aligned, table } from '../../src/render/table.js';

const COLUMNS = ['eni', 'state', 'nic', ''];
const ROWS = [
  ['eni-a', 'used', 'eth0 in web-0', ''],
  ['eni-c', 'orphan', 'dev7', 'its netns is gone since two hours; run: enim gc'],
];

const lines = (...text: string[]) => text.join('\n');

describe('table', () => {
  test('has an upper case header, two spaces between columns, and nothing at the ends of lines', () => {
    expect(table(COLUMNS, ROWS, { width: null })).toBe(
      lines(
        'ENI    STATE   NIC',
        'eni-a  used    eth0 in web-0',
        'eni-c  orphan  dev7           its netns is gone since two hours; run: enim gc',
      ),
    );
  });

  test('folds only the last column, between its words', () => {
    expect(table(COLUMNS, ROWS, { width: 56 })).toBe(
      lines(
        'ENI    STATE   NIC',
        'eni-a  used    eth0 in web-0',
        'eni-c  orphan  dev7           its netns is gone since',
        '                              two hours; run: enim gc',
      ),
    );
  });

  test('is left to the terminal when there is no room for words', () => {
    expect(table(COLUMNS, ROWS, { width: 40 })).toBe(table(COLUMNS, ROWS, { width: null }));
  });

  test('does not break a value that is longer than the room', () => {
    const value = 'x'.repeat(70);
    expect(table(['id', 'value'], [['a', value]], { width: 60 })).toContain(value);
  });

  test('without rows is its header', () => {
    expect(table(['eni', 'state'], [], { width: 80 })).toBe('ENI  STATE');
  });

  test('lays out cells of one line as cells of several lines, wide characters among them', () => {
    const value = fc.stringMatching(/^[a-z日本é→]{1,12}$/u);
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), (rows) => {
        const plain = aligned(rows, { width: null }).split('\n');
        const [first, ...rest] = rows.map(([a, b]) => [a, b] as const);
        const broken = aligned([...rest, [first?.[0] ?? '', `${first?.[1]}\nx`]], { width: null }).split('\n');
        expect(broken.slice(0, -2)).toEqual(plain.slice(1));
        expect(broken.at(-2)).toBe(plain[0]);
      }),
    );
  });

  test('keeps every value whole at any width', () => {
    const value = fc.stringMatching(/^[a-z0-9:./…-]{1,60}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value)), fc.integer({ min: 1, max: 200 }), (rows, width) => {
        const text = table(['a', 'b', 'c'], rows, { width });
        for (const cell of rows.flat()) expect(text).toContain(cell);
        for (const line of text.split('\n')) expect(line).toBe(line.trimEnd());
      }),
    );
  });
});
