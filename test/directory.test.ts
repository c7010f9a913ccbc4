import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makeDirectory } from '../src/directory.js';
import { thrownBy } from './model/thrown.js';
import { useTemporaryDirectories } from './store/temporary.js';

const temporary = useTemporaryDirectories();
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const errorOf = (path: string): Promise<unknown> => thrownBy(async () => makeDirectory(path));

describe('makeDirectory', () => {
  it('makes all that is missing, with the mode, and leaves what is there', () => {
    const top = temporary();
    mkdirSync(join(top, 'there'), { mode: 0o755 });
    makeDirectory(join(top, 'there/a/b'), 0o700);
    expect(['there', 'there/a', 'there/a/b'].map((path) => modeOf(join(top, path)))).toEqual([0o755, 0o700, 0o700]);
    makeDirectory(join(top, 'there/a/b'), 0o755);
    expect(modeOf(join(top, 'there/a/b'))).toBe(0o700);
  });

  it('takes a link to a directory for one', () => {
    const top = temporary();
    mkdirSync(join(top, 'real'));
    symlinkSync('real', join(top, 'link'));
    makeDirectory(join(top, 'link'));
    makeDirectory(join(top, 'link/inner'));
    expect(existsSync(join(top, 'real/inner'))).toBe(true);
  });

  it('comes to an end where nothing can be made', async () => {
    expect(await errorOf('/proc/nowhere/a/b')).toMatchObject({ code: 'ENOENT', path: '/proc/nowhere' });
    expect(await errorOf('')).toMatchObject({ code: 'ENOENT' });
  });

  it('throws what the kernel says where something else is in the way', async () => {
    const top = temporary();
    writeFileSync(join(top, 'file'), '');
    symlinkSync('nowhere', join(top, 'dangling'));
    expect(await errorOf(join(top, 'file'))).toMatchObject({ code: 'EEXIST' });
    expect(await errorOf(join(top, 'file/inner'))).toMatchObject({ code: 'ENOTDIR' });
    expect(await errorOf(join(top, 'dangling'))).toMatchObject({ code: 'EEXIST' });
  });
});
