import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readIfThere, replaceDurably, replaceForThisBoot, setAside } from '../src/durable.js';
import { useTemporaryDirectories } from './store/temporary.js';

const temporary = useTemporaryDirectories();

describe('readIfThere', () => {
  it('gives undefined for a file that is not there', () => {
    expect(readIfThere(join(temporary(), 'none'))).toBeUndefined();
  });

  it('throws for what is there and cannot be read', () => {
    expect(() => readIfThere(temporary())).toThrow(/EISDIR/);
  });
});

describe('replaceDurably', () => {
  it.each([replaceDurably, replaceForThisBoot])(
    'makes the directory, for its owner alone, and the file too (%p)',
    (replace) => {
      const directory = join(temporary(), 'a', 'b');
      replace(join(directory, 'f'), 'one');
      expect(readFileSync(join(directory, 'f'), 'utf8')).toBe('one');
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, 'f')).mode & 0o777).toBe(0o600);
    },
  );

  it('keeps what was there as the previous generation', () => {
    const directory = temporary();
    const [path, previous] = [join(directory, 'f'), join(directory, 'p')];
    replaceDurably(path, 'one', { previous });
    expect(existsSync(previous)).toBe(false);
    replaceDurably(path, 'two', { previous });
    replaceDurably(path, 'three', { previous });
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(['three', 'two']);
  });

  it('leaves nothing else behind', () => {
    const directory = temporary();
    for (const content of ['one', 'two', 'three'])
      replaceDurably(join(directory, 'f'), content, { previous: join(directory, 'p') });
    expect(readdirSync(directory).sort()).toEqual(['f', 'p']);
  });

  it('replaces the file, so that whoever has the old one open goes on reading the old one', () => {
    const path = join(temporary(), 'f');
    replaceDurably(path, 'one');
    const before = statSync(path).ino;
    replaceDurably(path, 'two');
    expect(statSync(path).ino).not.toBe(before);
  });

  it('overwrites what a killed process left half done', () => {
    const directory = temporary();
    const [path, previous] = [join(directory, 'f'), join(directory, 'p')];
    replaceDurably(path, 'one', { previous });
    writeFileSync(`${path}.new`, 'half of somethi');
    writeFileSync(`${previous}.new`, 'half');
    replaceDurably(path, 'two', { previous });
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(['two', 'one']);
    expect(readdirSync(directory).sort()).toEqual(['f', 'p']);
  });

  it('changes nothing when the new content cannot be written', () => {
    const directory = temporary();
    const [path, previous] = [join(directory, 'f'), join(directory, 'p')];
    replaceDurably(path, 'one', { previous });
    replaceDurably(path, 'two', { previous });
    mkdirSync(`${path}.new`);
    expect(() => replaceDurably(path, 'three', { previous })).toThrow(/^EISDIR: .*\bopen\b/);
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(['two', 'one']);
  });
});

describe('replaceForThisBoot', () => {
  it('puts the content in place, keeps what was there if told, and leaves nothing else behind', () => {
    const directory = temporary();
    const [path, previous] = [join(directory, 'f'), join(directory, 'p')];
    replaceDurably(path, 'one');
    replaceForThisBoot(path, 'two', { previous });
    replaceForThisBoot(path, 'three');
    expect([readFileSync(path, 'utf8'), readFileSync(previous, 'utf8')]).toEqual(['three', 'one']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['f', 'p']);
  });

  it('changes nothing when the new content cannot be written', () => {
    const path = join(temporary(), 'f');
    replaceDurably(path, 'one');
    mkdirSync(`${path}.new`);
    expect(() => replaceForThisBoot(path, 'two')).toThrow();
    expect(readFileSync(path, 'utf8')).toBe('one');
  });
});

describe('setAside', () => {
  it('gives the file a second name that says when, and leaves it in place', () => {
    const path = join(temporary(), 'state.json');
    writeFileSync(path, 'damaged');
    const aside = setAside(path, new Date('2026-01-02T03:04:05.678Z'));
    expect(aside).toBe(path.replace('state.json', 'state.damaged-2026-01-02T03-04-05-678Z.json'));
    expect([readFileSync(path, 'utf8'), readFileSync(aside, 'utf8')]).toEqual(['damaged', 'damaged']);
  });
});
