import { describe, expect, it } from '@jest/globals';
import { DEFAULT_ADDRESS, parseListen } from '../../src/metrics/address.js';
import { enimErrorOf } from '../model/thrown.js';

describe('the address to listen on', () => {
  it.each([
    [DEFAULT_ADDRESS, { host: '127.0.0.1', port: 9810 }],
    ['127.9.0.1:0', { host: '127.9.0.1', port: 0 }],
    ['[::1]:9810', { host: '::1', port: 9810 }],
    ['off', null],
  ])('may be %s', (text, address) => {
    expect(parseListen(text, false)).toEqual(address);
  });

  it.each([
    ['0.0.0.0:9810', '0.0.0.0'],
    [':9810', '0.0.0.0'],
    ['[::]:9810', '::'],
    ['10.0.0.7:9810', '10.0.0.7'],
    ['[::ffff:127.0.0.1]:9810', '::ffff:127.0.0.1'],
  ])('is refused if it is %s, unless it may be seen from outside', async (text, host) => {
    const { code, hint } = await enimErrorOf(async () => parseListen(text, false));
    expect([code, hint]).toEqual(['UNSAFE', expect.stringContaining('--expose')]);
    expect(parseListen(text, true)).toEqual({ host, port: 9810 });
  });

  it.each([
    '',
    '9810',
    'localhost:9810',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:9810',
    '[127.0.0.1]:1',
    'on',
  ])('is no address if it is "%s"', async (text) => {
    expect((await enimErrorOf(async () => parseListen(text, true))).code).toBe('INVALID_ARGUMENT');
  });
});
