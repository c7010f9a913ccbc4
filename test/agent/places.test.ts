import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { areOurs, locationsOf, placesOf } from '../../src/agent/places.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();

const ENV = { ENIM_CONFIG: '/e/c', ENIM_STATE_DIR: '/e/s', ENIM_RUN_DIR: '/e/r' };

describe('locationsOf', () => {
  it('goes by the network configuration, then by the environment', () => {
    expect(locationsOf(ENV, '{}')).toEqual({ config: '/e/c', stateDir: '/e/s', runDir: '/e/r' });
    expect(locationsOf(ENV, '{"runDir":"/n/r","config":"","stateDir":null}')).toEqual({
      ...{ config: '/e/c', stateDir: '/e/s', runDir: '/n/r' },
    });
  });

  it.each(['', 'no JSON', 'null', '1'])('cannot tell from %j', (stdin) => {
    expect(locationsOf(ENV, stdin)).toBeUndefined();
  });
});

describe('places', () => {
  const CALL = { stdin: '{"ipam":{}}', program: 'enim' };

  function make(): Pick<Parameters<typeof placesOf>[0], 'env' | 'locations'> & { root: string } {
    const root = temporary();
    for (const name of ['state', 'run', 'bin']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'config.json'), '{}');
    writeFileSync(join(root, 'netns'), '');
    const env = { CNI_NETNS: join(root, 'netns'), CNI_PATH: `${join(root, 'bin')}:relative` };
    return {
      ...{ root, env },
      locations: { config: join(root, 'config.json'), stateDir: join(root, 'state'), runDir: join(root, 'run') },
    };
  }

  it('are those that a call depends on, and the netns of its process', () => {
    const { root, env, locations } = make();
    expect(placesOf({ ...CALL, env, locations }).map(([path]) => path.replace(root, ''))).toEqual([
      ...['/proc/self/ns/net', '/config.json', '/state', '/run', '/netns', '/bin'],
    ]);
  });

  it.each([
    ['{"logFile":"/var/log/enim.log"}', true],
    ['{"ipam":{"type":"host-local"}}', true],
    ['{"ipam":{"type":"enim"},"logFile":""}', false],
    ['{"ipam":null}', false],
  ])('are all files of the client where the network is %s: %s', (stdin, isAll) => {
    const { env, locations } = make();
    const places = placesOf({ ...CALL, stdin, env, locations });
    expect(places.some(([path]) => path === '/proc/self/ns/mnt')).toBe(isAll);
  });

  it('are ours if the same is there, whatever leads to it', () => {
    const { root, env, locations } = make();
    expect(areOurs(placesOf({ ...CALL, env, locations }))).toBe(true);
    symlinkSync(root, join(root, 'link'));
    expect(areOurs(placesOf({ ...CALL, env, locations: { ...locations, stateDir: join(root, 'link/state') } }))).toBe(
      true,
    );
    rmSync(locations.config);
    expect(areOurs(placesOf({ ...CALL, env, locations }))).toBe(true);
  });

  it.each(['config.json', 'netns'])('are not if there is another %s', (name) => {
    const { root, env, locations } = make();
    const before = placesOf({ ...CALL, env, locations });
    // Made before the old one goes, so that it does not get its number.
    writeFileSync(join(root, 'another'), '');
    rmSync(join(root, name));
    expect(areOurs(before)).toBe(false);
    writeFileSync(join(root, name), '');
    expect(areOurs([[join(root, name), null]])).toBe(false);
  });

  it('are not if the netns of the process is another', () => {
    expect(areOurs([['/proc/self/ns/net', '4:1']])).toBe(false);
  });
});
