import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { packTar, type TarEntry } from 'modern-tar';
import { isPlain, pack, unpack } from '../../src/bundle/archive.js';
import { FORMAT, MANIFEST, type Manifest, manifestOf, type Origin } from '../../src/bundle/manifest.js';
import { EnimError } from '../../src/model/errors.js';

const ORIGIN: Origin = {
  enim: { version: '1.2.3', commit: null },
  collected: '2026-01-02T03:04:05.000Z',
  missing: [{ part: 'logs', reason: 'There are none.' }],
  shortened: [],
};

const filesOf = (texts: Readonly<Record<string, string>>): Map<string, Uint8Array> =>
  new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
const textsOf = (files: ReadonlyMap<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries([...files].map(([name, content]) => [name, Buffer.from(content).toString('utf8')]));
const entry = (name: string, text: string, header: Partial<TarEntry['header']> = {}): TarEntry => ({
  header: { name, size: Buffer.byteLength(text), type: 'file', ...header },
  body: text,
});
const bundleOf = async (entries: readonly TarEntry[]): Promise<Uint8Array> => gzipSync(await packTar(entries));

/** A bundle that was made by somebody who wants something. */
async function forged(texts: Readonly<Record<string, string>>, change: (manifest: Manifest) => unknown = (m) => m) {
  const manifest = JSON.stringify(change(manifestOf(filesOf(texts), ORIGIN)));
  return bundleOf([entry(MANIFEST, manifest), ...Object.entries(texts).map(([name, text]) => entry(name, text))]);
}

const codeOf = async (packed: Uint8Array, limit?: number): Promise<string> => {
  try {
    await unpack('The bundle x', packed, limit);
    return 'none';
  } catch (thrown) {
    if (!(thrown instanceof EnimError)) throw thrown;
    expect(thrown.message).toMatch(/^The bundle x /);
    return `${thrown.code}: ${thrown.message}`;
  }
};

describe('a bundle', () => {
  it('gives back what was put in, with who made it', async () => {
    const { manifest, files } = await unpack('x', await pack(filesOf({ 'b/c.json': '{}', a: 'ä\n' }), ORIGIN));
    expect(textsOf(files)).toEqual({ a: 'ä\n', 'b/c.json': '{}' });
    expect(manifest).toMatchObject({ format: FORMAT, ...ORIGIN });
    expect(manifest.files.map(({ name, size }) => [name, size])).toEqual([
      ['a', 3],
      ['b/c.json', 2],
    ]);
  });

  it('is the same bytes for the same files, in whichever order they were gathered', async () => {
    const one = await pack(filesOf({ a: '1', b: '2' }), ORIGIN);
    expect(Buffer.from(one).equals(await pack(filesOf({ b: '2', a: '1' }), ORIGIN))).toBe(true);
  });

  it('gives back any files', async () => {
    const name = fc
      .stringMatching(/^[a-z0-9][\w.-]{0,20}(\/[a-z0-9][\w-]{0,20}){0,3}$/)
      .filter((each) => each !== MANIFEST);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true }), async (texts) => {
        const { files } = await unpack('x', await pack(filesOf(texts), ORIGIN));
        expect(textsOf(files)).toEqual(textsOf(filesOf(texts)));
      }),
    );
  });
});

