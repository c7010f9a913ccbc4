import { describe, expect, test } from '@jest/globals';
import { renderWaiting } from '../../src/render/waiting.js';

const line = (what: string | null, passed: number, width = 80): string =>
  renderWaiting({ doing: 'enim doctor', what, passed, width });

describe('the line about what takes its time', () => {
  test('says what is waited for, else what is done, and since when', () => {
    expect(line('the API server', 3_400)).toBe('⠼ 3s, waiting for the API server');
    expect(line(null, 61_000)).toBe('⠋ 61s, enim doctor');
  });

  test('turns', () => {
    expect(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((turn) => line(null, 5_000 + turn * 100))).size).toBe(10);
  });

  test('has room in one row of the terminal, and obeys no control character', () => {
    expect(line('a\nb'.repeat(80), 1_000, 40)).toMatch(/^⠋ 1s, waiting for a\\nba\\nb.+…$/);
    expect(line('a\nb'.repeat(80), 1_000, 40)).toHaveLength(39);
  });
});
