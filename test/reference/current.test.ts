import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { GENERATED, referenceFiles } from '../../scripts/reference/files.js';

const ROOT = join(import.meta.dirname, '../..');

/** The whole source is read, on a machine that may be busy with others. */
jest.setTimeout(120_000);

describe('the reference (else: npm run reference)', () => {
  let made: Readonly<Record<string, string>>;

  beforeAll(() => {
    made = referenceFiles(ROOT);
  }, 120_000);

  it('has the files that come of types, settings, commands and examples as they are', () => {
    for (const [path, content] of Object.entries(made)) {
      expect({ path, content: readFileSync(join(ROOT, path), 'utf8') }).toEqual({ path, content });
    }
  });

  it('has no others', () => {
    const there = GENERATED.flatMap((directory) =>
      readdirSync(join(ROOT, directory)).map((name) => `${directory}/${name}`),
    );
    const inThem = Object.keys(made).filter((path) => GENERATED.some((directory) => path.startsWith(`${directory}/`)));
    expect(there.sort()).toEqual(inThem.sort());
  });
});
