import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadSettings, rememberSettings } from '../../src/config/load.js';
import { findLocations } from '../../src/config/locations.js';
import { DEFAULTS } from '../../src/config/schema.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

function written(content: string): string {
  const path = join(temporary(), 'config.json');
  writeFileSync(path, content);
  return path;
}

describe('loadSettings', () => {
  it('gives the defaults where there is no file', () => {
    expect(loadSettings(join(temporary(), 'none.json'))).toEqual(DEFAULTS);
  });

  it('reads the file', () => {
    expect(loadSettings(written('{"network":"n"}'))).toEqual({ ...DEFAULTS, network: 'n' });
  });

  it.each(['', '{', '{"network":"n",}', 'network: n'])('says of %j that it is no JSON, and where', async (content) => {
    const path = written(content);
    const error = await enimErrorOf(() => loadSettings(path));
    expect([error.code, error.exitCode]).toEqual(['INVALID_CONFIG', 2]);
    expect(error.message).toMatch(new RegExp(`^The settings ${path} are not JSON: .+\\.$`));
  });

  it('says the first fault, and all others as details', async () => {
    const path = written('{"provider":"aws","lockWait":0}');
    const error = await enimErrorOf(() => loadSettings(path));
    expect(error.message).toBe(
      `The settings ${path} are wrong: provider "aws" is no provider; known: "static", "kubernetes".`,
    );
    expect(error.details).toEqual(['lockWait 0 is not between 1 and 600000 ms']);
  });

  it('says why a file cannot be read', async () => {
    const path = join(temporary(), 'config.json');
    mkdirSync(path);
    const error = await enimErrorOf(() => loadSettings(path));
    expect([error.code, error.message]).toEqual(['INVALID_CONFIG', `The settings ${path} cannot be read (EISDIR).`]);
  });

  it('says what mends that: a directory has no wrong permissions', async () => {
    const directory = temporary();
    writeFileSync(join(directory, 'file'), '');
    const hints = [directory, join(directory, 'file/config.json')].map((path) => enimErrorOf(() => loadSettings(path)));
    expect(await Promise.all(hints)).toMatchObject([
      { hint: expect.stringMatching(/^it is a directory; .*--config/) },
      { hint: expect.stringMatching(/^a part of its path is no directory; .*--config/) },
    ]);
  });
});

describe('rememberSettings', () => {
  it('says what is wrong with a path that cannot even be looked at, as loadSettings does', async () => {
    const file = written('{}');
    const error = await enimErrorOf(() => rememberSettings()(join(file, 'config.json')));
    expect([error.code, error.message]).toEqual([
      'INVALID_CONFIG',
      `The settings ${join(file, 'config.json')} cannot be read (ENOTDIR).`,
    ]);
  });

  /** Old enough to be remembered. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 80));

  it('reads a file once, as long as it stays as it is', async () => {
    const path = written('{"network":"n"}');
    const settingsIn = rememberSettings();
    await settled();
    expect(settingsIn(path)).toEqual({ ...DEFAULTS, network: 'n' });
    expect(settingsIn(path)).toBe(settingsIn(path));
  });

  it('reads it anew once it was written, replaced, removed, or made again', async () => {
    const path = written('{"network":"n1"}');
    const settingsIn = rememberSettings();
    await settled();
    expect(settingsIn(path).network).toBe('n1');
    writeFileSync(path, '{"network":"n2"}');
    expect(settingsIn(path).network).toBe('n2');
    renameSync(written('{"network":"n3"}'), path);
    expect(settingsIn(path).network).toBe('n3');
    rmSync(path);
    expect(settingsIn(path)).toEqual(DEFAULTS);
    writeFileSync(path, '{"network":"n4"}');
    expect(settingsIn(path).network).toBe('n4');
  });

  it('says of a wrong file each time what is wrong with it', async () => {
    const path = written('{"network":1}');
    const settingsIn = rememberSettings();
    await settled();
    for (let time = 0; time < 2; time += 1)
      expect((await enimErrorOf(() => settingsIn(path))).code).toBe('INVALID_CONFIG');
  });
});

describe('findLocations', () => {
  const env = { ENIM_CONFIG: '/e/c', ENIM_STATE_DIR: '/e/s', ENIM_RUN_DIR: '/e/r' };

  it('has defaults', () => {
    const defaults = { config: '/etc/enim/config.json', stateDir: '/var/lib/enim', runDir: '/run/enim' };
    expect(findLocations({})).toEqual(defaults);
    expect(findLocations({ ENIM_CONFIG: '', ENIM_STATE_DIR: '', ENIM_RUN_DIR: '' })).toEqual(defaults);
  });

  it('goes by the environment, and by what is named explicitly before that', () => {
    expect(findLocations(env)).toEqual({ config: '/e/c', stateDir: '/e/s', runDir: '/e/r' });
    expect(findLocations(env, { config: '/f/c', runDir: '/f/r' })).toEqual({
      config: '/f/c',
      stateDir: '/e/s',
      runDir: '/f/r',
    });
  });
});
