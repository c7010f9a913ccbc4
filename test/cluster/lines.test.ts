import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitLines } from '../../src/cluster/lines.js';

describe('lines of a stream', () => {
  it('are told whole, however they were cut on the way; empty ones and what is not over are not', () => {
    const lines = fc.array(fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '')));
    fc.assert(
      fc.property(lines, fc.array(fc.nat({ max: 12 }), { minLength: 1 }), (all, sizes) => {
        const told: string[] = [];
        const take = splitLines((line) => told.push(line));
        let rest = `${all.map((line) => `${line}\n`).join('')}not over`;
        for (let turn = 0; rest !== ''; turn += 1) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          take(rest.slice(0, size));
          rest = rest.slice(size);
        }
        expect(told).toEqual(all.filter((line) => line !== ''));
      }),
    );
  });

  it.each([
    ['in one piece', ['x'.repeat(11)]],
    ['with its end', [`${'x'.repeat(11)}\n`]],
    ['in pieces', Array.from({ length: 11 }, () => 'x')],
    ['after others', ['a\nb\n', 'x'.repeat(6), 'x'.repeat(5)]],
  ])('are refused if one is too long, %s', (_, chunks) => {
    const take = splitLines(() => undefined, 10);
    expect(() => {
      for (const chunk of chunks) take(chunk);
    }).toThrow('EMSGSIZE');
  });

  it('may be as long as is allowed', () => {
    const told: string[] = [];
    const take = splitLines((line) => told.push(line), 10);
    for (const chunk of ['x'.repeat(10), `\n${'y'.repeat(10)}`, '\n']) take(chunk);
    expect(told).toEqual(['x'.repeat(10), 'y'.repeat(10)]);
  });
});
