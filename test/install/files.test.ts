import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { files } from '../../src/install/files.js';

describe('files that are read in pieces', () => {
  const PIECE = 2 ** 20;
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'enim-files-'));
    path = join(directory, 'enim');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])('hold what was written, of %i bytes', (size) => {
    const content = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    writeFileSync(path, content);
    expect(files.holds(path, content)).toBe(true);
    expect(files.holds(path, Buffer.concat([content, Buffer.of(0)]))).toBe(false);
    if (size === 0) return;
    expect(files.holds(path, content.subarray(0, -1))).toBe(false);
    const other = Buffer.from(content);
    other.writeUInt8(255, size - 1);
    expect(files.holds(path, other)).toBe(false);
  });

  it.each([0, PIECE - 6, PIECE - 3, PIECE, 2 * PIECE - 1])('mention a text that begins at %i', (start) => {
    writeFileSync(path, Buffer.concat([Buffer.alloc(start), Buffer.from('marked'), Buffer.alloc(9)]));
    expect(files.mentions(path, 'marked')).toBe(true);
    expect(files.mentions(path, 'market')).toBe(false);
  });

  it('are undefined where there is none', () => {
    expect([files.holds(path, Buffer.of()), files.mentions(path, 'marked')]).toEqual([undefined, undefined]);
  });
});

describe('files that cannot be written', () => {
  it.each([
    ['/dev/null/enim', 'a part of the path is no directory (ENOTDIR).', 'name another directory'],
    [`/tmp/${'n'.repeat(300)}/enim`, 'the system refused it (ENAMETOOLONG).', 'mend it, then run it again'],
  ])('%s: say why, and what to do', (path, reason, hint) => {
    const write = (): void => files.replace(path, 'enim', 0o755);
    expect(write).toThrow(expect.objectContaining({ code: 'INSTALL_FAILED', hint }));
    expect(write).toThrow(`It was impossible to write ${path}: ${reason}`);
  });
});
