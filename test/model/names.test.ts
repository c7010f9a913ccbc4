import { describe, expect, it } from '@jest/globals';
import { ifnameFault, parseContainerID, parseIfname, parseNetworkName, parseOwner } from '../../src/model/names.js';
import { enimErrorOf } from './thrown.js';

describe('parseOwner', () => {
  it.each(['default/web-0', 'kube-system/a.b_c', 'A/0', `${'n'.repeat(253)}/p`])('takes %s', (text) => {
    expect(parseOwner(text)).toBe(text);
  });

  it.each([
    '',
    '/',
    'web-0',
    'a/b/c',
    '/web',
    'default/',
    'default/-x',
    'default/x-',
    'default/$(id)',
    'default/a b',
    'default/web\n',
    'a;b/c',
    `n/${'p'.repeat(254)}`,
    'défaut/x',
  ])('refuses %j, naming the argument and its value', async (text) => {
    const error = await enimErrorOf(() => parseOwner(text));
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      `OWNER is ${JSON.stringify(text)}, which is not NAMESPACE/NAME.`,
    ]);
  });
});

describe.each([
  ['parseContainerID', parseContainerID, 'container ID'],
  ['parseNetworkName', parseNetworkName, 'network name'],
] as const)('%s', (_, parse, what) => {
  it.each(['3f9c', 'a', 'A_b.c-d', '0'.repeat(64)])('takes %s', (text) => {
    expect(parse(text)).toBe(text);
  });

  it.each(['', '-a', '.a', '_a', 'a/b', 'a b', 'a\n', '../x', 'ä', '$(id)'])(
    'refuses %j, naming what it is and its value',
    async (text) => {
      const error = await enimErrorOf(() => parse(text));
      expect(error.code).toBe('INVALID_ARGUMENT');
      expect(error.message).toContain(`${what} is ${JSON.stringify(text)}`);
    },
  );
});

it('refuses a container ID that no file name could hold', () => {
  expect(parseContainerID('a'.repeat(255))).toHaveLength(255);
  expect(() => parseContainerID('a'.repeat(256))).toThrow(/container ID/);
});

describe('parseIfname', () => {
  it.each(['eth0', 'a', 'net1-x', 'x'.repeat(15), 'é', 'a#b', 'eth0.100'])('takes %s', (text) => {
    expect(parseIfname(text)).toBe(text);
  });

  it.each([
    ['', 'is empty'],
    ['x'.repeat(16), 'is longer than 15 bytes'],
    ['é'.repeat(8), 'is longer than 15 bytes'],
    ['.', 'is a reserved name'],
    ['..', 'is a reserved name'],
    ['a/b', '"/"'],
    ['a b', 'white space'],
    ['a\tb', 'white space'],
    ['eth0\n', 'white space'],
    ['eth0:1', '":"'],
    ['eth%d', '"%"'],
    ['a\u0001', 'control character'],
    ['lo', 'loopback'],
  ])('refuses %j: %s', async (text, why) => {
    const error = await enimErrorOf(() => parseIfname(text));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(`The interface name ${JSON.stringify(text)} `);
    expect(error.message).toContain(why);
  });

  it('refuses what has the byte A0 in it, which the kernel takes for a blank', () => {
    expect(ifnameFault('à')).toBeDefined();
  });
});
