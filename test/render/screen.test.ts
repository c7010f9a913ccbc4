import { expect, it } from '@jest/globals';
import { frame } from '../../src/render/screen.js';

const plain = (text: string): string =>
  text.replaceAll('\u001b[K', '').replaceAll('\u001b[H', '^').replaceAll('\u001b[J', '$');

it('a frame begins at the top, clears what stood beside and below it, and ends without a line feed', () => {
  expect(frame('one\ntwo', 5)).toBe('\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J');
});

it('a frame never has more lines than the terminal, and counts those that it leaves out', () => {
  expect(plain(frame('1\n2\n3', 3))).toBe('^1\r\n2\r\n3$');
  expect(plain(frame('1\n2\n3\n4\n5', 3))).toBe('^1\r\n2\r\n… 3 more lines$');
});
