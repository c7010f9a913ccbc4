import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareVersions } from '../../../../src/providers/kubernetes/watch/version.js';

describe('versions', () => {
  it('are compared as the numbers that they are, however large', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.bigInt({ min: 0n, max: 2n ** 64n }), (a, b) => {
        const order = compareVersions(String(a), String(b));
        expect(Math.sign(order ?? Number.NaN)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it.each(['', 'abc', '-1', '1.5', '01', '1e3'])('that are no numbers (%s) only equal themselves', (version) => {
    expect([compareVersions(version, version), compareVersions(version, '1'), compareVersions('1', version)]).toEqual([
      ...[0, null, null],
    ]);
  });
});
