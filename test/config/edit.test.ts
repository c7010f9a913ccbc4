import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openSettingsFile } from '../../src/config/edit.js';
import { enimErrorOf } from '../model/thrown.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const temporary = useTemporaryDirectories();
const GOOD = { network: 'n', static: { enis: [{ id: 'eni-a', mac: '02:e0:00:00:00:01' }] } };

function written(content: unknown): string {
  const path = join(temporary(), 'config.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const contentOf = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('the settings file', () => {
  it('shows all of it, and one key by its path', () => {
    const file = openSettingsFile(written(GOOD));
    expect(file.all()).toEqual(GOOD);
    expect([file.get('network'), file.get('static.enis[0].mac'), file.get('static')]).toEqual([
      'n',
      '02:e0:00:00:00:01',
      GOOD.static,
    ]);
  });

  it('says NOT_THERE for a key of which it says nothing', async () => {
    const path = written(GOOD);
    const error = await enimErrorOf(() => openSettingsFile(path).get('lockWait'));
    expect([error.code, error.message]).toEqual(['NOT_THERE', `The settings ${path} say nothing about lockWait.`]);
  });

  it('has no key any more that is set to null', () => {
    const path = written({ ...GOOD, lockWait: 5000 });
    const file = openSettingsFile(path);
    expect([file.set('lockWait', 'null'), file.set('static.enis[0].mtu', '9000')]).toEqual([null, 9000]);
    file.set('static.enis[0].mtu', 'null');
    expect(contentOf(path)).toEqual(GOOD);
  });

  it.each(['static.enis[', 'static.enis[x]', ''])('says of %j that it is no path', async (key) => {
    const path = written(GOOD);
    const fault = { code: 'INVALID_ARGUMENT', message: `${JSON.stringify(key)} is no path of a setting.` };
    expect(await enimErrorOf(() => openSettingsFile(path).get(key))).toMatchObject(fault);
    expect(await enimErrorOf(() => openSettingsFile(path).set(key, '1'))).toMatchObject(fault);
    expect(contentOf(path)).toEqual(GOOD);
  });

  it('is empty where there is none, and is not made by reading', () => {
    const path = join(temporary(), 'config.json');
    expect(openSettingsFile(path).all()).toEqual({});
    expect(existsSync(path)).toBe(false);
  });

  it('is made by setting something, for all to read', () => {
    const path = join(temporary(), 'config.json');
    openSettingsFile(path).set('network', 'm');
    expect(contentOf(path)).toEqual({ network: 'm' });
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('may be read and written by those by whom it might before', () => {
    const path = written(GOOD);
    chmodSync(path, 0o600);
    openSettingsFile(path).set('network', 'm');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each(['__proto__.x', 'static.constructor'])('does not say that %s was set', async (key) => {
    const path = written(GOOD);
    const error = await enimErrorOf(() => openSettingsFile(path).set(key, '1'));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: `"${key}" is no path of a setting.` });
    expect(contentOf(path)).toEqual(GOOD);
  });

  it('takes JSON as a value, and a text that is none as a text', () => {
    const path = written(GOOD);
    const file = openSettingsFile(path);
    expect([file.set('lockWait', '5000'), file.set('network', 'prod'), file.set('static.enis[0].mtu', '9000')]).toEqual(
      [5000, 'prod', 9000],
    );
    expect(contentOf(path)).toEqual({
      network: 'prod',
      lockWait: 5000,
      static: { enis: [{ ...GOOD.static.enis[0], mtu: 9000 }] },
    });
  });

  it.each([
    ['network', 'a b', 'network "a b" is no network name'],
    ['lockWait', 'soon', 'lockWait is "soon", not a number'],
    ['netwrk', 'x', 'netwrk is no known key; did you mean "network"?'],
    ['static.enis[0].mac', 'x', 'static.enis[0].mac "x" is no MAC address'],
  ])('never holds what is invalid: %s %s', async (key, value, fault) => {
    const path = written(GOOD);
    const before = readFileSync(path, 'utf8');
    const error = await enimErrorOf(() => openSettingsFile(path).set(key, value));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(fault);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('that is damaged is not touched', async () => {
    const path = join(temporary(), 'config.json');
    writeFileSync(path, '{"network":');
    expect((await enimErrorOf(() => openSettingsFile(path))).code).toBe('INVALID_CONFIG');
    expect(readFileSync(path, 'utf8')).toBe('{"network":');
  });
});
