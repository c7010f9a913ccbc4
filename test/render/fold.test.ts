import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { folded, foldWords } from '../../src/render/fold.js';

const ID = '3f9c1d2a'.padEnd(64, '0');

describe('prose on a terminal', () => {
  test('is broken between words, and what follows is indented', () => {
    expect(folded('  one two three four', 12)).toBe('  one two\n      three\n      four');
    expect(foldWords('one two three', 7)).toBe('one two\nthree');
  });

  test('stays as it is where it has room, and in a pipe', () => {
    expect(folded('one two\nthree', 7)).toBe('one two\nthree');
    expect(folded('one two three', null)).toBe('one two three');
  });

  test('is measured by what it takes of a terminal', () => {
    expect(folded('\u001b[31merror:\u001b[39m nothing', 14)).toBe('\u001b[31merror:\u001b[39m nothing');
    expect(folded('日本語 日本語', 12)).toBe('日本語\n    日本語');
  });

  test('does not break a command that fits into a line', () => {
    expect(folded('  Try: end what holds them, then go on: enim drain; or take them: enim drain --force', 50)).toBe(
      '  Try: end what holds them, then go on:\n      enim drain; or take them: enim drain --force',
    );
  });

  test('breaks a longer command as a shell takes it', () => {
    expect(folded(`  Try: enim del default/web-0 --container-id ${ID}`, 80)).toBe(
      `  Try: enim del default/web-0 --container-id \\\n      ${ID}`,
    );
    expect(folded('  $ enim del default/web-0 --netns web-0', 30)).toBe(
      '  $ enim del default/web-0 \\\n      --netns web-0',
    );
    expect(folded("  mend: chmod go-w '/a path' # why not at all", 20)).toBe(
      "  mend: chmod go-w \\\n      '/a path'\n      # why not at\n      all",
    );
  });

  test('is never wider than the terminal if its words are not, and loses none', () => {
    const word = fc.stringMatching(/^[a-z:;,-]{1,16}$/);
    const text = fc.array(fc.oneof(word, fc.constant('try: enim list -o wide')), { minLength: 1 });
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 120 }), (words, width) => {
        const lines = folded(words.join(' '), width).split('\n');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        const plain = lines.map((line) => line.trim().replace(/ \\$/, '')).join(' ');
        expect(plain).toBe(words.join(' '));
      }),
    );
  });
});
