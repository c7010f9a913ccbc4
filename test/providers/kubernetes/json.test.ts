import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from '../../../src/providers/kubernetes/json.js';

describe('JSON that is read and written back', () => {
  it.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '18446744073709551615'])(
    'keeps the number %s as it is',
    (number) => {
      const text = `{"a":{"b":[${number},1]},"c":"x"}`;
      expect(JSON.stringify(parseJson(text))).toBe(text);
    },
  );

  it('is read as everywhere else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