describe('what is no whole bundle is refused', () => {
  it('wherever it was cut off', async () => {
    const whole = await pack(filesOf({ a: 'x'.repeat(3000), b: 'y' }), ORIGIN);
    for (let length = 0; length < whole.length; length += 7)
      expect(await codeOf(whole.subarray(0, length))).toMatch(/^BUNDLE_DAMAGED: /);
  });

  it('wherever the archive in it was cut off', async () => {
    const tar = gunzipSync(await pack(filesOf({ a: 'x'.repeat(3000) }), ORIGIN));
    for (let length = 0; length < tar.length - 512; length += 256)
      expect(await codeOf(gzipSync(tar.subarray(0, length)))).toMatch(/^BUNDLE_DAMAGED: /);
  });

  it('or read as it was, if a bit of it is another', async () => {
    const tar = gunzipSync(await pack(filesOf({ a: 'x'.repeat(300), 'b/c': 'y' }), ORIGIN));
    await fc.assert(
      fc.asyncProperty(fc.nat(tar.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const other = Buffer.from(tar);
        other[at] = (other[at] as number) ^ (1 << bit);
        try {
          expect(textsOf((await unpack('x', gzipSync(other))).files)).toEqual({ a: 'x'.repeat(300), 'b/c': 'y' });
        } catch (thrown) {
          expect(['BUNDLE_DAMAGED', 'BUNDLE_NEWER']).toContain((thrown as EnimError).code);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('whatever bytes they are', async () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('as they are', 'gzip'), async (content, how) => {
        expect(await codeOf(how === 'gzip' ? gzipSync(content) : content)).toMatch(/^BUNDLE_DAMAGED: /);
      }),
    );
  });

  it('that would grow beyond all bounds, before it has', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000), { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await codeOf(bomb, 1_000_000)).toBe(
      'BUNDLE_DAMAGED: The bundle x cannot be used: unpacked it has more than 1000000 bytes.',
    );
  });

  test.each([
    [
      'a file that is not what it was',
      (m: Manifest) => ({ ...m, files: m.files.map((f) => ({ ...f, sha256: '0'.repeat(64) })) }),
      'not what it was',
    ],
    [
      'a file of another size',
      (m: Manifest) => ({ ...m, files: m.files.map((f) => ({ ...f, size: 1 })) }),
      'not what it was',
    ],
    ['a file that is not listed', (m: Manifest) => ({ ...m, files: [] }), 'does not list "a"'],
    [
      'a file that is not there',
      (m: Manifest) => ({ ...m, files: [...m.files, { name: 'z', size: 0, sha256: '' }] }),
      '"z" is missing',
    ],
    ['a file that is listed twice', (m: Manifest) => ({ ...m, files: [...m.files, ...m.files] }), 'lists a file twice'],
    ['no format', () => ({}), 'names no format'],
    ['a manifest of another shape', (m: Manifest) => ({ ...m, missing: 7 }), 'missing: '],
    ['a manifest that is no document', () => 7, 'names no format'],
  ])('with %s', async (_, change, reason) => {
    expect(await codeOf(await forged({ a: 'hello' }, change))).toMatch(/^BUNDLE_DAMAGED: .*/);
    expect(await codeOf(await forged({ a: 'hello' }, change))).toContain(reason);
  });

  it('of a later format, and says which', async () => {
    const later = await forged({}, (manifest) => ({ ...manifest, format: FORMAT + 1, files: 'otherwise' }));
    expect(await codeOf(later)).toBe(
      `BUNDLE_NEWER: The bundle x has format ${FORMAT + 1}; this enim knows up to format ${FORMAT}.`,
    );
  });

  it('without a manifest', async () => {
    expect(await codeOf(await bundleOf([entry('a', 'hello')]))).toContain('it has no manifest.json');
  });

  test.each(['../a', '/etc/passwd', 'a/../../b', './a', 'a//b', 'a\\b', 'a\u0000b', 'a b', '\u001b[31m', 'a/', ''])(
    'with a file called %j',
    async (name) => {
      expect(isPlain(name)).toBe(false);
      expect(await codeOf(await forged({ [name]: 'hello' }))).toMatch(/^BUNDLE_DAMAGED: /);
    },
  );

  test.each(['symlink', 'link', 'directory', 'fifo', 'character-device', 'block-device'] as const)(
    'with a %s',
    async (type) => {
      const strange: TarEntry = { header: { name: 'a', size: 0, type, linkname: '/etc/passwd' } };
      const manifest = entry(MANIFEST, JSON.stringify(manifestOf(new Map(), ORIGIN)));
      expect(await codeOf(await bundleOf([manifest, strange]))).toContain('is no plain file');
    },
  );

  it('with one name for two files', async () => {
    const manifest = entry(MANIFEST, JSON.stringify(manifestOf(filesOf({ a: 'hello' }), ORIGIN)));
    const twice = await bundleOf([manifest, entry('a', 'hello'), entry('a', 'hello')]);
    expect(await codeOf(twice)).toContain('it has "a" twice');
  });
});
