import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  askedVersion,
  isAtLeast,
  isSupported,
  LATEST,
  SUPPORTED_VERSIONS,
  versionDocument,
} from '../../src/cni/version.js';

describe('the answer to VERSION', () => {
  it('is in the version that was asked in, also one that is not spoken', () => {
    for (const asked of [...SUPPORTED_VERSIONS, '0.2.0', '9.9.9'])
      expect(versionDocument(askedVersion(JSON.stringify({ cniVersion: asked })))).toEqual({
        ...{ cniVersion: asked, supportedVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'] },
      });
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
    expect(versionDocument(askedVersion(text)).cniVersion).toBe(LATEST);
  });

  it('never fails for its input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const asked = askedVersion(text);
        expect(asked === null || /^\d+\.\d+\.\d+$/.test(asked)).toBe(true);
      }),
    );
    expect(askedVersion('['.repeat(200_000))).toBeNull();
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
