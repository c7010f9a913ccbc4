import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { answerVersion, isAtLeast, isSupported, LATEST, SUPPORTED_VERSIONS } from '../../src/cni/version.js';

describe('the answer to VERSION', () => {
  const versionIn = (text: string): unknown => (JSON.parse(answerVersion(text)) as { cniVersion: unknown }).cniVersion;

  it('names all versions, in the one that was asked in, also one that is not spoken', () => {
    for (const asked of [...SUPPORTED_VERSIONS, '0.2.0', '9.9.9'])
      expect(answerVersion(JSON.stringify({ cniVersion: asked }))).toBe(
        `{"cniVersion":"${asked}","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}\n`,
      );
  });

  it.each([
    '',
    'null',
    '7',
    '[]',
    '{}',
    '{"cniVersion":7}',
    '{"cniVersion":""}',
    '{"cniVersion":"1.1"}',
    '{',
    '"1.1.0"',
    '{"__proto__":{"cniVersion":"0.4.0"}}',
  ])('is in the newest version for the input %j', (text) => {
    expect(versionIn(text)).toBe(LATEST);
  });

  it('never fails for its input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(versionIn(text)).toMatch(/^\d+\.\d+\.\d+$/);
      }),
    );
    expect(versionIn('['.repeat(200_000))).toBe(LATEST);
  });
});

describe('versions', () => {
  it('are ordered from the oldest to the newest', () => {
    expect(isAtLeast('0.4.0', '0.3.1')).toBe(true);
    expect(isAtLeast('0.3.1', '0.4.0')).toBe(false);
    for (const version of SUPPORTED_VERSIONS) {
      expect(isAtLeast(version, version)).toBe(true);
      expect(isAtLeast(LATEST, version)).toBe(true);
    }
  });

  it.each(['0.1.0', '0.2.0', '0.3.0', '1.2.0', '1.1', '', undefined, null, 1, {}, ['1.1.0']])(
    'that are not spoken are known as such: %j',
    (version) => {
      expect(isSupported(version)).toBe(false);
    },
  );
});
